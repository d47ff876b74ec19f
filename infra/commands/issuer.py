"""`onestop issuer`: the keys of a demonstration issuer of officials' tokens, in a folder."""

from pathlib import Path
from typing import Annotated

import typer

from infra.commands.options import DEFAULT_DATA
from infra.issuer import FOLDER, Issuer

HELP = "\n\n".join(
    (
        "Make the keys of a demonstration issuer of officials' tokens, unless they are there.",
        "`key.pem` signs tokens (`onestop fire --issuer`); `jwks.json` is its public half, for the"
        " portal (ONESTOP_JWKS). `onestop up` makes its own. For demonstrations only: in production"
        " name the JWKS of whoever vouches for officials.",
        "[bold]Example[/]",
        "  onestop issuer /tmp/issuer",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("issuer", help=HELP)(issuer)


def issuer(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[FOLDER]",
            file_okay=False,
            help="Where the keys are, or will be.",
            show_default="that of `onestop up`",
        ),
    ] = DEFAULT_DATA / FOLDER,
) -> None:
    """Make the keys; see HELP."""
    made = Issuer(folder)
    made.prepare()
    print(made.jwks)
