"""How fast messages come: who is told so lets them gather."""

import math

_WINDOW = 1.0


class Pace:
    """How fast messages come, told over at least a second, and over whole rounds: neither waiting
    for them nor handling what has gathered makes it faster."""

    def __init__(self, fast: float) -> None:
        self._fast = fast
        self._since, self._count = 0.0, 0.0
        self.is_fast = False

    def note(self, count: int) -> None:
        """Note that so many messages have come."""
        self._count += count

    def tell(self, now: float) -> None:
        """Tell anew, if it is time, whether it is fast."""
        elapsed = now - self._since
        if elapsed >= _WINDOW:
            self.is_fast = self._count >= self._fast * elapsed
            self._since, self._count = now, 0

    def pass_over(self) -> None:
        """Leave the next second out: what has gathered comes in it, all at once."""
        self._count = -math.inf
