"""`onestop birth-notice`: a hospital's notice, signed and ready to be sent."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.authority import FOLDER, Authority
from infra.commands.options import DEFAULT_DATA, Data
from infra.errors import OnestopError, about_file
from infra.hospitals import declaration_of

HELP = "\n\n".join(
    (
        "Print a hospital's birth notice as the declaration that the portal takes, signed by the"
        " hospital: the key, and its certificate, is made for a demonstration by the authority in"
        " the data folder.",
        "The file is JSON: code, mother (personal_id, or details) and child (sex, born_at,"
        " birth_order, place). The hospital is the first five digits of the code. When it is"
        " recorded, the birth is proposed to the mother: GET /api/proposals.",
        "[bold]Examples[/]",
        "  onestop birth-notice notice.json --by 001185990000 > declaration.json",
        "  curl -H 'Idempotency-Key: 1' -H 'Content-Type: application/json' -d @declaration.json"
        " http://127.0.0.1:8080/api/declarations",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("birth-notice", help=HELP)(birth_notice)


def birth_notice(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The notice, in JSON.")],
    by: Annotated[
        str, typer.Option("--by", metavar="IDENTIFIER", help="Who sends it for the hospital.")
    ],
    data: Data = DEFAULT_DATA,
) -> None:
    """Print the declaration; see HELP."""
    try:
        notice = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise OnestopError(about_file(error)) from None
    except ValueError as error:
        raise OnestopError(f"{file} is not JSON: {error}") from None
    if not isinstance(notice, dict):
        raise OnestopError(f"{file} is no birth notice: it is no JSON object")
    declared = declaration_of(Authority(data / FOLDER), notice, by)
    print(json.dumps(declared, ensure_ascii=False))
