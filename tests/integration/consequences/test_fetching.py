"""A service fetches only while it waits: what has come meanwhile is one batch."""

from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.chassis.polling import PatientConsumer
from services.chassis.testing import eventually
from tests.integration.consequences.test_unreadable_records import (
    alone,
    offsets,
    parrot,
    put,
    read,
    words,
)
from tests.integration.office import PARTITIONS, Office, Offices


async def served(office: Office, count: int) -> None:
    """Wait until the broker has handed so many records to somebody else."""
    async with AIOKafkaConsumer(
        office.topics[0], bootstrap_servers=office.kafka, auto_offset_reset="earliest"
    ) as other:
        found: list[Any] = []

        async def all_there() -> bool:
            for records in (await other.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) == count

        await eventually(all_there)


def known_ends(consumer: PatientConsumer) -> dict[TopicPartition, int | None]:
    """Return how far each partition reaches, as what was fetched of it said."""
    return {tp: consumer.highwater(tp) for tp in consumer.assignment()}


async def test_what_comes_while_nobody_waits_is_one_batch(offices: Offices) -> None:
    """Fetched ahead, the first of it would keep the rest away: that is fetched only once the first
    has been read, and is missing in its batch."""
    office = offices.open(parrot)
    await put(office, 0, words(office, ["first"]))
    async with alone(office) as consumer:
        assert offsets(await read(consumer, 1)) == [(0, 0)]
        before = known_ends(consumer)
        for partition in range(PARTITIONS):
            await put(office, partition, words(office, [f"meanwhile {partition}"]))
            await served(office, 2 + partition)
            assert known_ends(consumer) == before
        found = await consumer.getmany(timeout_ms=1000)
        records = [record for some in found.values() for record in some]
        assert offsets(records) == [(0, 1), *((n, 0) for n in range(1, PARTITIONS))]
