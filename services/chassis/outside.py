"""What came in from outside: events of which no journal has the bytes, for nobody decided them.

A service that takes something in claims it first, in a row with the case and the exact bytes of the
event, and then publishes these. Such a row never changes: it is kept and restored as entries are.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel

from contracts.catalogue import catalogue, topic_of
from services.chassis.consumer import from_outside
from services.chassis.encoding import Document
from services.chassis.message import Outgoing
from services.chassis.store import IN_ORDER_OF_WRITING, Store


class _Head(BaseModel):
    type: str
    time: AwareDatetime


class Outside:
    """The collections of a service in which it keeps what it took in."""

    def __init__(self, store: Store, collections: Sequence[str]) -> None:
        self.collections = tuple(collections)
        self._store = store

    async def rows(
        self,
        collection: str,
        *,
        case_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[Document]:
        """Yield the rows that were taken in then, in the order of their writing.

        Raises `StoreUnavailable`.
        """
        chosen = {} if case_id is None else {"case_id": case_id}
        rows = self._store.collection(collection)
        async for row in rows.scan_as_stored(chosen, sort=IN_ORDER_OF_WRITING):
            time = _head(row).time
            if (since is None or since <= time) and (until is None or time <= until):
                yield row

    async def messages(
        self, case_id: str | None, since: datetime | None
    ) -> AsyncIterator[Outgoing]:
        """Yield what was taken in as it was published then. Raises `StoreUnavailable`."""
        events = catalogue().events
        for collection in self.collections:
            async for row in self.rows(collection, case_id=case_id, since=since):
                type = _head(row).type
                yield from_outside(topic_of(events[type]), row["case_id"], type, row["value"])

    async def put_back(self, collection: str, rows: Mapping[str, Document]) -> set[str]:
        """Insert rows of a backup; return the ids of those in whose place stand others.

        Raises `StoreUnavailable`.
        """
        there = self._store.collection(collection)
        taken = await there.insert(list(rows.values()))
        return {
            row["_id"]
            for row in await there.find({"_id": {"$in": list(taken)}})
            if row != rows[row["_id"]]
        }


def _head(row: Document) -> _Head:
    return _Head.model_validate_json(row["value"])
