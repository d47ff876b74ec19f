"""Which run is next: a small file beside the stack's data remembers, so that nobody comes twice.

A run with a seed of its own asks for nothing here: it can be sent again, and is the same.
"""

import json
import time
from pathlib import Path

_FILE = Path(__file__).parents[2] / ".onestop" / "fire.json"


class Runs:
    """The next written run, and the numbers of the next generated birth and death."""

    def __init__(self, path: Path = _FILE) -> None:
        self._path = path
        # Another machine may have sent to the same stack: begin somewhere, not at 0.
        now = int(time.time())
        self._state = {"run": now % 1_000, "birth": now % 400_000, "death": 0}
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._state |= {name: int(kept[name]) for name in self._state if name in kept}
        except (OSError, ValueError, KeyError, TypeError):
            pass  # the first run, or a file that nobody can read: the clock will do

    def take_run(self) -> int:
        """Return the number of the next written run, and remember that it is taken."""
        return self._take("run", 1)

    def take_births(self, count: int) -> int:
        """Return the number of the first of so many births, and remember that they are taken."""
        return self._take("birth", count)

    def take_deaths(self, count: int) -> int:
        """Return the number of the first of so many deaths, and remember that they are taken."""
        return self._take("death", count)

    def _take(self, name: str, count: int) -> int:
        first = self._state[name]
        self._state[name] = first + count
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._state), encoding="utf-8")
        except OSError:
            pass  # on a disk that cannot be written, the clock chooses again next time
        return first
