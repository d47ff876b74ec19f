"""Whatever aiokafka cannot read costs itself only, and whatever fails meanwhile loses nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiokafka.codec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import UnknownError

from services.chassis.message import Message
from services.chassis.polling import PatientConsumer
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.settings import Haste
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import LIMIT_SECONDS, PARTITIONS, Office, Offices


class Nothing(State):
    """No state."""


parrot = Procedure("parrot", initial=Nothing())


@parrot.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Say it again."""
    return Decision(state, events=(Answered(text=event.text),))


class BrokenGzip:
    """Stands for the module: whatever is compressed turns out to be broken."""

    def GzipFile(self, *args: Any, **named: Any) -> Any:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")


def unknown_codec(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(aiokafka.codec, "has_gzip", lambda: False)


def broken_codec(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(aiokafka.codec, "gzip", BrokenGzip())


async def put(
    office: Office, partition: int, messages: Sequence[Message], compression: str | None = None
) -> None:
    """Put the messages into a partition as one batch."""
    async with AIOKafkaProducer(
        bootstrap_servers=office.kafka, compression_type=compression
    ) as producer:
        batch = producer.create_batch()
        for m in messages:
            assert batch.append(timestamp=None, key=m.key, value=m.value, headers=[]) is not None
        await (await producer.send_batch(batch, messages[0].topic, partition=partition))


def words(office: Office, texts: Sequence[str]) -> list[Message]:
    return [office.message(text, Told(text=text)) for text in texts]


async def mixed(office: Office) -> set[str]:
    """Fill all partitions, and put a compressed batch of two into one of them."""
    texts = [[f"{partition}-{n}" for n in range(30)] for partition in range(PARTITIONS)]
    for partition in range(PARTITIONS):
        await put(office, partition, words(office, texts[partition][:20]))
    await put(office, 1, words(office, ["lost", "lost too"]), "gzip")
    for partition in range(PARTITIONS):
        await put(office, partition, words(office, texts[partition][20:]))
    return {text for partition in texts for text in partition}


async def fetched(consumer: PatientConsumer) -> None:
    """Wait until something of all partitions is here, and let the bad one be read last."""
    records = consumer._fetcher._records
    await eventually(lambda: len(records) == PARTITIONS)
    (bad,) = [tp for tp in records if tp.partition == 1]
    records[bad] = records.pop(bad)


async def is_said(office: Office, texts: set[str]) -> bool:
    return set(await office.texts()) == texts


async def letters_of(office: Office) -> list[tuple[int, int, str]]:
    rows = await office.letters()
    return sorted((row["partition"], row["offset"], row["reason"]) for row in rows)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [(unknown_codec, "UnsupportedCodecError"), (broken_codec, "EOFError")],
    ids=["unknown", "broken"],
)
async def test_a_compression_that_cannot_be_undone(
    offices: Offices,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[pytest.MonkeyPatch], None],
    error: str,
) -> None:
    office = offices.open(parrot)
    expected = await mixed(office)
    spoil(monkeypatch)
    await office.start()
    await eventually(lambda: is_said(office, expected))
    reason = f"Unreadable: the record cannot be read: {error}"
    await eventually(lambda: has_letters(office, 2))
    assert await letters_of(office) == [(1, 20, reason), (1, 21, reason)]
    await put(office, 1, words(office, ["after it"]))
    await eventually(lambda: is_said(office, expected | {"after it"}))
    assert office.runtime.health.problems == []


async def has_letters(office: Office, count: int) -> bool:
    return len(await office.letters()) == count


async def test_neighbours_are_read_in_batches_all_the_same(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad record must not make single ones of all that lie before it elsewhere."""
    office = offices.open(parrot)
    neighbours = [f"neighbour {n}" for n in range(40)]
    await put(office, 0, words(office, neighbours))
    await put(office, 1, words(office, ["lost"]), "gzip")
    await put(office, 2, words(office, ["another"]))
    broken_codec(monkeypatch)
    sizes: list[int] = []
    handle = office.runtime.consumer.handle

    async def counting(messages: Sequence[Message]) -> None:
        sizes.append(len(messages))
        await handle(messages)

    monkeypatch.setattr(office.runtime.consumer, "handle", counting)
    poll = PatientConsumer._poll

    async def late(consumer: PatientConsumer, *limits: Any) -> Any:
        if not sizes:
            await fetched(consumer)
        return await poll(consumer, *limits)

    monkeypatch.setattr(PatientConsumer, "_poll", late)
    await office.start()
    await eventually(lambda: is_said(office, {*neighbours, "another"}))
    await eventually(lambda: has_letters(office, 1))
    assert sorted(sizes) == [1, 1, 40]


@contextlib.asynccontextmanager
async def alone(office: Office) -> AsyncIterator[PatientConsumer]:
    """The consumer of an office without the office."""

    async def nothing() -> None: ...

    consumer = PatientConsumer(
        office.topics[0],
        bootstrap_servers=office.kafka,
        group_id=office.runtime.name,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        on_idle=lambda: None,
        before_stop=nothing,
        haste=Haste(fast=1000, gather=0.0),
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read(consumer: PatientConsumer, count: int) -> list[Any]:
    """Poll until there are so many records, whatever fails in between."""
    found: list[Any] = []
    async with asyncio.timeout(LIMIT_SECONDS):
        while len(found) < count:
            with contextlib.suppress(UnknownError):
                polled = await consumer.getmany(timeout_ms=200, max_records=10)
                found += [record for records in polled.values() for record in records]
    return found


def offsets(records: Sequence[Any]) -> list[tuple[int, int]]:
    return sorted((record.partition, record.offset) for record in records)


def everything() -> list[tuple[int, int]]:
    """Where `mixed` puts its records."""
    return [
        (partition, n) for partition, count in ((0, 30), (1, 32), (2, 30)) for n in range(count)
    ]


@pytest.mark.parametrize("error", [UnknownError("once"), RuntimeError("once")])
@pytest.mark.parametrize("at", [1, 3])
@pytest.mark.parametrize("sure", [True, False])
async def test_a_poll_that_fails_after_it_has_read_loses_nothing(
    offices: Offices, monkeypatch: pytest.MonkeyPatch, error: Exception, at: int, sure: bool
) -> None:
    """Also where the broker does not say at the first time of asking what was committed."""
    office = offices.open(parrot)
    await mixed(office)
    getmany, poll, committed = (
        AIOKafkaConsumer.getmany,
        PatientConsumer._poll,
        PatientConsumer.committed,
    )
    polls, polling, asked = 0, False, 0

    async def noted(consumer: Any, *limits: Any) -> Any:
        nonlocal polling
        polling = True
        try:
            return await poll(consumer, *limits)
        finally:
            polling = False

    async def unlucky(consumer: Any, *partitions: TopicPartition, **named: Any) -> Any:
        nonlocal polls
        found = await getmany(consumer, *partitions, **named)
        polls += bool(polling and found)
        if polling and found and polls == at:
            raise error
        return found

    async def unsure(consumer: Any, tp: TopicPartition) -> Any:
        nonlocal asked
        asked += 1
        if asked == 1 and not sure:
            raise UnknownError("once more")
        return await committed(consumer, tp)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", unlucky)
    monkeypatch.setattr(PatientConsumer, "_poll", noted)
    monkeypatch.setattr(PatientConsumer, "committed", unsure)
    async with alone(office) as consumer:
        found = await read(consumer, len(everything()))
    assert polls >= at
    assert offsets(found) == everything()


async def test_partitions_that_leave_while_one_is_read_alone(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second replica takes some of them over in the middle of the search."""
    office = offices.open(parrot)
    other = offices.again(office, parrot)
    expected = await mixed(office)
    broken_codec(monkeypatch)
    one_partition = PatientConsumer.one_partition
    joined = False

    async def interrupted(self: PatientConsumer, tp: TopicPartition, limit: int | None) -> Any:
        nonlocal joined
        if not joined:
            joined = True
            await other.runtime.start()
            await eventually(lambda: bool(other.runtime.subscription.partitions))
        return await one_partition(self, tp, limit)

    monkeypatch.setattr(PatientConsumer, "one_partition", interrupted)
    await office.start()
    await eventually(lambda: is_said(office, expected))
    await eventually(lambda: has_letters(office, 2))
    assert joined
