"""A store and a broker in memory, where everybody waits for their turn: for models of races.

Only what is asked of them there is there, and it does what the real ones do with it. Whose turn it
is, and what becomes of it, the model says: so it is the model that lets processes cross each other.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from services.chassis.broker import BrokerUnavailable
from services.chassis.encoding import Document
from services.chassis.message import Outgoing
from services.chassis.procedure import Record
from services.chassis.store import StoreUnavailable

Fate = Literal["done", "lost", "unanswered"]
"""What becomes of what is asked: the last two look alike to who asks."""
T = TypeVar("T")
Rows = dict[str, Document]
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "$in": lambda value, wanted: value in wanted,
    "$ne": lambda value, wanted: value != wanted,
    "$gte": lambda value, wanted: value >= wanted,
    "$lt": lambda value, wanted: value < wanted,
}


@dataclass
class Turns:
    """Everybody who waits for the store or the broker, in the order in which they came."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    waiting: list[tuple[str, asyncio.Future[Fate]]] = field(default_factory=list)
    process: ContextVar[str] = field(default_factory=lambda: ContextVar("process", default=""))
    """Of which process it is that waits."""

    async def take(self, do: Callable[[], T], fault: type[Exception]) -> T:
        """Wait for one's turn, and do it. Raises the fault where it is lost, or not answered."""
        turn: asyncio.Future[Fate] = self.loop.create_future()
        self.waiting.append((self.process.get(), turn))
        fate = await turn
        if fate == "lost":
            raise fault
        found = do()
        if fate == "unanswered":
            raise fault
        return found

    def next(self, process: str = "", fate: Fate = "done") -> None:
        """Give whoever has waited longest their turn, of one process where it is named."""
        for number, (who, turn) in enumerate(self.waiting):
            if process in ("", who):
                del self.waiting[number]
                turn.set_result(fate)
                self.run()
                return

    def run(self) -> None:
        """Let all go on until each of them waits, or is done."""
        for _ in range(8):  # what `gather` and a new task need, and more
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()


@dataclass
class Shelf:
    """A collection."""

    turns: Turns
    rows: Rows = field(default_factory=dict)

    async def insert(self, documents: Sequence[Document]) -> set[str]:
        """Insert all that are not there yet; return the `_id`s of those that were."""
        if not documents:
            return set()
        return await self._turn(lambda: self._inserted(documents))

    async def find(
        self, filter: Mapping[str, Any], fields: Sequence[str] | None = None, limit: int = 0
    ) -> list[Document]:
        """Return the documents found."""
        found = await self._turn(lambda: [dict(row) for row in self._found(filter)])
        return found[: limit or None]

    async def update(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """Update all that the filter finds; return how many."""
        return await self._turn(lambda: self._updated(filter, change))

    def _turn(self, do: Callable[[], T]) -> Coroutine[Any, Any, T]:
        return self.turns.take(do, StoreUnavailable)

    def _found(self, filter: Mapping[str, Any]) -> list[Document]:
        # Nobody is promised an order, so here it is not that of writing.
        return [row for row in reversed(self.rows.values()) if _matches(row, filter)]

    def _inserted(self, documents: Iterable[Document]) -> set[str]:
        there = set()
        for each in documents:
            if each["_id"] in self.rows:
                there.add(each["_id"])
            self.rows.setdefault(each["_id"], dict(each))
        return there

    def _updated(self, filter: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        found = self._found(filter)
        for row in found:
            row.update(change.get("$set", {}))
            for name, by in change.get("$inc", {}).items():
                row[name] += by
        return len(found)


@dataclass
class Shelves:
    """The store of one service, of several processes."""

    turns: Turns
    shelves: dict[str, Shelf] = field(default_factory=dict)

    def collection(self, name: str) -> Shelf:
        """Return the collection of that name."""
        return self.shelves.setdefault(name, Shelf(self.turns))

    def write(self, records: Iterable[Record]) -> None:
        """Write records of a decision, at once: the loop has them written until they are."""
        for record in records:
            rows = self.collection(record.register).rows
            if not (record.insert_only and record.key in rows):
                rows[record.key] = {"_id": record.key, **record.row()}


@dataclass
class Post:
    """The broker."""

    turns: Turns
    taken: list[Outgoing] = field(default_factory=list)

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Take messages."""
        if messages:
            await self.turns.take(lambda: self.taken.extend(messages), BrokerUnavailable)


def _matches(row: Document, filter: Mapping[str, Any]) -> bool:
    return all(_holds(row.get(name), wanted) for name, wanted in filter.items())


def _holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    return all(_COMPARED[name](value, each) for name, each in wanted.items())
