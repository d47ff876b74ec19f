"""The clock of a stack: the moment it is set to and how fast it runs, the same for all services."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from infra.local.errors import StackError

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
