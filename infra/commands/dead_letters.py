"""`onestop dead-letters`: what the services could not handle, and another try at it."""

import json
import re
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.common.calendar import LOCAL
from infra.errors import OnestopError
from infra.services import ALL, Kafka, Mongo, PortBase, Services, chosen, leave

Service = Annotated[str, typer.Option(metavar="NAME|all", help="Whose dead letters.")]
Letter = dict[str, Any]
_COLUMNS = ("service", "id", "at", "status", "type", "reason")

LIST_HELP = "\n\n".join(
    (
        "List the dead letters of one service or of all, without what is in them, by the time of"
        " Viet Nam; with --json by UTC.",
        "[bold]Examples[/]",
        "  onestop dead-letters list",
        "  onestop dead-letters list --service payments --status dead --json",
    )
)
SHOW_HELP = "\n\n".join(
    (
        "Show a dead letter whole: why it failed, and what is in it, which may be personal data.",
        "[bold]Examples[/]",
        "  onestop dead-letters show portal.events/3/17",
        "  onestop dead-letters show portal.events/3/17 --service payments",
    )
)
REPLAY_HELP = "\n\n".join(
    (
        "Have dead letters handled again, and say of each whether it is replayed or dead again.",
        "The running service does it. To replay a replayed one changes nothing. Exits 1 unless all"
        " are replayed.",
        "[bold]Examples[/]",
        "  onestop dead-letters replay portal.events/3/17",
        "  onestop dead-letters replay --all --service payments --wait 120",
    )
)


def register(app: typer.Typer) -> None:
    """Add the commands to `onestop`."""
    letters = typer.Typer(
        help="Messages that could not be handled: list, show, replay.", no_args_is_help=True
    )
    letters.command("list", help=LIST_HELP)(list_)
    letters.command("show", help=SHOW_HELP)(show)
    letters.command("replay", help=REPLAY_HELP)(replay)
    app.add_typer(letters, name="dead-letters")


def list_(
    *,
    service: Service = ALL,
    status: Annotated[
        str | None, typer.Option(metavar="dead|replay|replayed", help="Only those.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, for scripts.")
    ] = False,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """List dead letters; see LIST_HELP."""
    letters = _listed(Services.of(kafka, mongo, port_base).with_store(), chosen(service), status)
    if as_json:
        for letter in letters:
            print(json.dumps(letter, ensure_ascii=False))
    elif letters:
        Console().print(_table(letters))
    else:
        print("There are no dead letters." if status is None else f"None of them is {status}.")


def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Topic/partition/offset.")],
    service: Service = ALL,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Show one dead letter, of every service that has it; see SHOW_HELP."""
    services = Services.of(kafka, mongo, port_base).with_store()
    for name in _holders(services, chosen(service), id):
        print(f"service   {name}")
        print(_whole(services.ask(name, "dead-letters", "show", id).said))


def replay(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Topic/partition/offset.")
    ] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="All that are dead.")] = False,
    service: Service = ALL,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for the services.")
    ] = 30.0,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Replay dead letters; see REPLAY_HELP."""
    if (id is None) is not all_:
        raise OnestopError("name one dead letter by its ID, or all of them with --all")
    services = Services.of(kafka, mongo, port_base).with_store()
    names = chosen(service) if id is None else _holders(services, chosen(service), id)
    which = "--all" if id is None else id
    command = ("dead-letters", "replay", which, "--wait", str(wait))
    answers = services.ask_each(dict.fromkeys(names, command))
    for name, answer in answers.items():
        for line in answer.said.splitlines():
            print(f"{name}: {line}")
    leave(not answer.yes for answer in answers.values())


def _holders(services: Services, names: tuple[str, ...], id: str) -> list[str]:
    """Return the services that have the letter. Raises OnestopError where none has."""
    holders = [row["service"] for row in _listed(services, names, None) if row["id"] == id]
    if not holders:
        raise OnestopError(
            f"{' and '.join(names) if len(names) == 1 else 'no service'} has"
            f" {'no' if len(names) == 1 else 'a'} dead letter {id};"
            " `onestop dead-letters list` names all"
        )
    return holders


def _listed(services: Services, names: tuple[str, ...], status: str | None) -> list[Letter]:
    only = ("--status", status) if status else ()
    answers = services.ask_each(dict.fromkeys(names, ("dead-letters", "list", "--json", *only)))
    letters = [
        {"service": name, **json.loads(line)}
        for name, answer in answers.items()
        for line in answer.said.splitlines()
    ]
    return sorted(letters, key=lambda letter: str(letter["at"]))


def _whole(said: str) -> str:
    """Return what a service shows of a letter, by the time of Viet Nam."""
    return re.sub(r"(?<=^died      )\S+", lambda at: _local(at[0]), said, count=1, flags=re.M)


def _table(letters: list[Letter]) -> Table:
    table = Table(show_edge=False)
    for column in _COLUMNS:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for letter in letters:
        shown = letter | {"at": _local(letter["at"])}
        table.add_row(*(escape(str(shown[column] or "-")) for column in _COLUMNS))
    return table


def _local(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
