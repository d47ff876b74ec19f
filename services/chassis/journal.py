"""The journal: insert-only entries, one for each step of a case, chained by hash.

An entry is everything at once: the idempotent consumer (`heard`), the transactional outbox
(`events`, `records`, …), optimistic concurrency (`_id` is the case and the number) and the audit
trail (`hash` covers the entry and its predecessor's hash).
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.chassis.store import Document, Store, encode

NO_HASH = b""
_READS, _PAUSE = 10, 0.05
HeardId = tuple[str, str]
"""Source and id of an event: unique together, by CloudEvents."""
Holding = tuple[str, str, str]
"""What a case holds: the id of a claim, and the procedure and subject it is held for."""


@dataclass(frozen=True)
class Entry:
    """One step of a case. The fields from `records` on are its effects."""

    case_id: str
    n: int
    at: datetime
    heard: list[Document]
    state: bytes
    context: bytes
    claims: list[Document] = field(default_factory=list)
    records: list[Document] = field(default_factory=list)
    deadlines: list[Document] = field(default_factory=list)
    releases: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    previous_hash: bytes = NO_HASH
    hash: bytes = NO_HASH

    def repeated_for(self, heard: Collection[HeardId]) -> "Entry":
        """Return the entry with those of its events only that these heard events led to.

        An entry may have heard what it says itself, when a lost journal is decided anew. Repeated
        whole, it would hear itself again, and so on for ever.
        """
        events = [event for event in self.events if tuple(event["cause"]) in heard]
        return replace(self, events=events)

    @property
    def id(self) -> str:
        """Case and number, padded so that the order of ids is the order of entries."""
        return entry_id(self.case_id, self.n)

    def document(self) -> Document:
        """Return the entry as it is stored."""
        return {**self._content(), "hash": self.hash}

    def sealed(self) -> "Entry":
        """Return the entry with its hash. Raises `Unencodable` where it cannot be stored."""
        return Entry(**{**self.__dict__, "hash": self.expected_hash()})

    def size(self) -> int:
        """Return the bytes of its content. Raises `Unencodable`."""
        return len(encode(self._content()))

    def expected_hash(self) -> bytes:
        """Return SHA-256 over the previous hash and the content. Raises `Unencodable`."""
        return seal(self._content())

    def _content(self) -> Document:
        return {
            "_id": self.id,
            "case_id": self.case_id,
            "n": self.n,
            "at": self.at,
            "heard": self.heard,
            "state": self.state,
            "context": self.context,
            "claims": self.claims,
            "records": self.records,
            "deadlines": self.deadlines,
            "releases": self.releases,
            "events": self.events,
            "previous_hash": self.previous_hash,
        }


def seal(content: Document) -> bytes:
    """Return the hash of an entry's content, all its stored fields but `hash` in their order.

    Raises `Unencodable`.
    """
    previous: bytes = content["previous_hash"]
    return hashlib.sha256(previous + encode(content)).digest()


def entry_id(case_id: str, n: int) -> str:
    """Return the `_id` of an entry."""
    return f"{case_id}/{n:06d}"


def entry_from(document: Document) -> Entry:
    """Return the entry that a document holds."""
    return Entry(**{name: value for name, value in document.items() if name != "_id"})


@dataclass(frozen=True)
class Tip:
    """The newest entry of a case, what all its entries together have heard, and what it holds."""

    n: int = 0
    hash: bytes = NO_HASH
    state: bytes | None = None
    heard: dict[HeardId, int] = field(default_factory=dict)
    holds: frozenset[Holding] = frozenset()
    torn: bool = False
    """Entries before the newest are missing, and do not come: somebody has removed them."""


class Gap(ValueError):
    """Entries of a case are missing in the journal."""


class Torn(Exception):
    """A read saw a later entry without an earlier one."""


class Journal:
    """The entries of one service."""

    def __init__(self, store: Store) -> None:
        self._entries = store.collection("journal")

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._entries.index([("case_id", 1), ("n", 1)])

    async def load(self, case_ids: Collection[str]) -> dict[str, Tip]:
        """Return the tip of each case; a case without entries has an empty one.

        A find is no snapshot: it is repeated until the numbers of each case are contiguous. A case
        whose numbers never are has a `torn` tip. Raises `StoreUnavailable`.
        """
        tips: dict[str, Tip] = {}
        missing = set(case_ids)
        for attempt in range(_READS):
            await asyncio.sleep(_PAUSE * min(attempt, 1))
            rows: dict[str, list[Document]] = defaultdict(list)
            for row in await self._entries.find(
                {"case_id": {"$in": list(missing)}},
                fields=("case_id", "n", "heard", "hash", "state", "claims", "releases"),
            ):
                rows[row["case_id"]].append(row)
            for case_id in list(missing):
                try:
                    tips[case_id] = _tip(rows.get(case_id, []))
                except Torn:
                    continue
                missing.discard(case_id)
            if not missing:
                break
        return tips | dict.fromkeys(missing, Tip(torn=True))

    async def append(self, entries: Sequence[Entry]) -> set[str]:
        """Append one entry for each case; return the cases whose number was taken.

        Raises `StoreUnavailable`, after which each may or may not have been appended.
        """
        taken = await self._entries.insert([entry.document() for entry in entries])
        return {entry.case_id for entry in entries if entry.id in taken}

    async def entries(self, ids: Iterable[str]) -> list[Entry]:
        """Return the stored entries with these ids. Raises `StoreUnavailable`."""
        return [
            entry_from(row)
            for row in await self._entries.find({"_id": {"$in": list(ids)}}, sort=[("_id", 1)])
        ]

    async def case(self, case_id: str) -> list[Entry]:
        """Return all entries of a case, in order. Raises `StoreUnavailable`."""
        rows = await self._entries.find({"case_id": case_id}, sort=[("case_id", 1), ("n", 1)])
        return [entry_from(row) for row in rows]

    async def documents(
        self, case_id: str | None = None, since: datetime | None = None
    ) -> AsyncIterator[Document]:
        """Yield entries by case and number as they are stored, whatever has been done to them.

        Raises `StoreUnavailable`.
        """
        filter = _chosen(case_id, since)
        async for row in self._entries.scan_as_stored(filter, sort=[("case_id", 1), ("n", 1)]):
            yield row

    async def count(self, case_id: str | None = None, since: datetime | None = None) -> int:
        """Return how many entries `documents` would yield now. Raises `StoreUnavailable`."""
        return await self._entries.count(_chosen(case_id, since))


def _chosen(case_id: str | None, since: datetime | None) -> Document:
    filter: Document = {}
    if case_id is not None:
        filter["case_id"] = case_id
    if since is not None:
        filter["at"] = {"$gte": since}
    return filter


def _tip(rows: list[Document]) -> Tip:
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
