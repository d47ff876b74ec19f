"""Dead letters: messages that could not be handled, kept whole until somebody replays them."""

import traceback
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.chassis.deadlines import Due
from services.chassis.encoding import Document
from services.chassis.message import Message
from services.chassis.store import Insert, Store

Status = Literal["dead", "replay", "replayed"]
_LONGEST_TEXT = 20_000
LARGEST_KEPT = 8 * 1024 * 1024
"""A larger message is kept by reference: its topic, partition and offset are its `_id`."""

_SUMMARY = ("at", "status", "replays", "replayed_at", "size", "headers", "reason")


@dataclass(frozen=True)
class Failure:
    """Why a message could not be handled."""

    message: Message
    reason: str
    trace: str = ""
    kind: str = ""
    """What a log may say of it: the reason may hold personal data, and stays in the letter."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Case, correlation and trace, where the message could be read."""
    due: Due | None = None
    """The deadline that failed, to be taken back once its letter is there."""
    waits: bool = False
    """It did not fail: it cannot be decided yet, and is handled again until it can."""

    @classmethod
    def of(
        cls,
        message: Message,
        error: Exception,
        where: Mapping[str, str] | None = None,
        *,
        due: Due | None = None,
        waits: bool = False,
    ) -> "Failure":
        """Return the failure that an exception makes of a message."""
        kind = type(error).__name__
        trace = "".join(traceback.format_exception(error)[-12:])
        reason = f"{kind}: {error}"
        return cls(
            message,
            _text(reason[:_LONGEST_TEXT]),
            _text(trace[-_LONGEST_TEXT:]),
            kind,
            where or {},
            due,
            waits,
        )


class DeadLetters:
    """The dead letters of one service."""

    def __init__(self, store: Store) -> None:
        self._letters = store.collection("dead_letters")

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._letters.index([("status", 1)])

    async def write(self, failures: Iterable[Failure], at: datetime) -> None:
        """Keep the failed messages. One that failed in its replay is dead once more.

        One that waits is replayed without being asked for, again and again.
        """
        failed = list(failures)
        await self._letters.write([_letter(f, at) for f in failed if not f.message.replayed])
        for failure in (f for f in failed if f.message.replayed):
            await self._letters.update(
                {"_id": failure.message.id, "status": "replay"},
                {
                    "$set": {
                        "status": "replay" if failure.waits else "dead",
                        "reason": failure.reason,
                        "traceback": failure.trace,
                    },
                    "$inc": {"replays": 1},
                },
            )

    async def find(self, status: Status | None = None, limit: int = 0) -> list[Document]:
        """Return letters, oldest first. Raises `StoreUnavailable`."""
        filter = {"status": status} if status else {}
        return await self._letters.find(filter, sort=[("at", 1)], limit=limit)

    async def summaries(
        self, status: Status | None = None, ids: Collection[str] | None = None
    ) -> list[Document]:
        """Return letters without their bytes and tracebacks, oldest first.

        Raises `StoreUnavailable`.
        """
        filter: Document = {"status": status} if status else {}
        if ids is not None:
            filter["_id"] = {"$in": list(ids)}
        return await self._letters.find(filter, fields=_SUMMARY, sort=[("at", 1), ("_id", 1)])

    async def get(self, id: str) -> Document | None:
        """Return one letter. Raises `StoreUnavailable`."""
        found = await self._letters.find({"_id": id}, limit=1)
        return found[0] if found else None

    async def ask_for_replay(self, id: str) -> bool:
        """Mark a dead letter for replay; return whether it was dead. Raises `StoreUnavailable`."""
        change = {"$set": {"status": "replay"}}
        return await self._letters.update({"_id": id, "status": "dead"}, change) == 1

    async def replayed(self, letter: Document, at: datetime) -> None:
        """Say that a letter was replayed, unless it is dead again. Raises `StoreUnavailable`."""
        change: dict[str, Any] = {
            "$set": {"status": "replayed", "replayed_at": at},
            "$inc": {"replays": 1},
        }
        # The number tells this replay from one asked for since it failed.
        filter = {"_id": letter["_id"], "status": "replay", "replays": letter["replays"]}
        await self._letters.update(filter, change)

    async def count(self, status: Status = "dead") -> int:
        """Return how many letters have this status. Raises `StoreUnavailable`."""
        return await self._letters.count({"status": status})


def _text(text: str) -> str:
    """Return what can be stored of a text that may hold anything."""
    return text.encode("utf-8", "backslashreplace").decode()


def _letter(failure: Failure, at: datetime) -> Insert:
    message = failure.message
    size = len(message.value or b"")
    return Insert(
        message.id,
        {
            "at": at,
            "status": "replay" if failure.waits else "dead",
            "replays": 0,
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "timestamp": message.timestamp,
            "size": size,
            "key": message.key,
            "value": message.value if size <= LARGEST_KEPT else None,
            "headers": [[name, value] for name, value in message.headers],
            "unreadable": message.unreadable,
            "reason": failure.reason,
            "traceback": failure.trace,
        },
    )


def message_of(letter: Document) -> Message:
    """Return the message of a letter, to be handled again; its value is None if not kept."""
    return Message(
        topic=letter["topic"],
        partition=letter["partition"],
        offset=letter["offset"],
        timestamp=letter["timestamp"],
        key=letter["key"],
        value=letter["value"],
        headers=tuple((name, value) for name, value in letter["headers"]),
        unreadable=letter["unreadable"],
        replayed=True,
    )
