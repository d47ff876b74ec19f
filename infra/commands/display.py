"""What a person sees of a stack: its start, its addresses, its end."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra.local import Stack
from infra.local.ports import GATEWAY, PROMETHEUS

CHECK_SECONDS = 0.5
_COLOURS = {
    "ready": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "stopped": "dim",
    "died": "red",
}


class StartTable:
    """A live table of the parts and what happens to them; give `tell` to the stack."""

    def __init__(self, console: Console) -> None:
        """Show on this console, between `with` and its end."""
        self._console = console
        self._states: dict[str, str] = {}
        self._since = time.monotonic()
        self._live = Live(console=console, refresh_per_second=8)

    def tell(self, part: str, what: str) -> None:
        """Show what happens to a part now."""
        self._states[part] = what
        self._live.update(self._table())

    def __enter__(self) -> "StartTable":
        """Begin to show."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""
        self._live.stop()
        if not self._console.is_interactive:
            # Into a file, rich writes the last state without an end of its last line.
            self._console.print()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for part, state in self._states.items():
            table.add_row(part, f"[{_COLOURS.get(state, 'cyan')}]{state}[/]")
        table.add_row("", f"[dim]{time.monotonic() - self._since:.1f} s[/]")
        return table


def addresses(stack: Stack) -> Text:
    """Return every part with its addresses and its log file, each whole in a line of its own."""
    text = Text.assemble(("Onestop is up\n", "bold"))
    for part in stack.parts:
        lines = [part.url]
        if part.name == "portal":
            lines.append(f"{part.url}/docs")
        if part.name == PROMETHEUS:
            lines.append(f"{part.url}/alerts")
        elif part.name == GATEWAY:
            lines.append(f"{part.url}/faults")
        elif part.url.startswith("http"):
            lines.append(f"{part.url}/metrics")
        for number, line in enumerate((*lines, str(part.child.log))):
            text.append(f"{'' if number else part.name:17} {line}\n")
    return text


def watch(stack: Stack) -> None:
    """Wait until Ctrl-C (KeyboardInterrupt). Raises ServerDied when a part ends by itself."""
    while True:
        stack.check()
        time.sleep(CHECK_SECONDS)


@contextmanager
def interruptible() -> Iterator[None]:
    """Take SIGTERM and SIGHUP as Ctrl-C, so that the stack is stopped in order for them too.

    And SIGINT, which a shell lets its background jobs ignore. A RuntimeError after one of them was
    taken is KeyboardInterrupt too: where a class was just being made, Python 3.11 makes the one of
    the other.
    """
    taken = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal taken
        taken = True
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    except RuntimeError:
        if taken:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
