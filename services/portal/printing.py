"""Documents in print: what is printed of an event, and by which seal. Made when asked for."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

from contracts.model import Text
from services.chassis.settings import SettingsError
from services.portal.problems import Problem
from services.portal.verification import PublicKey, Statement

SEAL, ADDRESS = "ONESTOP_SEAL", "ONESTOP_PUBLIC_URL"
KEPT = 64
"""PDFs that are kept in memory, of some 40 KB each."""
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


class Press:
    """Prints documents and seals them.

    What that takes is loaded with the first of them: most portals that run in tests print none.
    """

    def __init__(self, seal: bytes | None, address: str) -> None:
        self._seal, self._address = seal, address
        self.pdf = lru_cache(KEPT)(self._pdf)

    @classmethod
    def from_environment(
        cls, default_address: str, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Return the press with the seal (PEM: a private key and its certificates) of ONESTOP_SEAL.

        ONESTOP_PUBLIC_URL is where people reach the portal: it is printed. Raises `SettingsError`.
        """
        named = environment.get(SEAL)
        try:
            seal = Path(named).read_bytes() if named else None
        except OSError as error:
            raise SettingsError(f"{SEAL} cannot be used: {named}: {error}") from None
        return cls(seal, environment.get(ADDRESS) or default_address)

    def _pdf(self, order: Order) -> bytes:
        if self._seal is None:
            raise Problem(409, "no-seal", f"this portal has no seal: {SEAL} names no key")
        from services.portal import paper, sealing  # noqa: PLC0415  40 MB that few portals need

        page = paper.page(order, self._address + path_of(order.statement))
        return sealing.sealed(page, order, self._seal)


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
