"""What is printed of a document, and for which order. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from contracts.model import Text
from services.portal.verification import PublicKey, Statement

SEAL = "ONESTOP_SEAL"
"""The variable that names the portal's seal."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Line(NamedTuple):
    """A label and its value."""

    label: Text
    value: Text


class Order(NamedTuple):
    """What is to be printed: from the same order follow the same bytes."""

    statement: Statement
    jws: str
    key: PublicKey
    revoked_at: datetime | None = None
    superseded_at: datetime | None = None

    def __hash__(self) -> int:
        return hash((self.jws, self.revoked_at, self.superseded_at))


def path_of(statement: Statement) -> str:
    """Return where a portal says whether just this version of a document holds."""
    return f"/api/verify/{statement.number}?version={statement.version}"


def lines(statement: Statement) -> Iterator[Line]:
    """Yield what is printed of a document, in its order; what it does not have is left out."""
    document = statement.document
    for path, label in document.shows.items():
        value = _at(statement.data, path)
        if value is not None:
            yield Line(label, document.words.get(str(value)) or _plain(value))


def _at(data: Mapping[str, Any], path: str) -> Any:
    value: Any = data
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _plain(value: Any) -> Text:
    """Return a value as people write it: days as 31/12/2026, amounts as 1.000.000."""
    if isinstance(value, int):
        return Text(vi=f"{value:,}".replace(",", "."), en=f"{value:,}")
    if not _DAY.fullmatch(str(value)):
        return Text(vi=str(value), en=str(value))
    day = date.fromisoformat(value)
    return Text(vi=f"{day:%d/%m/%Y}", en=f"{day.day} {day:%B %Y}")
