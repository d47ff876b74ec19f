"""Kafka, as the chassis uses it: a publisher that cannot hang, and single questions."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.partitioner import DefaultPartitioner

from services.chassis.message import Message, Outgoing
from services.chassis.salvaging import of_a_record

log = logging.getLogger(__name__)

LARGEST_EVENT = 900_000
"""Bytes of one event; the broker takes a batch of 1 MiB at most."""
_BATCH_BYTES = 1_000_000
Security = Mapping[str, Any]
"""Options of a client, as `services.chassis.security` makes them of the settings."""
PLAIN: Security = MappingProxyType({})


class BrokerUnavailable(ConnectionError):
    """The broker did not acknowledge in time; what was sent may or may not have arrived."""


class Gone(LookupError):
    """The message is no longer in Kafka, so it will never be there again."""


class Publisher:
    """Sends stored bytes and waits until all of them are acknowledged.

    aiokafka's idempotent producer waits for ever on a leader it knows and never recovers from a
    sequence error. So each publication has its own time limit, and after any failure the producer
    is built anew; the caller sends the same bytes again.
    """

    def __init__(
        self, bootstrap: str, timeout: float, client_id: str, security: Security = PLAIN
    ) -> None:
        self._bootstrap, self._timeout, self._client_id = bootstrap, timeout, client_id
        self._security = security
        self._producer: AIOKafkaProducer | None = None
        self._partitioner = DefaultPartitioner()
        self._partitions: dict[str, list[int]] = {}
        self._building = asyncio.Lock()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when every message is acknowledged by all in-sync replicas.

        Raises `BrokerUnavailable` otherwise.
        """
        if not messages:
            return
        producer = None
        try:
            async with asyncio.timeout(self._timeout):
                producer = await self._ready()
                await self._send(producer, messages)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._discard(producer)
            raise BrokerUnavailable(f"not acknowledged: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close the connection."""
        await self._discard(self._producer)

    async def _ready(self) -> AIOKafkaProducer:
        async with self._building:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=_BATCH_BYTES,
                    request_timeout_ms=int(self._timeout * 1000),
                    **self._security,
                )
                try:
                    await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._producer = producer
            return self._producer

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Outgoing]) -> None:
        by_partition: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        for message in messages:
            partition = await self._partition(producer, message)
            by_partition[message.topic, partition].append(message)
        sent = []
        for (topic, partition), group in by_partition.items():
            batch = producer.create_batch()
            for message in group:
                if not _append(batch, message):
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    if not _append(batch, message):
                        raise ValueError(f"an event of {len(message.value):,} bytes is too large")
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)

    async def _partition(self, producer: AIOKafkaProducer, message: Outgoing) -> int:
        partitions = self._partitions.get(message.topic)
        if partitions is None:
            partitions = sorted(await producer.partitions_for(message.topic))
            self._partitions[message.topic] = partitions
        if message.partition in partitions:
            return message.partition
        chosen: int = self._partitioner(message.key, partitions, partitions)
        return chosen

    async def _discard(self, failed: AIOKafkaProducer | None) -> None:
        """Stop the producer that failed; it may be another than the one in use by now."""
        async with self._building:
            if failed is None or failed is not self._producer:
                return
            self._producer = None
            self._partitions.clear()
            await _stop(failed)


def _append(batch: Any, message: Outgoing) -> bool:
    appended = batch.append(
        key=message.key, value=message.value, timestamp=None, headers=list(message.headers)
    )
    return appended is not None


async def _stop(producer: AIOKafkaProducer) -> None:
    # Stopping flushes what it holds, for ever if the broker is away, and closes only after that.
    with contextlib.suppress(Exception):
        async with asyncio.timeout(1):
            await producer.stop()
    with contextlib.suppress(Exception):
        await producer.client.close()


async def existing_topics(bootstrap: str, security: Security = PLAIN) -> set[str]:
    """Return the names of all topics. Raises `KafkaError` or `OSError` without a broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, **security)
    try:
        await consumer.start()
        return set(await consumer.topics())
    finally:
        await consumer.stop()


async def fetch_one(bootstrap: str, message: Message, security: Security = PLAIN) -> Message:
    """Return the message as it lies in Kafka; one that still is unreadable, as it was.

    Raises `BrokerUnavailable` where it cannot be read now, and `Gone` where it never will be.
    """
    tp = TopicPartition(message.topic, message.partition)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="none", **security)
    try:
        await consumer.start()
        consumer.assign([tp])
        consumer.seek(tp, message.offset)
        async with asyncio.timeout(10):
            try:
                record = await consumer.getone(tp)
            except Exception as error:
                if message.unreadable and of_a_record(error):
                    return message
                raise
    except OffsetOutOfRangeError as error:
        raise Gone(f"{message.id} was not kept here and is no longer in Kafka") from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"{message.id} cannot be read: {type(error).__name__}") from error
    finally:
        await consumer.stop()
    if record.offset != message.offset:
        raise Gone(f"{message.id} was not kept here and is no longer in Kafka")
    return replace(
        message,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        unreadable=None,
    )
