"""`onestop demo`: the whole system, a population, declarations, and what became of them."""

from typing import Annotated

import typer
from rich.console import Console

from contracts.catalogue import catalogue
from infra.commands.display import StartTable, addresses, interruptible, watch
from infra.commands.fire import PACED_CONCURRENCY, day_at, fire_at, fire_written_at, run
from infra.commands.options import DEFAULT_DATA, Data
from infra.commands.people import System, import_all
from infra.commands.progress import shown
from infra.commands.up import Fresh
from infra.errors import INTERRUPTED
from infra.issuer import FOLDER
from infra.local import Ports, Stack
from infra.services import PortBase
from tests.fire import tables, written
from tests.fire.families import DEFAULT_FAMILIES
from tests.fire.mixture import mixture
from tests.fire.report import Report, together
from tests.fire.runs import Runs
from tests.fire.volume import Manner, generated

HELP = "\n\n".join(
    (
        "Run the whole system, import a population, send declarations, and show what became of"
        " them.",
        "The declarations written by hand come first, each compared with what should become of it;"
        " then generated births and deaths. The system stays up until Ctrl-C; with --exit it is"
        " stopped, and the exit code is 0 only if every accepted declaration has ended as it"
        " should.",
        "[bold]Examples[/]",
        "  onestop demo",
        "  onestop demo --exit",
        "  onestop demo --count 5000 --rate 200 --fresh --port-base 9000",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("demo", help=HELP)(demo)


def demo(
    *,
    leave: Annotated[bool, typer.Option("--exit", help="Stop everything at the end.")] = False,
    count: Annotated[
        int, typer.Option("--count", min=1, help="Send so many generated declarations.")
    ] = 200,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0.001, help="Declarations a second, whatever the answers."),
    ] = 50.0,
    data: Data = DEFAULT_DATA,
    fresh: Fresh = False,
    port_base: PortBase = None,
) -> None:
    """Run the demonstration; see HELP."""
    console = Console()
    shown_start = StartTable(console)
    ports = Ports.fixed(catalogue().services, port_base)
    stack = Stack(data, ports=ports, tell=shown_start.tell)
    if fresh:
        stack.wipe()
    with interruptible():
        try:
            with shown_start:
                stack.start()
            report = _declare(stack, count, rate, console)
            console.print()
            console.print(tables.whole(report))
            console.print()
            console.print(addresses(stack), soft_wrap=True)
            if leave:
                raise typer.Exit(0 if report.good else 1)
            console.print("\nCtrl-C stops everything.")
            watch(stack)
        except KeyboardInterrupt:
            console.print("Stopping.")
            raise typer.Exit(INTERRUPTED if leave else 0) from None
        finally:
            stack.stop()


def _declare(stack: Stack, count: int, rate: float, console: Console) -> Report:
    url = stack.url("portal")
    import_all(System.of(stack), DEFAULT_FAMILIES, console)
    runs, day = Runs(), day_at(url)
    manner = Manner(rate=rate, concurrency=PACED_CONCURRENCY)
    these = written.ending(written.load())
    bar = shown(console, "Written", len(these))
    issuer = stack.data / FOLDER
    by_hand = run(fire_written_at(url, runs.take_run(), manner, bar, these=these, issuer=issuer))
    load = generated(mixture("both", count, day, runs=runs).declarations)
    volume = run(fire_at(url, load, manner, shown(console, "Generated", count)))
    stack.check()
    return together(by_hand, volume)
