"""A live line of how far a run is: sent, accepted, ended."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Tell = Callable[[Mapping[str, int]], None]


@contextmanager
def shown(console: Console, title: str, total: int | None) -> Iterator[Tell]:
    """Show a bar, between `with` and its end; give the value to what runs.

    `total` is the number of declarations that will be sent, where it is known.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("ended, {task.fields[sent]:,} sent, {task.fields[accepted]:,} accepted"),
        TimeElapsedColumn(),
    )
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
