"""Records that aiokafka itself cannot read: dead letters too, and nothing around them is lost.

But for the records behind it in the same batch of the same client: these are dead letters as well.
"""

from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from services.chassis.dead_letters import Failure
from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.reading import Unreadable
from services.chassis.testing import eventually
from tests.integration.events import Answered, Paid, Told
from tests.integration.office import Office, Offices

BATCH_BYTES = 1_000_000


class Nothing(State):
    """No state."""


parrot = Procedure("parrot", initial=Nothing())


@parrot.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Say it again."""
    return Decision(state, events=(Answered(text=event.text),))


@parrot.on(Paid)
def paid(state: Nothing, event: Paid, context: Context) -> Decision[Nothing]:
    """Say how much."""
    return Decision(state, events=(Answered(text=str(event.amount)),))


class Undecodable(str):
    """The name of a header in bytes that are no UTF-8, as clients in other languages may send."""

    def encode(self, *_: Any) -> bytes:
        return b"\xff" + super().encode()


async def send_batch(office: Office, messages: list[Message], partition: int = 0) -> None:
    """Send the messages as one batch of one partition, by a client that checks nothing."""
    batch = BatchBuilder(BATCH_BYTES, 0)
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, BATCH_BYTES)
    for m in messages:
        batch.append(timestamp=None, key=m.key, value=m.value, headers=list(m.headers))
    async with AIOKafkaProducer(bootstrap_servers=office.kafka) as producer:
        sent = await producer.send_batch(batch, messages[0].topic, partition=partition)
        await sent


async def test_the_name_of_a_header_that_is_not_utf8(offices: Offices) -> None:
    office = offices.open(parrot)
    bad = office.message("bad", Told(text="bad"), headers=((Undecodable("name"), b"value"),))
    for partition in range(3):
        around = [office.message(f"{partition}-{n}", Told(text=f"{partition}-{n}")) for n in "abcd"]
        bank = [office.message(f"{partition}-{n}", Paid(amount=n)) for n in range(3)]
        for messages in (around[:2], [bad, bad], around[2:], bank):
            await send_batch(office, messages, partition)
    await office.start()
    await eventually(lambda: _has_letters(office, 6))
    expected = [f"{partition}-{n}" for partition in range(3) for n in "abcd"]
    await eventually(lambda: _said(office, sorted([*expected, *"012012012"])))
    letters = await office.letters()
    assert {letter["_id"] for letter in letters} == {
        f"{office.topics[0]}/{partition}/{offset}" for partition in range(3) for offset in (2, 3)
    }
    reason = "Unreadable: the record cannot be read: UnicodeDecodeError"
    assert {letter["reason"] for letter in letters} == {reason}

    assert await office.runtime.dead_letters.ask_for_replay(letters[0]["_id"])
    await eventually(lambda: _replayed(office, letters[0]["_id"]))
    again = await office.runtime.dead_letters.get(letters[0]["_id"])
    assert again and (again["status"], again["reason"]) == ("dead", reason)


async def test_what_can_be_read_by_now_is_handled_when_it_is_replayed(offices: Offices) -> None:
    """As after a deploy whose client knows how: the record itself is asked for again."""
    office = offices.open(parrot)
    good = office.message("good", Told(text="good"))
    await send_batch(office, [good], 0)
    await office.start()
    await eventually(lambda: _said(office, ["good"]))
    was = Message(office.topics[0], 0, 0, 0, None, None, unreadable="the record cannot be read: X")
    failure = Failure.of(was, Unreadable("the record cannot be read: X"))
    await office.runtime.dead_letters.write([failure], datetime.now(UTC))
    assert await office.runtime.dead_letters.ask_for_replay(was.id)
    await eventually(lambda: _replayed(office, was.id))
    again = await office.runtime.dead_letters.get(was.id)
    assert again and again["status"] == "replayed"


async def _has_letters(office: Office, count: int) -> bool:
    return len(await office.letters()) == count


async def _replayed(office: Office, id: str) -> bool:
    letter = await office.runtime.dead_letters.get(id)
    return letter is not None and letter["replays"] == 1


async def _said(office: Office, texts: list[str]) -> bool:
    return sorted(set(await office.texts())) == sorted(set(texts))
