"""Registers: what officials search, derived from entries and safe to write again."""

import asyncio
from collections.abc import Iterable

from services.chassis.encoding import Document
from services.chassis.journal import Entry
from services.chassis.store import Collection, Insert, Store, Upsert, Write

RESERVED = frozenset({"claims", "dead_letters", "deadlines", "journal"})
"""The collections that every service has, which are no registers."""


class Registers:
    """The registers of one service, each a collection of rows with deterministic keys."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, register: str) -> Collection:
        """Return the collection of one register."""
        return self._store.collection(register)

    async def apply(self, entries: Iterable[Entry]) -> None:
        """Write the records of the entries. Raises `StoreUnavailable`.

        A row takes an entry's values only where what it holds comes from an earlier entry, so an
        effect that is repeated after its successor changes nothing.
        """
        by_register: dict[str, dict[str, Write]] = {}
        for entry in sorted(entries, key=lambda entry: entry.n):
            for record in entry.records:
                writes = by_register.setdefault(record["register"], {})
                _keep_newest(writes, record, entry)
        await asyncio.gather(
            *(self[name].write(list(writes.values())) for name, writes in by_register.items())
        )


def _keep_newest(writes: dict[str, Write], record: Document, entry: Entry) -> None:
    key, fields = record["key"], {**record["fields"], "_case": entry.case_id}
    if record["insert_only"]:
        writes.setdefault(key, Insert(key, fields))
    else:
        writes[key] = Upsert(key, entry.n, fields)
