"""The clock of a stack: the moment it is set to and how fast it runs, the same for all services."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict

from infra.local.errors import StackError
from services.chassis.clock import FIRST
from services.chassis.settings import Settings, why

FILE = "clock.json"
"""In the folder of the data: how their clock was set when they were used last."""
_SKEW = timedelta(minutes=1)
"""By so much a disk's clock may be ahead of ours."""

VIET_NAM = timezone(timedelta(hours=7))


@dataclass(frozen=True)
class ClockSetting:
    """What the clock shows when the services start (None: the machine's time), and its speed."""

    showing: datetime | None = None
    speed: float = 1.0

    def environment(self, now: datetime) -> dict[str, str]:
        """Return the variables that set it at this moment; none for the machine's own clock.

        A service that is started again with the same variables goes on where the others are.
        """
        if self.showing is None and self.speed == 1.0:
            return {}
        return {
            "ONESTOP_CLOCK": (self.showing or now).isoformat(),
            "ONESTOP_CLOCK_SET_AT": now.isoformat(),
            "ONESTOP_CLOCK_SPEED": str(self.speed),
        }


def machine_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def moment(text: str) -> datetime:
    """Return the moment that somebody typed, without a zone in that of Viet Nam.

    Raises StackError.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise StackError(f"{text!r} is no moment: write it as 2026-02-13T16:00+07:00") from None
    return read if read.tzinfo else read.replace(tzinfo=VIET_NAM)


def settle(folder: Path, store: Path, showing: datetime) -> None:
    """Keep how far the clock of what is in `store` came, before the store starts.

    What a store writes of its own as it starts is by no clock, until `remember` says which one
    runs. Raises StackError where the data came further than `showing` (nothing of them would have
    happened yet: their deadlines, numbers and entries lie in the future), and where the file that
    says how their clock was set cannot be read.
    """
    last = _came(folder / FILE, store)
    if showing + _SKEW < last:
        shown, was = (f"{each.astimezone(VIET_NAM):%Y-%m-%d %H:%M}" for each in (showing, last))
        raise StackError(
            f"the data in {folder} were used until {was} of their clock, which cannot be set back"
            f" to {shown}: remove them with --fresh (or `make clean`), name another folder with"
            " --data, or a later time with --clock"
        )
    _keep(folder, {"reached": last.isoformat()})


def remember(folder: Path, environment: Mapping[str, str]) -> None:
    """Keep beside the data how their clock is set from now on: the variables of a `ClockSetting`.

    Before any service runs by it, and after `settle`.
    """
    _keep(folder, environment)


class _Kept(BaseModel):
    """How far the clock came, while no service runs by one; else the variables that set it."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    reached: AwareDatetime | None = None


def _came(file: Path, store: Path) -> datetime:
    """Return the last moment, by their own clock, at which the data were used."""
    written = max((each.stat().st_mtime for each in store.rglob("*")), default=None)
    if written is None:
        return FIRST
    try:
        kept = _Kept.model_validate_json(file.read_bytes() if file.exists() else "{}")
        setting = Settings.from_environment(kept.__pydantic_extra__)
    except (OSError, ValueError) as error:
        raise StackError(
            f"{file} does not say how the clock of the data was set ({why(error)}): remove the data"
            " with --fresh (or `make clean`), or that file alone if they had the machine's clock"
        ) from None
    return kept.reached or max(setting.clock, setting.time.at(written * 1000))


def _keep(folder: Path, content: Mapping[str, str]) -> None:
    """Write it beside and rename it: whoever is interrupted leaves the file of before."""
    beside = folder / f"{FILE}.new"
    beside.write_text(json.dumps(dict(content)), encoding="utf-8")
    beside.replace(folder / FILE)
