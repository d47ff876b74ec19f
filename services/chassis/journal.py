"""The journal: insert-only entries, one for each step of a case, chained by hash.

An entry is everything at once: the idempotent consumer (`heard`), the transactional outbox
(`events`, `records`, …), optimistic concurrency (`_id` is the case and the number) and the audit
trail (`hash` covers the entry and its predecessor's hash).
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from services.chassis.encoding import Document, encode, with_bytes
from services.chassis.store import IN_ORDER_OF_WRITING, Store
from services.chassis.tips import NO_HASH, HeardId, Tip, Torn, tip_of

_READS, _PAUSE = 10, 0.05
_IN_ORDER = (("_id", 1),)


@dataclass(slots=True)
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
    filed: list[Document] = field(default_factory=list)
    deadlines: list[Document] = field(default_factory=list)
    releases: list[Document] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)
    previous_hash: bytes = NO_HASH
    hash: bytes = NO_HASH
    encoded: bytes = field(default=b"", repr=False, compare=False)
    """The document as BSON, once it is sealed."""

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
        """Give it its hash, and return it. Raises `Unencodable` where it cannot be stored."""
        content = encode(self._content())
        self.hash = _hash(self.previous_hash, content)
        self.encoded = with_bytes(content, "hash", self.hash)
        return self

    def size(self) -> int:
        """Return the bytes of its content. Raises `Unencodable`."""
        return len(encode(self._content()))

    def expected_hash(self) -> bytes:
        """Return SHA-256 over the previous hash and the content. Raises `Unencodable`."""
        return seal(self._content())

    def _content(self) -> Document:
        # Few entries have something filed, and those of before knew nothing of it.
        filed = {"filed": self.filed} if self.filed else {}
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
            **filed,
            "deadlines": self.deadlines,
            "releases": self.releases,
            "events": self.events,
            "previous_hash": self.previous_hash,
        }


def seal(content: Document) -> bytes:
    """Return the hash of an entry's content, all its stored fields but `hash` in their order.

    Raises `Unencodable`.
    """
    return _hash(content["previous_hash"], encode(content))


def _hash(previous: bytes, content: bytes) -> bytes:
    return hashlib.sha256(previous + content).digest()


def entry_id(case_id: str, n: int) -> str:
    """Return the `_id` of an entry."""
    return f"{case_id}/{n:06d}"


def entry_from(document: Document) -> Entry:
    """Return the entry that a document holds, without what only a later release knows of it."""
    return Entry(**{name: document[name] for name in _FIELDS if name in document})


def filed_in(rows: Iterable[Document], kind: str, prefix: str = "") -> list[Document]:
    """Return what stored entries have on file under keys that begin so: see `Journal.filed`.

    Under one key the first entry's counts: who lost a journal and decided anew says things again.
    """
    first = f"{kind}/"
    found: dict[str, Document] = {}
    for row in rows:
        for each in row.get("filed", ()):
            if each["key"].startswith(first + prefix):
                found.setdefault(each["key"].removeprefix(first), each["fields"])
    return [{"_id": key, **found[key]} for key in sorted(found)]


_FIELDS = frozenset(each.name for each in fields(Entry)) - {"encoded"}


class Gap(ValueError):
    """Entries of a case are missing in the journal."""


class Journal:
    """The entries of one service."""

    def __init__(self, store: Store) -> None:
        self._entries = store.collection("journal")

    async def prepare(self) -> None:
        """Create the indexes. Raises `StoreUnavailable`."""
        await self._entries.index([("case_id", 1), ("n", 1)])
        await self._entries.index([("filed.key", 1)], sparse=True)

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
                    tips[case_id] = tip_of(rows.get(case_id, []))
                except Torn:
                    continue
                missing.discard(case_id)
            if not missing:
                break
        return tips | dict.fromkeys(missing, Tip(torn=True))

    async def append(self, entries: Sequence[Entry]) -> set[str]:
        """Append one sealed entry for each case; return the cases whose number was taken.

        Raises `StoreUnavailable`, after which each may or may not have been appended.
        """
        taken = await self._entries.insert_encoded({entry.id: entry.encoded for entry in entries})
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

    async def filed(self, kind: str, prefix: str) -> list[Document]:
        """Return what is filed under keys that begin so, each with its key as `_id`, by key.

        Raises `StoreUnavailable`.
        """
        first = f"{kind}/{prefix}"
        within = {"$gte": first, "$lt": f"{first}\U0010ffff"}
        these = {"filed": {"$elemMatch": {"key": within}}}
        return filed_in(await self._entries.find(these, ("filed",), _IN_ORDER), kind, prefix)

    async def filed_under(self, kind: str, keys: Collection[str]) -> list[Document]:
        """Return what is filed under these keys, as `filed` does. Raises `StoreUnavailable`."""
        if not keys:
            return []
        these = {"filed.key": {"$in": [f"{kind}/{key}" for key in keys]}}
        found = filed_in(await self._entries.find(these, ("filed",), _IN_ORDER), kind)
        return [each for each in found if each["_id"] in keys]

    async def documents(
        self, case_id: str | None = None, since: datetime | None = None
    ) -> AsyncIterator[Document]:
        """Yield entries by case and number as they are stored, whatever has been done to them.

        Raises `StoreUnavailable`.
        """
        filter = _chosen(case_id, since)
        async for row in self._entries.scan_as_stored(filter, sort=[("case_id", 1), ("n", 1)]):
            yield row

    async def written(
        self, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[Document]:
        """Yield the entries decided then as they are stored, in the order of their writing.

        Raises `StoreUnavailable`.
        """
        limits = {"$gte": since, "$lte": until}
        decided = {name: limit for name, limit in limits.items() if limit is not None}
        chosen = {"at": decided} if decided else {}
        async for row in self._entries.scan_as_stored(chosen, sort=IN_ORDER_OF_WRITING):
            yield row

    async def put_back(self, encoded: Mapping[str, bytes], hashes: Mapping[str, bytes]) -> set[str]:
        """Insert entries of a backup, by their ids; return those in whose place stands another.

        Raises `StoreUnavailable`, after which each may or may not be there.
        """
        taken = await self._entries.insert_encoded(encoded)
        rows = await self._entries.find({"_id": {"$in": list(taken)}}, fields=("hash",))
        return {row["_id"] for row in rows if row["hash"] != hashes[row["_id"]]}

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
