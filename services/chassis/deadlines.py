"""Deadlines: calls to a procedure at a time, as documents that any replica can find."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from pydantic import ValidationError
from pydantic_core import to_json

from contracts.model import Value
from services.chassis.encoding import Document
from services.chassis.journal import Entry
from services.chassis.message import Message
from services.chassis.store import Store

TOPIC = "deadlines"
"""Where the message of a deadline comes from: no topic of the broker, but our own collection."""


class Due(Value):
    """A deadline that has come due. `cause` is the event that set it."""

    case_id: str
    procedure: str
    name: str
    due: datetime
    cause: UUID
    group: str
    correlation: UUID
    traceparent: str | None
    partition: int

    @property
    def key(self) -> str:
        """Its `_id`. Set anew by another event it is another deadline, so that the effects of the
        one that fired can still be repeated from it."""
        return key(self.case_id, self.procedure, self.name, str(self.cause))

    @property
    def event_id(self) -> UUID:
        """The id under which the firing is heard: the same from every replica."""
        return uuid5(self.cause, f"deadline/{self.procedure}/{self.name}")

    def message(self) -> Message:
        """Return it as a message, so that one that fails can be kept and replayed as any other."""
        return Message(
            topic=f"{TOPIC}/{self.key}",
            partition=self.partition,
            offset=0,
            timestamp=int(self.due.timestamp() * 1000),
            key=self.case_id.encode(),
            value=self.model_dump_json().encode(),
        )

    def row(self) -> Document:
        """Return what an entry stores to set this deadline."""
        ids = {"cause": str(self.cause), "correlation": str(self.correlation)}
        return {"key": self.key, "fields": {**dict(self), **ids}}


class Unreadable(NamedTuple):
    """A stored row that is no deadline, and why."""

    row: Document
    error: ValidationError

    def message(self) -> Message:
        """Return the row as a message, to be put aside."""
        return Message(
            topic=f"{TOPIC}/{self.row['_id']}",
            partition=self.row["partition"],
            offset=0,
            timestamp=int(self.row["due"].timestamp() * 1000),
            key=None,
            value=to_json(self.row, serialize_unknown=True),
        )


class Deadlines:
    """The deadlines of one service."""

    def __init__(self, store: Store) -> None:
        self._deadlines = store.collection("deadlines")

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._deadlines.index([("partition", 1), ("due", 1)])

    async def apply(self, entries: Iterable[Entry]) -> None:
        """Set or take back the deadlines of the entries. Raises `StoreUnavailable`.

        A row never changes, for what is set anew has another key. One that is set by a repeated
        effect after it was taken back fires, is found to be no longer current, and is dropped.
        """
        ordered = sorted(entries, key=lambda entry: entry.n)
        last = {row["key"]: row["fields"] for entry in ordered for row in entry.deadlines}
        gone = [key for key, fields in last.items() if fields["due"] is None]
        await self._deadlines.insert(
            [{"_id": key, **fields} for key, fields in last.items() if fields["due"] is not None]
        )
        if gone:
            await self._deadlines.delete({"_id": {"$in": gone}})

    async def due(
        self, until: Mapping[int, datetime], limit: int = 500
    ) -> tuple[list[Due], list[Unreadable]]:
        """Return deadlines that are due, oldest first, by partition until when it is caught up.

        Those that cannot be read come apart, so that no other waits for them. Raises
        `StoreUnavailable`.
        """
        if not until:
            return [], []
        rows = await self._deadlines.find(
            {"$or": [{"partition": p, "due": {"$lte": moment}} for p, moment in until.items()]},
            sort=[("due", 1)],
            limit=limit,
        )
        due: list[Due] = []
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                due.append(Due.model_validate(row))
            except ValidationError as error:
                unreadable.append(Unreadable(row, error))
        return due, unreadable

    async def drop(self, due: Due) -> None:
        """Take back a deadline that is no longer current or has failed."""
        await self.remove(due.key)

    async def remove(self, key: str) -> None:
        """Remove the row under a key. Raises `StoreUnavailable`."""
        await self._deadlines.delete({"_id": key})


def key(case_id: str, procedure: str, name: str, cause: str) -> str:
    """Return the `_id` of a deadline."""
    return f"{case_id}/{procedure}/{name}/{cause}"


def taken_back(key: str) -> Document:
    """Return what an entry stores to take a deadline back."""
    return {"key": key, "fields": {"due": None}}
