"""A live line of how far a run is: sent, accepted, ended; and where Ctrl-C has stopped it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from infra.errors import INTERRUPTED


@contextmanager
def counted(console: Console, title: str, total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Show a bar between `with` and its end; call the value with how many there are now."""
    with Progress(*_columns(what), console=console) as progress:
        task = progress.add_task(title, total=total)
        yield lambda number: progress.update(task, completed=number)


def _columns(what: str) -> tuple[ProgressColumn, ...]:
    return (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(what),
        TimeElapsedColumn(),
    )


Tell = Callable[[Mapping[str, int]], None]
"""Is told the counts: sent, accepted, ended."""
Showing = AbstractContextManager[Tell]
"""Shows the progress of a run, from when the portal has answered."""


@contextmanager
def shown(console: Console, title: str, total: int | None) -> Iterator[Tell]:
    """Show a bar, between `with` and its end; give the value to what runs.

    `total` is the number of declarations that will be sent, where it is known.
    """
    columns = _columns("ended, {task.fields[sent]:,} sent, {task.fields[accepted]:,} accepted")
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=total, sent=0, accepted=0)

        def tell(counts: Mapping[str, int]) -> None:
            # Some are rejected, as they should be: the bar is full when all accepted have ended.
            rejected = counts["sent"] - counts["accepted"]
            ends = None if total is None else max(total - rejected, counts["ended"])
            progress.update(
                task,
                completed=counts["ended"],
                total=ends,
                sent=counts["sent"],
                accepted=counts["accepted"],
            )

        yield tell


@contextmanager
def noted(counts: dict[str, int], showing: Showing) -> Iterator[Tell]:
    """Show a progress, and keep the counts that were told last."""
    with showing as tell:

        def note(told: Mapping[str, int]) -> None:
            counts.update(told)
            tell(told)

        yield note


@contextmanager
def telling_how_far(counts: Mapping[str, int], url: str) -> Iterator[None]:
    """Say at Ctrl-C how far a run came, and where the rest is to be seen; then exit."""
    try:
        yield
    except KeyboardInterrupt:
        sent, accepted, ended = (counts.get(name, 0) for name in ("sent", "accepted", "ended"))
        said = f"interrupted: {sent:,} sent, {accepted:,} accepted, {ended:,} ended"
        if accepted > ended:
            said += (
                f". The system goes on with the rest: {url}/api/cases?status=in-progress lists it,"
                " and `onestop case ID` shows one"
            )
        print(f"onestop: {said}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
