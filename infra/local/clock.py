"""The clock of a stack: the moment it is set to and how fast it runs, the same for all services."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from infra.local.errors import StackError
from services.chassis.settings import Settings

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


def remember(folder: Path, environment: Mapping[str, str]) -> None:
    """Keep beside the data how their clock is set: the variables of a `ClockSetting`."""
    (folder / FILE).write_text(json.dumps(dict(environment)), encoding="utf-8")


def check_forward(folder: Path, store: Path, showing: datetime) -> None:
    """Raise StackError where what is in `store` was written later than this, by its own clock.

    Nothing of it would have happened yet: its deadlines, numbers and entries lie in the future.
    """
    written = max((file.stat().st_mtime for file in store.rglob("*")), default=None)
    if written is None:
        return
    kept = folder / FILE
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    last = Settings.from_environment(before).time.at(written * 1000)
    if showing + _SKEW < last:
        shown, was = (f"{each.astimezone(VIET_NAM):%Y-%m-%d %H:%M}" for each in (showing, last))
        raise StackError(
            f"the data in {folder} were used until {was} of their clock, which cannot be set back"
            f" to {shown}: remove them with --fresh (or `make clean`), name another folder with"
            " --data, or a later time with --clock"
        )
