"""Whether the process is alive (it makes progress) and ready (it can do its work)."""

import time
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Health:
    """Alive while something moved within `stalled_after` seconds, ready if nothing is missing."""

    stalled_after: float
    missing: dict[str, str] = field(default_factory=dict)
    halted: str | None = None
    hopeless: bool = False
    _moved: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        """Note progress: a batch, an idle poll, or one more try at a lost connection."""
        self._moved = time.monotonic()

    def lacks(self, what: str, why: str) -> None:
        """Note that something needed is away; the service is not ready."""
        self.missing[what] = why

    def has(self, what: str) -> None:
        """Note that something needed is there."""
        self.missing.pop(what, None)

    def is_missing(self, what: str) -> bool:
        """Tell whether something needed is away."""
        return what in self.missing

    def halt(self, reason: str, *, alive: bool) -> None:
        """Note that the service has stopped itself. Alive, it waits for a person; else it asks to
        be restarted."""
        self.halted, self.hopeless = reason, not alive

    @property
    def alive(self) -> bool:
        """Whether there was progress lately, or the service waits for a person."""
        if self.halted is not None:
            return not self.hopeless
        return time.monotonic() - self._moved < self.stalled_after

    @property
    def problems(self) -> list[str]:
        """Why the service is not ready; empty where it is."""
        halted = [self.halted] if self.halted else []
        return halted + [f"{what}: {why}" for what, why in sorted(self.missing.items())]


class TooManyDeadLetters(Exception):
    """So much fails that the fault is more likely here than in the messages."""


class Breaker:
    """Stops a bad deployment before it empties the topics into dead letters."""

    def __init__(self, window: int, minimum: int, share: float) -> None:
        self._outcomes: deque[bool] = deque(maxlen=window)
        self._minimum, self._share = minimum, share

    def admit(self, handled: int, failed: int) -> None:
        """Note the outcomes of a batch. Raises `TooManyDeadLetters` above the set share."""
        outcomes = deque(self._outcomes, maxlen=self._outcomes.maxlen)
        # Evenly: a batch may be larger than the window, whose end must not be all failures.
        outcomes.extend((i + 1) * failed // handled > i * failed // handled for i in range(handled))
        dead = sum(outcomes)
        if failed and dead >= self._minimum and dead > self._share * len(outcomes):
            raise TooManyDeadLetters(
                f"{dead} of the last {len(outcomes)} messages failed; "
                "nothing more is consumed until the service is mended and restarted"
            )
        self._outcomes = outcomes
