"""`onestop population`: the register of people as it was before the first birth."""

from pathlib import Path
from typing import Annotated

import typer

from infra.services import Kafka, Mongo, PortBase, Services, leave

HELP = "\n\n".join(
    (
        "Import people into the population register: one JSON object a line.",
        "The fields are those of contracts.common.people.Person. A line that is not right is named"
        " with the reason and left out, and the command exits 1. To import a file again is"
        " harmless: what was imported is not imported twice.",
        "[bold]Examples[/]",
        "  onestop population import people.ndjson",
        "  onestop population import people.ndjson --wait",
    )
)


def register(app: typer.Typer) -> None:
    """Add the commands to `onestop`."""
    population = typer.Typer(help="The population register: import.", no_args_is_help=True)
    population.callback()(_population)
    population.command("import", help=HELP)(import_)
    app.add_typer(population, name="population")


def _population() -> None:
    """Keep `import` a command of its own, also while it is the only one."""


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help="One person a line."
        ),
    ],
    wait: Annotated[
        bool, typer.Option("--wait", help="Until the running service has recorded them all.")
    ] = False,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Import a file; see HELP."""
    services = Services.of(kafka, mongo, port_base).with_servers()
    options = ("--wait",) if wait else ()
    leave([services.hand_over("population", "import", str(file), *options)])
