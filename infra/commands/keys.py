"""`onestop keys`: the keys of a demonstration by which results are signed, and new ones."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.catalogue import catalogue
from infra.authority import FOLDER, Authority
from infra.commands.options import DEFAULT_DATA, Data
from infra.errors import OnestopError

HELP = "\n\n".join(
    (
        "Show the keys by which agencies and officials sign, or give an agency a new one.",
        "The authority, its certificate and all keys are made here for demonstrations, at the first"
        " `onestop up` or by --make. After --renew restart the agency: it signs by its new key, and"
        " what it signed before stays valid.",
        "[bold]Examples[/]",
        "  onestop keys",
        "  onestop keys --renew civil-status",
        "  onestop keys --make --data /tmp/onestop",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("keys", help=HELP)(keys)


def keys(
    *,
    data: Data = DEFAULT_DATA,
    make: Annotated[bool, typer.Option("--make", help="Make what is missing.")] = False,
    renew: Annotated[
        str | None, typer.Option("--renew", metavar="AGENCY", help="Give it a new key.")
    ] = None,
) -> None:
    """Show or renew keys; see HELP."""
    authority, console = Authority(Path(data) / FOLDER), Console()
    if make:
        authority.prepare()
    if not authority.certificate.exists():
        raise OnestopError(f"no authority in {authority.folder}: `onestop up` or --make makes one")
    if renew is not None:
        signing = [name for name in catalogue().services if catalogue().signed_by(name)]
        if renew not in signing:
            raise OnestopError(f"{renew} signs nothing; {', '.join(signing)} do")
        console.print(f"{renew} signs by {authority.renew(renew)} once it is started again.")
        return
    table = Table(show_edge=False)
    for column in ("key", "agency", "official", "signs"):
        table.add_column(column, overflow="fold")
    for key in authority.listed():
        table.add_row(key.kid, key.agency, key.official or "", "yes" if key.signs else "no more")
    console.print(table)
