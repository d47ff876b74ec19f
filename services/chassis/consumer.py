"""The heart: decide, append, effect. One function over messages from all sources.

Whatever breaks off in between, handling the same messages again completes it: an event that is in
the journal is not decided again, but the effects of the entry that heard it are repeated: all its
records, and those of its events that this one led to.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from contracts.catalogue import catalogue
from contracts.envelope import CONTENT_TYPE
from services.chassis import metrics
from services.chassis.broker import BrokerUnavailable, Publisher
from services.chassis.claims import Claims
from services.chassis.dead_letters import DeadLetters, Failure
from services.chassis.deadlines import Deadlines
from services.chassis.deciding import Decider
from services.chassis.encoding import Document
from services.chassis.folding import Folder
from services.chassis.health import Breaker, Health
from services.chassis.journal import Entry, Journal
from services.chassis.message import Headers, Message, Outgoing
from services.chassis.reading import Item, Reader
from services.chassis.registers import Registers
from services.chassis.signing import HEADER
from services.chassis.store import StoreUnavailable

log = logging.getLogger(__name__)

CONTENT = (("content-type", CONTENT_TYPE.encode()),)
T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


@dataclass(frozen=True, kw_only=True)
class Collaborators:
    """Everything that the loop acts upon, each behind one object, so that a test can wrap it."""

    journal: Journal
    claims: Claims
    registers: Registers
    deadlines: Deadlines
    dead_letters: DeadLetters
    publisher: Publisher


class Consumer:
    """Handles batches for one service."""

    def __init__(
        self,
        service: str,
        *,
        reader: Reader,
        folder: Folder,
        collaborators: Collaborators,
        breaker: Breaker,
        health: Health,
        most: int,
        lanes: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._most, self._lanes = most, lanes
        self.service, self.clock = service, clock
        self._reader, self._folder = reader, folder
        self._do, self._breaker, self._health = collaborators, breaker, health
        self._decider = Decider(
            service,
            folder=folder,
            journal=collaborators.journal,
            claims=collaborators.claims,
            deadlines=collaborators.deadlines,
        )

    async def handle(self, messages: Sequence[Message]) -> int:
        """Return, when all effects of the messages are there, how many were for this service.

        Lost connections are waited for, for as long as it takes. Raises `TooManyDeadLetters`.
        """
        parts = by_cases(messages, self._most)
        if len(messages) <= self._most or self._lanes == 1:
            return await self._handle_each(parts)
        try:
            # No two parts have a case in common, so they may be under way at once.
            async with asyncio.TaskGroup() as lanes:
                under_way = [
                    lanes.create_task(self._handle_each(parts)) for _ in range(self._lanes)
                ]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return sum(lane.result() for lane in under_way)

    async def _handle_each(self, parts: Iterator[Sequence[Message]]) -> int:
        ours = 0
        for some in parts:
            items, failures = self._reader.read_all(some)
            await self.handle_items(items, failures, len(some))
            ours += len(items) + len(failures)
        return ours

    async def handle_items(
        self, items: Sequence[Item], failures: Sequence[Failure] = (), size: int = 0
    ) -> None:
        """The same for items that have been read already."""
        started = time.perf_counter()
        concerned = [item for item in items if self._folder.concerns(item)]
        failed = [*failures, *await self._insist(lambda: self._attempt(concerned))]
        fresh = [each for each in failed if not (each.message.replayed or each.waits)]
        # What is skipped is no sign of health.
        self._breaker.admit(len(concerned) + len(failures), len(fresh))
        await self._insist(lambda: self._put_aside(failed))
        self._health.tick()
        metrics.BATCH_SIZE.labels(self.service).observe(size or len(items))
        metrics.BATCH_SECONDS.labels(self.service).observe(time.perf_counter() - started)

    async def _insist(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do it until no lost connection comes between. Each try counts as progress."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await do()
            except (StoreUnavailable, BrokerUnavailable) as error:
                metrics.RETRIES.labels(self.service).inc()
                log.warning("begun again: %s", error)
                self._health.tick()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _attempt(self, items: Sequence[Item]) -> list[Failure]:
        """Decide, append and effect once. Return what could not be decided."""
        failed: list[Failure] = []
        entries = await self._decider.decide(items, self.clock(), failed)
        # A case stays in the partition number that it was heard in.
        await self._effect(entries, {item.case_id: item.partition for item in items})
        return failed

    async def _effect(self, entries: Sequence[Entry], partitions: Mapping[str, int]) -> None:
        """Carry out what the stored entries say: registers first, so that who hears also sees.

        Deadlines last: a deadline that fired is what its entry's effects are repeated from.
        """
        await asyncio.gather(self._do.registers.apply(entries), self._do.claims.release(entries))
        await self._do.publisher.publish(
            [
                message
                for entry in entries
                for message in outgoing(entry, self._folder.topic, partitions[entry.case_id])
            ]
        )
        await self._do.deadlines.apply(entries)

    async def _put_aside(self, failed: Sequence[Failure]) -> None:
        if not failed:
            return
        await self._do.dead_letters.write(failed, self.clock())
        # Only now: until its letter is there, a deadline that failed has to fire again.
        for due in [failure.due for failure in failed if failure.due]:
            await self._do.deadlines.drop(due)
        for failure in failed:
            id = failure.message.id
            if failure.waits:
                # Again and again would fill the log: it is replayed several times a second.
                level = logging.DEBUG if failure.message.replayed else logging.INFO
                log.log(level, "put off %s: %s", id, failure.kind, extra=failure.where)
                continue
            metrics.DEAD_LETTERED.labels(self.service, _type(failure.message)).inc()
            log.warning("dead letter %s: %s", id, failure.kind, extra=failure.where)


def by_cases(messages: Sequence[Message], most: int) -> Iterator[list[Message]]:
    """Yield the messages in lists of about as many as `most`, those of a case in the same one."""
    if len(messages) <= most:
        yield list(messages)
        return
    by_key: dict[bytes | None, list[Message]] = {}
    for message in messages:
        by_key.setdefault(message.key, []).append(message)
    some: list[Message] = []
    for group in by_key.values():
        some += group
        if len(some) >= most:
            yield some
            some = []
    if some:
        yield some


def outgoing(entry: Entry, topic: str, partition: int | None = None) -> list[Outgoing]:
    """Return the stored events of an entry as messages, with the entry's hash as a witness."""
    if not entry.events:
        return []
    witness = (("entry", str(entry.n).encode()), ("entry-hash", entry.hash.hex().encode()))
    return [
        Outgoing(
            topic=topic,
            key=entry.case_id.encode(),
            value=event["value"],
            headers=(*CONTENT, ("type", event["type"].encode()), *witness, *_signature(event)),
            partition=partition,
        )
        for event in entry.events
    ]


def _signature(event: Document) -> Headers:
    # Events of old entries have none, and those that nobody signs.
    signature = event.get(HEADER)
    return ((HEADER, signature.encode()),) if signature else ()


def from_outside(topic: str, case_id: str, type: str, value: bytes) -> Outgoing:
    """Return the message of an event that comes in from outside: no entry stands behind it."""
    headers = (*CONTENT, ("type", type.encode()), ("entry", b"0"))
    return Outgoing(topic, case_id.encode(), value, headers)


def _type(message: Message) -> str:
    """Return a type that is safe as a label: only what the catalogue knows."""
    claimed = (dict(message.headers).get("type") or b"").decode("ascii", "replace")
    return claimed if claimed in catalogue().events else "unknown"
