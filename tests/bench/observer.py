"""Watches the portal's topic and notes when each case is seen to be completed."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from time import time

from aiokafka import AIOKafkaConsumer

from contracts.common.events import CaseCompleted
from infra.errors import OnestopError

STALLED_SECONDS = 180.0
_COMPLETED = f'"type":"{CaseCompleted.type}"'.encode()
_HEAD = 160
"""The type of an event stands within its first bytes."""


class Stalled(OnestopError):
    """Cases do not end: what is measured is broken."""


class Observer:
    """Sees completions as any consumer would; the same for all that is measured."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._progress = asyncio.Event()
        self._missing: set[bytes] = set()
        self.completed: dict[bytes, float] = {}
        """When each case was first seen to be completed, in seconds since the epoch."""

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            fetched = await self._consumer.getmany(timeout_ms=1000)
            now = time()
            for records in fetched.values():
                for record in records:
                    if _COMPLETED in record.value[:_HEAD]:
                        self.completed.setdefault(record.key, now)
                        self._missing.discard(record.key)
            if fetched:
                self._progress.set()

    async def wait(self, cases: Collection[bytes]) -> None:
        """Return when all these cases are completed. Raises Stalled when nothing moves."""
        self._missing = set(cases) - self.completed.keys()
        while self._missing:
            self._progress.clear()
            try:
                await asyncio.wait_for(self._progress.wait(), STALLED_SECONDS)
            except TimeoutError:
                raise Stalled(
                    f"{len(self._missing):,} of {len(cases):,} cases never ended"
                ) from None


@asynccontextmanager
async def observing(kafka: str, topic: str) -> AsyncIterator[Observer]:
    """Watch a topic from now on."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, check_crcs=False)
    await consumer.start()
    try:
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)
        observer = Observer(consumer)
        watching = asyncio.create_task(observer.run())
        try:
            yield observer
        finally:
            watching.cancel()
            await asyncio.wait([watching])
    finally:
        await consumer.stop()
