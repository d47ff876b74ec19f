"""`onestop up`: the whole system on this machine until Ctrl-C."""

from typing import Annotated

import typer
from rich.console import Console

from contracts.catalogue import catalogue
from infra.commands.display import StartTable, addresses, interruptible, watch
from infra.commands.options import DEFAULT_DATA, Data
from infra.commands.people import System, import_all
from infra.errors import INTERRUPTED
from infra.local import Ports, Stack
from infra.local.clock import ClockSetting, moment
from infra.services import PortBase
from tests.fire.families import DEFAULT_FAMILIES

Measured = Annotated[
    bool, typer.Option("--prometheus", help="Start a Prometheus too, if it is installed.")
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        help="Remove the data of earlier runs first, and the keys by which their results hold.",
    ),
]
Clock = Annotated[
    str | None,
    typer.Option(
        "--clock",
        metavar="TIME",
        help="What the services' clock shows when they start: ISO 8601; without a zone, in Viet"
        " Nam.",
        show_default="the machine's time",
    ),
]
Speed = Annotated[
    float,
    typer.Option(
        "--speed",
        min=0.001,
        max=86_400,
        help="How many seconds pass on that clock in one of the machine's; 1440 is a day a minute.",
    ),
]

HELP = "\n\n".join(
    (
        "Run the whole system on this machine until Ctrl-C.",
        "Starts a real Kafka broker and a real MongoDB server, creates the topics, starts each"
        " service as a process, and imports the people of whom `onestop fire` speaks, unless it is"
        " to be --empty. ONESTOP_KAFKA and ONESTOP_MONGO name servers to use instead."
        " A variable such as ONESTOP_PORT_PORTAL or ONESTOP_PORT_KAFKA sets a single port.",
        "Targets, rules and alerts for a Prometheus are written to the folder `prometheus` of the"
        " data in any case; --prometheus starts one there.",
        "Deadlines, due dates and dates of receipt go by the services' clock, that --clock sets and"
        " --speed lets run faster. It is never set back: with data"
        " that were written later nothing starts.",
        "[bold]Examples[/]",
        "  onestop up",
        "  onestop up --fresh --port-base 9000",
        "  onestop up --empty",
        "  onestop up --prometheus",
        "  onestop up --fresh --clock 2026-02-13T16:00+07:00",
        "  onestop up --fresh --clock 2026-02-13T16:00+07:00 --speed 1440",
        "  ONESTOP_KAFKA=broker:9092 onestop up --data /tmp/onestop",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("up", help=HELP)(up)


def up(
    *,
    data: Data = DEFAULT_DATA,
    fresh: Fresh = False,
    empty: Annotated[bool, typer.Option("--empty", help="Import nobody.")] = False,
    port_base: PortBase = None,
    measured: Measured = False,
    clock: Clock = None,
    speed: Speed = 1.0,
) -> None:
    """Run the stack and show it; see HELP."""
    console = Console()
    shown = StartTable(console)
    ports = Ports.fixed(catalogue().services, port_base)
    setting = ClockSetting(moment(clock) if clock else None, speed)
    stack = Stack(data, ports=ports, measured=measured, clock=setting, tell=shown.tell)
    if fresh:
        stack.wipe()
    running = False
    with interruptible():
        try:
            with shown:
                stack.start()
            if not empty:
                import_all(System.of(stack), DEFAULT_FAMILIES, console)
            running = True
            console.print(addresses(stack), soft_wrap=True)
            console.print("\nCtrl-C stops everything.")
            watch(stack)
        except KeyboardInterrupt:
            if not running:
                raise typer.Exit(INTERRUPTED) from None
            console.print("Stopping.")
        finally:
            stack.stop()
