"""The one clock of a service. Nothing else in `services` asks what time it is.

All services of a system are given the same clock, so that they agree, also after a restart. What
measures how long something takes on this machine (health, backoff, the pace of reading) keeps to
`time.monotonic`, however fast this clock runs.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
"""The first moment that there is."""
FASTEST = 86_400.0
"""A day a second."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Shows `showing` when the machine's clock shows `set_at`, and runs `speed` times as fast.

    By default it shows the machine's time.
    """

    showing: datetime = EPOCH
    set_at: datetime = EPOCH
    speed: float = 1.0

    def now(self) -> datetime:
        """Return the time, to the millisecond that the store keeps."""
        return self.at(machine_milliseconds())

    def at(self, milliseconds: float) -> datetime:
        """Return what this clock shows when the machine's shows so many since the epoch.

        What Kafka and its client stamp on messages and polls is the machine's time, and compares
        with what a service has written down only as told by this. Never before `FIRST`.
        """
        since_set = timedelta(milliseconds=milliseconds) - (self.set_at - EPOCH)
        seconds = max(
            since_set.total_seconds() * self.speed, (FIRST - self.showing).total_seconds()
        )
        shown = self.showing + timedelta(seconds=seconds)
        return shown.replace(microsecond=shown.microsecond // 1000 * 1000)


def machine_milliseconds() -> float:
    """Return the machine's time, in milliseconds since the epoch."""
    return machine_nanoseconds() / 1_000_000


def machine_nanoseconds() -> int:
    """Return the machine's time, in nanoseconds since the epoch, as traces tell it."""
    return time.time_ns()
