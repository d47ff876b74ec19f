"""Several tasks publish by one producer: whoever fails discards that one, and no later one."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownError

from infra.local import Stack
from infra.local.topics import create_topics
from services.chassis import broker
from services.chassis.broker import BrokerUnavailable, Publisher
from services.chassis.message import Outgoing
from tests.integration.office import LIMIT_SECONDS, PARTITIONS, read_all

TOPIC = f"publishers-{uuid4().hex[:6]}.events"


def outgoing(value: bytes) -> list[Outgoing]:
    return [Outgoing(TOPIC, b"key", value, ())]


async def test_a_late_failure_leaves_the_producer_that_was_built_meanwhile(
    servers: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = servers.addresses.kafka
    create_topics(kafka, [TOPIC], PARTITIONS)
    built: list[AIOKafkaProducer] = []

    def build(**options: Any) -> AIOKafkaProducer:
        built.append(AIOKafkaProducer(**options))
        return built[-1]

    monkeypatch.setattr(broker, "AIOKafkaProducer", build)
    publisher = Publisher(kafka, LIMIT_SECONDS, "test")
    send, fail_late, waits = publisher._send, asyncio.Event(), asyncio.Event()

    async def unlucky(producer: AIOKafkaProducer, messages: Sequence[Outgoing]) -> None:
        if messages[0].value == b"late":
            waits.set()
            await fail_late.wait()
        if messages[0].value in (b"early", b"late"):
            raise UnknownError("no")
        await send(producer, messages)

    monkeypatch.setattr(publisher, "_send", unlucky)
    late = asyncio.create_task(publisher.publish(outgoing(b"late")))
    await waits.wait()
    with pytest.raises(BrokerUnavailable):
        await publisher.publish(outgoing(b"early"))
    await publisher.publish(outgoing(b"one"))
    assert len(built) == 2, "the one that failed was discarded"
    fail_late.set()
    with pytest.raises(BrokerUnavailable):
        await late
    await publisher.publish(outgoing(b"two"))
    await publisher.close()
    assert len(built) == 2, "the failure of the first says nothing of the second"
    assert [record.value for record in await read_all(kafka, TOPIC)] == [b"one", b"two"]
