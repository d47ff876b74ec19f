"""`onestop verify`: whether a file is what an agency signed, by whom and when, and still holds."""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.common.calendar import LOCAL
from infra.authority import FOLDER
from infra.commands.fire import DEFAULT_URL, Url
from infra.commands.up import Data
from infra.errors import OnestopError
from infra.local.stack import DEFAULT_DATA
from infra.verifying import Verified, Verifier, keys_in, read
from services.chassis.settings import SettingsError
from services.portal.keys import AUTHORITY, KeySet, certificate_in
from services.portal.verification import Invalid

HELP = "\n\n".join(
    (
        "Say whether a file is a result that an agency has signed: by whom, when, what it says, and"
        " whether it was revoked since.",
        "The file is a PDF or JSON of the portal's /api/results, or a bare JWS. It is verified"
        " here, by the certificate of the authority, which is that of the stack in the data folder,"
        " ONESTOP_AUTHORITY or --authority. The portal is asked whether it was revoked, and for the"
        " key of a bare JWS. Exits 1 unless it holds.",
        "[bold]Examples[/]",
        "  curl -sO http://127.0.0.1:8080/api/results/KS-01-2026-27505939.pdf",
        "  onestop verify KS-01-2026-27505939.pdf",
        "  onestop verify result.json --offline",
        "  onestop verify result.jws --keys jwks.json --authority authority.pem --offline",
    )
)
_PATIENCE = 10.0
_JWKS = "/.well-known/jwks.json"


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("verify", help=HELP)(verify_command)


def verify_command(
    *,
    file: Annotated[Path, typer.Argument(help="A PDF, the portal's JSON, or a JWS.")],
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
    console = Console()
    content = read(file)
    try:
        certificate = certificate_in(authority or data / FOLDER / "authority.pem")
        verifier = Verifier(certificate, _keys(content, keys, url, offline))
        verified = verifier.file(content)
    except SettingsError as error:
        raise OnestopError(f"{error}; `onestop up` makes one for demonstrations") from None
    except Invalid as error:
        console.print(f"[red]Not valid[/]: {escape(os.fspath(file))}: {escape(str(error))}.")
        raise typer.Exit(1) from None
    told = None if offline else _told(url, verified.statement.number)
    state = told["state"] if told else "valid"
    holds = state == "valid"
    _show(console, verified, f"[{'green' if holds else 'red'}]{state.capitalize()}[/]")
    if not offline:
        console.print(_since(told, url))
    if not holds:
        raise typer.Exit(1)


def _keys(content: bytes, file: Path | None, url: str, offline: bool) -> KeySet | None:
    """Return the published keys where they are needed: for a bare JWS."""
    if file is not None:
        return keys_in(read(file))
    if offline or content[:1] in (b"{", b"%"):
        return None
    answer = _ask(url + _JWKS)
    return keys_in(answer.content) if answer is not None else None


def _show(console: Console, verified: Verified, state: str) -> None:
    statement = verified.statement
    signature, title = statement.signature, statement.document.title
    console.print(f"{state}: {title.vi} ({title.en}) {escape(statement.number)}")
    who = signature.agency
    if signature.official is not None:
        who = f"{signature.official}, official of {signature.agency}"
    at = f"{signature.at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
    console.print(f"signed by {escape(who)} on {at} (key {escape(signature.kid)})")
    if verified.sealed_by is not None:
        console.print(f"sealed by {escape(verified.sealed_by)}, with what was signed attached")
    console.print()
    table = Table(show_edge=False, show_header=False)
    for line in verified.lines:
        table.add_row(f"{line.label.vi} ({line.label.en})", escape(line.value.vi))
    console.print(table)
    console.print()


def _told(url: str, number: str) -> dict[str, Any] | None:
    """Return what the portal knows of the document since, or None where it says nothing of it."""
    answer = _ask(f"{url}/api/verify/{number}")
    if answer is None or answer.status_code != HTTPStatus.OK:
        return None
    told: dict[str, Any] = answer.json()
    return told


def _since(told: dict[str, Any] | None, url: str) -> str:
    if told is None:
        return f"[yellow]Whether it was revoked is not known[/]: {url} does not tell."
    if told["state"] == "valid":
        return f"Not revoked, says the portal at {url}."
    since = f" ({told['revoked_at']})" if told["revoked_at"] else ""
    why = f" {told['reason']['en']}" if told["reason"] else ""
    return escape(f"{told['detail']['en']}{since}{why}")


def _ask(address: str) -> httpx.Response | None:
    try:
        return httpx.get(address, timeout=_PATIENCE, trust_env=False)
    except httpx.HTTPError:
        return None
