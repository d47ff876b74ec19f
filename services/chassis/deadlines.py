"""Deadlines: calls to a procedure at a time, as documents that any replica can find."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.chassis.journal import Entry
from services.chassis.store import Document, Store, Upsert


@dataclass(frozen=True)
class Due:
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
    def event_id(self) -> UUID:
        """The id under which the firing is heard: the same from every replica."""
        return uuid5(self.cause, f"deadline/{self.procedure}/{self.name}")


class Deadlines:
    """The deadlines of one service."""

    def __init__(self, store: Store) -> None:
        self._deadlines = store.collection("deadlines")

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._deadlines.index([("due", 1)])

    async def apply(self, entries: Iterable[Entry]) -> None:
        """Set or take back the deadlines of the entries. Raises `StoreUnavailable`."""
        await self._deadlines.write(
            [
                Upsert(row["key"], entry.n, row["fields"])
                for entry in sorted(entries, key=lambda entry: entry.n)
                for row in entry.deadlines
            ]
        )

    async def due(self, now: datetime, partitions: Collection[int], limit: int = 500) -> list[Due]:
        """Return deadlines of these partitions that are due, oldest first."""
        rows = await self._deadlines.find(
            {"due": {"$lte": now}, "partition": {"$in": list(partitions)}},
            sort=[("due", 1)],
            limit=limit,
        )
        return [_due(row) for row in rows]

    async def drop(self, due: Due) -> None:
        """Take back a deadline that is no longer current, unless it has been set anew."""
        await self._deadlines.update(
            {"_id": key(due.case_id, due.procedure, due.name), "cause": str(due.cause)},
            {"$set": {"due": None}},
        )


def key(case_id: str, procedure: str, name: str) -> str:
    """Return the `_id` of a deadline."""
    return f"{case_id}/{procedure}/{name}"


def row(due: Due) -> Document:
    """Return what an entry stores to set this deadline."""
    return {
        "key": key(due.case_id, due.procedure, due.name),
        "fields": {
            "case_id": due.case_id,
            "procedure": due.procedure,
            "name": due.name,
            "due": due.due,
            "cause": str(due.cause),
            "group": due.group,
            "correlation": str(due.correlation),
            "traceparent": due.traceparent,
            "partition": due.partition,
        },
    }


def taken_back(case_id: str, procedure: str, name: str) -> Document:
    """Return what an entry stores to take a deadline back."""
    return {"key": key(case_id, procedure, name), "fields": {"due": None}}


def _due(row: Document) -> Due:
    return Due(
        case_id=row["case_id"],
        procedure=row["procedure"],
        name=row["name"],
        due=row["due"],
        cause=UUID(row["cause"]),
        group=row["group"],
        correlation=UUID(row["correlation"]),
        traceparent=row["traceparent"],
        partition=row["partition"],
    )
