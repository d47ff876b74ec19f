"""Declarations on their way: through the door, or straight to its topic."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.catalogue import topic
from contracts.common.events import DeclarationSubmitted
from infra.local import Stack
from services.chassis.broker import Publisher
from services.chassis.message import Outgoing
from services.portal import declaration as portal
from services.portal.declaration import Identity
from tests.fire.births import Births
from tests.fire.deaths import Deaths
from tests.fire.declared import Declared
from tests.fire.mixture import DEATHS, interleaved
from tests.fire.population import population
from tests.fire.portal import Item, Portal

FAMILIES = 250
AT_ONCE = 4
LIMIT_SECONDS = 60.0


@dataclass
class Flow:
    """Feeds a stack with births and deaths, and remembers how each should end."""

    stack: Stack
    outcomes: dict[str, str] = field(default_factory=dict)
    """By case, of those that were acknowledged."""

    def __post_init__(self) -> None:
        day = datetime.now(UTC).date()
        births, deaths = Births(day, FAMILIES), Deaths(day, FAMILIES)
        self._declarations = interleaved(
            births.sequence(0, births.capacity),
            deaths.sequence(0, deaths.capacity),
            share=DEATHS,
        )
        self._people = {person.personal_id: person for person in population(FAMILIES)}

    def next(self, count: int) -> list[Declared]:
        """The next births and deaths, each of somebody else."""
        return list(islice(self._declarations, count))

    async def declare(self, declarations: Iterable[Declared], at_once: int = AT_ONCE) -> None:
        """Send them through the door, each again and again until it is acknowledged."""
        waiting = iter(declarations)
        async with Portal(self.stack.url("portal"), patience=LIMIT_SECONDS) as door:

            async def work() -> None:
                for each in waiting:
                    (answer,) = await door.declare([Item(each.key, each.declaration)])
                    assert answer.accepted and answer.case_id, answer.sentence()
                    self.outcomes[answer.case_id] = each.outcome

            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(work())

    @asynccontextmanager
    async def declaring(self, count: int) -> AsyncIterator[None]:
        """Declare so many meanwhile, and wait at the end until all are acknowledged."""
        async with _meanwhile(self.declare(self.next(count))):
            yield

    @asynccontextmanager
    async def declaring_on(self) -> AsyncIterator[None]:
        """Declare one after the other meanwhile, until whoever asked for it has done."""
        over = asyncio.Event()

        def until_then() -> Iterator[Declared]:
            while not over.is_set():
                yield from self.next(1)

        async with _meanwhile(self.declare(until_then(), at_once=1)):
            yield
            over.set()

    async def publish(self, count: int) -> None:
        """Put so many on the door's topic, as it would have done."""
        publisher = Publisher(self.stack.addresses.kafka, LIMIT_SECONDS, "flow")
        try:
            await publisher.publish(list(self._events(self.next(count))))
        finally:
            await publisher.close()

    def _events(self, declarations: Iterable[Declared]) -> Iterator[Outgoing]:
        for each in declarations:
            filled = portal.filled(portal.sent(each.declaration))
            now = datetime.now(UTC)
            event = portal.event_of(filled, self._people, now)
            id = uuid5(NAMESPACE_URL, each.key)
            identity = Identity(f"{id}", id, f"00-{id.hex}-{id.hex[:16]}-01")
            self.outcomes[identity.case_id] = each.outcome
            value = portal.encode(event, identity)
            headers = (("type", DeclarationSubmitted.type.encode()),)
            yield Outgoing(topic("portal"), identity.case_id.encode(), value, headers)


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let the work go on meanwhile, and wait for its end; nothing is left of it after a fault."""
    task = asyncio.create_task(work)
    try:
        yield
        async with asyncio.timeout(LIMIT_SECONDS):
            await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
