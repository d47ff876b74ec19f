"""Puts declarations on a topic: all at once, or at a steady rate. The bytes were made before."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from time import time
from typing import Any

from aiokafka import AIOKafkaProducer

from contracts.common.events import DeclarationSubmitted
from contracts.envelope import CONTENT_TYPE
from tests.bench.declarations import Declaration

BATCH_BYTES = 900_000
"""Just below the largest batch that a broker takes by default."""
REQUEST_BYTES = 16_000_000
_HEADERS = [
    ("content-type", CONTENT_TYPE.encode()),
    ("type", DeclarationSubmitted.type.encode()),
    ("entry", b"0"),
]
"""As the portal sends them."""

Submitted = dict[bytes, float]
"""When each case was submitted, in seconds since the epoch."""


def new_producer(kafka: str) -> AIOKafkaProducer:
    """Return the fastest producer that waits for acknowledgements: no idempotence, big batches."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=False,
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
    )


class Feeder:
    """Publishes declarations as events."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def burst(self, cases: Sequence[Declaration]) -> Submitted:
        """Publish all of them as fast as the broker takes them."""
        by_partition: dict[int, list[Declaration]] = defaultdict(list)
        for case in cases:
            by_partition[case.partition].append(case)
        now = datetime.now(UTC)
        await asyncio.gather(
            *(self._publish(number, some, now) for number, some in by_partition.items())
        )
        return dict.fromkeys((case.key for case in cases), now.timestamp())

    async def steady(self, cases: Sequence[Declaration], rate: float) -> Submitted:
        """Publish each at its own time, whatever became of those before."""
        submitted: Submitted = {}
        start = time()
        async with asyncio.TaskGroup() as publishing:
            for number, case in enumerate(cases):
                await asyncio.sleep(start + number / rate - time())
                now = datetime.now(UTC)
                submitted[case.key] = now.timestamp()
                publishing.create_task(self._publish(case.partition, [case], now))
        return submitted

    async def _publish(self, partition: int, cases: list[Declaration], now: datetime) -> None:
        batch = self._producer.create_batch()
        for case in cases:
            if not _append(batch, case, now):
                await self._producer.send_batch(batch, self._topic, partition=partition)
                batch = self._producer.create_batch()
                _append(batch, case, now)
        await (await self._producer.send_batch(batch, self._topic, partition=partition))


def _append(batch: Any, case: Declaration, now: datetime) -> bool:
    value = case.submitted(now)
    added = batch.append(key=case.key, value=value, timestamp=None, headers=_HEADERS)
    return added is not None
