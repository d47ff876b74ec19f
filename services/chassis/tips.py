"""The tip of a case: what its newest entry says, and what all of them together have heard."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.chassis.encoding import Document

NO_HASH = b""
HeardId = tuple[str, str]
"""Source and id of an event: unique together, by CloudEvents."""
Holding = tuple[str, str, str]
"""What a case holds: the id of a claim, and the procedure and subject it is held for."""


@dataclass(slots=True)
class Tip:
    """The newest entry of a case, what all its entries together have heard, and what it holds."""

    n: int = 0
    hash: bytes = NO_HASH
    state: bytes | None = None
    heard: dict[HeardId, int] = field(default_factory=dict)
    holds: frozenset[Holding] = frozenset()
    torn: bool = False
    """Entries before the newest are missing, and do not come: somebody has removed them."""


class Torn(Exception):
    """A read saw a later entry without an earlier one."""


def tip_of(rows: list[Document]) -> Tip:
    """Return the tip of a case from all its entries. Raises `Torn` where one is missing."""
    if not rows:
        return Tip()
    rows.sort(key=lambda row: int(row["n"]))
    if rows[-1]["n"] != len(rows):
        raise Torn
    last = rows[-1]
    return Tip(
        n=last["n"],
        hash=last["hash"],
        state=last["state"],
        heard={(heard["source"], heard["id"]): row["n"] for row in rows for heard in row["heard"]},
        holds=_holds(rows),
    )


def _holds(rows: Iterable[Document]) -> frozenset[Holding]:
    """An entry releases after it has claimed: a release is the last thing in an entry."""
    held: set[Holding] = set()
    for row in rows:
        held |= {holding(claim) for claim in row["claims"]}
        held -= {holding(claim) for claim in row["releases"]}
    return frozenset(held)


def holding(claim: Document) -> Holding:
    """Return what a stored claim or release speaks of."""
    return claim["id"], claim["owner"]["procedure"], claim["owner"]["subject"]
