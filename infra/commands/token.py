"""`onestop token`: an official's or a citizen's, signed by a stack's demonstration issuer."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.commands.options import DEFAULT_DATA, Data
from infra.errors import OnestopError
from infra.issuer import FOLDER, Issuer
from tests.fire.officials import ROSTER, roster

_IDENTIFIER = re.compile(r"[0-9]{12}")

HELP = "\n\n".join(
    (
        "Print a token by which the portal knows an official, or a citizen by their identifier.",
        "The officials, with their agencies, provinces and procedures, are in a roster, which is"
        " JSON; without a name, it is shown. The key is that of the stack in the data folder,"
        " made by `onestop up` for demonstrations only.",
        "[bold]Examples[/]",
        "  onestop token",
        "  onestop token hoa",
        "  onestop token 001094902000",
        '  curl -H "Authorization: Bearer $(onestop token hoa)" http://127.0.0.1:8080/api/tasks',
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("token", help=HELP)(token)


def token(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A name of the roster, or a person's identifier."),
    ] = None,
    data: Data = DEFAULT_DATA,
    file: Annotated[
        Path, typer.Option("--roster", help="Who the officials are.", show_default="our own")
    ] = ROSTER,
    hours: Annotated[float, typer.Option("--hours", min=0.0, help="How long it is valid.")] = 8.0,
) -> None:
    """Print a token, or the roster; see HELP."""
    known = roster(file)
    if name is None:
        Console().print(_table(file))
        return
    issuer, valid = Issuer(data / FOLDER), timedelta(hours=hours)
    if _IDENTIFIER.fullmatch(name):
        print(issuer.citizen(name, valid))
        return
    if name not in known:
        raise OnestopError(f"nobody is called {name} in {file}; there are {', '.join(known)}")
    print(issuer.token(known[name], valid))


def _table(file: Path) -> Table:
    table = Table(show_edge=False)
    for column in ("name", "official", "agency", "provinces", "procedures"):
        table.add_column(column, overflow="fold")
    for name, official in roster(file).items():
        reach = (", ".join(official.provinces), ", ".join(official.procedures))
        table.add_row(name, official.name, official.agency, *reach)
    return table
