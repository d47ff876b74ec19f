"""`onestop verify`: whether a file is what an agency signed, by whom and when, and still holds."""

from pathlib import Path
from typing import Annotated

import typer

from infra.authority import FOLDER
from infra.commands.options import DEFAULT_DATA, DEFAULT_URL, Data, Url
from services.portal.keys import AUTHORITY

HELP = "\n\n".join(
    (
        "Say whether a file is a result that an agency has signed: by whom, when, what it says, and"
        " whether it was revoked or corrected since.",
        "The file is a PDF or JSON of the portal's /api/results, or a bare JWS. It is verified"
        " here, by the certificate of the authority, which is that of the stack in the data folder,"
        " ONESTOP_AUTHORITY or --authority. The portal is asked whether it was revoked or"
        " superseded by a newer version, and for the key of a bare JWS. Exits 1 unless it holds.",
        "[bold]Examples[/]",
        "  curl -sO http://127.0.0.1:8080/api/results/KS-01-2026-27505939.pdf",
        "  onestop verify KS-01-2026-27505939.pdf",
        "  onestop verify result.json --offline",
        "  onestop verify result.jws --keys jwks.json --authority authority.pem --offline",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("verify", help=HELP)(verify_command)


def verify_command(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A PDF, the portal's JSON, or a JWS.")
    ],
    url: Url = DEFAULT_URL,
    data: Data = DEFAULT_DATA,
    authority: Annotated[
        Path | None,
        typer.Option("--authority", envvar=AUTHORITY, help="The authority's certificate (PEM)."),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", help="Published keys (JWKS), not the portal's."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no portal.")] = False,
) -> None:
    """Verify a file; see HELP."""
    from infra import judging  # noqa: PLC0415  it takes 0.7 s to load what reads signed PDFs

    trusted = authority or data / FOLDER / "authority.pem"
    if not judging.judge(file, url, trusted, keys, offline):
        raise typer.Exit(1)
