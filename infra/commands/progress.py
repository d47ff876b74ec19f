"""A live line of how far a run is: sent, accepted, ended."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

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
