"""The judgement of `onestop verify` about a file, and what it tells of it."""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.common.calendar import LOCAL
from infra.errors import OnestopError, about_file
from infra.verifying import Verified, Verifier, keys_in, read
from services.portal.keys import KeySet
from services.portal.printed import path_of
from services.portal.verification import Invalid, Statement

_PATIENCE = 10.0
_ANOTHER = "--authority or --data names another"
_JWKS = "/.well-known/jwks.json"


def judge(file: Path, url: str, authority: Path, keys: Path | None, offline: bool) -> bool:
    """Say whether a file holds, by whom it was signed and when, and whether it was revoked since.

    Unless `offline`, the portal at `url` is asked. Raises `OnestopError` for what cannot be read.
    """
    console = Console()
    content = read(file)
    verifier = Verifier(_authority(authority), _keys(content, keys, url, offline))
    try:
        verified = verifier.file(content)
    except Invalid as error:
        console.print(f"[red]Not valid[/]: {escape(os.fspath(file))}: {escape(str(error))}.")
        return False
    told = None if offline else _told(url, verified.statement)
    state = told["state"] if told else "valid"
    holds = state == "valid"
    _show(console, verified, f"[{'green' if holds else 'red'}]{state.capitalize()}[/]")
    if not offline:
        console.print(_since(told, url))
    return holds


def _authority(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except FileNotFoundError:
        raise OnestopError(
            f"there is no authority's certificate in {file}, by which all is verified:"
            f" `onestop up` makes one for demonstrations, and {_ANOTHER}"
        ) from None
    except OSError as error:
        raise OnestopError(about_file(error)) from None
    except ValueError:
        # What the library says of it is about its parser, and a paragraph.
        raise OnestopError(f"{file} is no authority's certificate (PEM): {_ANOTHER}") from None


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


def _told(url: str, statement: Statement) -> dict[str, Any] | None:
    """Return what the portal knows of this version since, or None where it says nothing of it."""
    answer = _ask(url + path_of(statement))
    if answer is None or answer.status_code != HTTPStatus.OK:
        return None
    told: dict[str, Any] = answer.json()
    return told


def _since(told: dict[str, Any] | None, url: str) -> str:
    if told is None:
        return f"[yellow]Whether it was revoked is not known[/]: {url} does not tell."
    if told["state"] == "valid":
        return f"Not revoked, says the portal at {url}."
    at = told["revoked_at"] or told["superseded_at"]
    since = f" ({at})" if at else ""
    why = f" {told['reason']['en']}" if told["reason"] else ""
    return escape(f"{told['detail']['en']}{since}{why}")


def _ask(address: str) -> httpx.Response | None:
    try:
        return httpx.get(address, timeout=_PATIENCE, trust_env=False)
    except httpx.HTTPError:
        return None
