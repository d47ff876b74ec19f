"""Dead letters keep everything, and a replay goes the way of every message, once."""

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices


class Sum(State):
    """What has been added up."""

    total: int = 0


def adder(works: bool = True) -> Procedure[Sum]:
    """A version of the procedure that works, or one that fails at every third number."""
    procedure = Procedure("adder", initial=Sum())

    @procedure.on(Told)
    def told(state: Sum, event: Told, context: Context) -> Decision[Sum]:
        if not works and event.number % 3 == 0:
            raise RuntimeError(f"{event.number} is too odd")
        total = state.total + event.number
        record = Record("sums", context.case_id, {"total": total})
        return Decision(Sum(total=total), events=(Answered(text=f"{total}"),), records=(record,))

    return procedure


async def letter_of(office: Office, case: str) -> dict[str, Any]:
    letters = [letter for letter in await office.letters() if letter["key"] == case.encode()]
    assert len(letters) == 1
    return letters[0]


async def asked_and_replayed(office: Office, case: str, status: str) -> None:
    """Ask for a replay and wait until the letter has that status."""
    letter = await letter_of(office, case)
    await office.runtime.dead_letters.ask_for_replay(letter["_id"])

    async def replayed() -> bool:
        now: str = (await letter_of(office, case))["status"]
        return now == status

    await eventually(replayed)


async def test_a_letter_is_the_message_with_its_reason(offices: Offices) -> None:
    office = offices.open(adder(works=False))
    headers = (("type", Told.type.encode()), ("traceparent", b"00-1-2-03"))
    message = office.message("a", Told(number=3), headers=headers)
    await office.handle(message)
    letter = await letter_of(office, "a")
    assert letter["_id"] == f"{message.topic}/{message.partition}/{message.offset}"
    assert (letter["value"], letter["timestamp"]) == (message.value, message.timestamp)
    assert letter["headers"] == [list(header) for header in headers]
    assert letter["reason"] == "RuntimeError: 3 is too odd"
    assert "raise RuntimeError" in letter["traceback"]
    assert (letter["status"], letter["replays"]) == ("dead", 0)


async def test_a_redelivered_failure_is_one_letter(offices: Offices) -> None:
    office = offices.open(adder(works=False))
    message = office.message("a", Told(number=3))
    await office.handle(message)
    await office.handle(message, message)
    assert len(await office.letters()) == 1


async def test_a_replay_has_one_effect_and_a_second_one_none(offices: Offices) -> None:
    broken = offices.open(adder(works=False))
    await broken.handle(broken.message("a", Told(number=1)), broken.message("a", Told(number=3)))
    office = offices.again(broken, adder())
    await office.start()
    await asked_and_replayed(office, "a", "replayed")
    assert await office.rows("sums") == {"a": {"total": 4}}
    assert not await office.runtime.dead_letters.ask_for_replay(
        (await letter_of(office, "a"))["_id"]
    )
    letters = office.runtime.registers["dead_letters"]
    await letters.update({}, {"$set": {"status": "replay"}})
    await eventually(lambda: _replays(office, "a", 2))
    assert await office.rows("sums") == {"a": {"total": 4}}
    assert [len(entry.heard) for entry in await office.entries("a")] == [1, 1]
    assert {(s.text, s.envelope.id) for s in await office.said() if s.text == "4"} == {
        ("4", (await office.said())[-1].envelope.id)
    }


async def _replays(office: Office, case: str, count: int) -> bool:
    now: int = (await letter_of(office, case))["replays"]
    return now == count


async def test_a_replay_that_fails_is_dead_again_with_its_new_reason(offices: Offices) -> None:
    office = offices.open(adder(works=False))
    await office.tell("a", Told(number=3))
    other = Procedure("adder", initial=Sum())

    @other.on(Told)
    def told(state: Sum, event: Told, context: Context) -> Decision[Sum]:
        raise RuntimeError("still not")

    successor = offices.again(office, other)
    await successor.start()
    await asked_and_replayed(successor, "a", "dead")
    await eventually(lambda: _replays(successor, "a", 1))
    assert (await letter_of(successor, "a"))["reason"] == "RuntimeError: still not"
    assert successor.runtime.health.problems == []


async def test_replays_and_new_events_of_a_case_at_once(offices: Offices) -> None:
    broken = offices.open(adder(works=False))
    numbers = list(range(1, 31))
    for number in numbers:
        await broken.tell("a", Told(number=number))
    office = offices.again(broken, adder())
    letters = office.runtime.registers["dead_letters"]
    assert len(await broken.letters()) == 10
    await letters.update({}, {"$set": {"status": "replay"}})
    await office.start()
    await office.send(*[office.message("a", Told(number=100)) for _ in range(20)])
    total = sum(numbers) + 2000

    async def summed() -> bool:
        return await office.rows("sums") == {"a": {"total": total}}

    await eventually(summed)
    entries = await office.entries("a")
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(len(entry.heard) for entry in entries) == 50


async def test_a_large_letter_is_kept_by_reference_and_fetched_for_its_replay(
    offices: Offices,
) -> None:
    office = offices.open(adder())
    value = b'{"specversion": "' + b"x" * 9_000_000 + b'"}'
    await send_large(office, value)
    await office.start()
    await eventually(lambda: _letters(office, 1))
    before = await letter_of(office, "a")
    assert (before["value"], before["size"]) == (None, len(value))
    assert "900,000" in before["reason"]
    await office.runtime.dead_letters.ask_for_replay(before["_id"])
    await eventually(lambda: _replays(office, "a", 1))
    assert (await letter_of(office, "a"))["reason"] == before["reason"]


async def send_large(office: Office, value: bytes) -> None:
    """Publish more than the system itself ever does, to a topic that takes it."""
    name, most = office.topics[0], 10_000_000
    admin = AIOKafkaAdminClient(bootstrap_servers=office.kafka)
    await admin.start()
    try:
        topic = ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": f"{most}"})
        await admin.alter_configs([topic])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=office.kafka, max_request_size=most) as producer:

        async def taken() -> bool:
            try:
                await producer.send_and_wait(name, value, key=b"a")
            except MessageSizeTooLargeError:
                return False  # the broker hears of its new setting after who asked for it
            return True

        await eventually(taken)


async def _letters(office: Office, count: int) -> bool:
    return len(await office.letters()) == count


async def test_letters_are_there_within_the_batch_that_found_them(offices: Offices) -> None:
    office = offices.open(adder(works=False))
    await office.start()
    await office.send(office.message("a", Told(number=3)), office.raw(b"bad", "b"))

    async def there() -> bool:
        return {letter["key"] for letter in await office.letters()} == {b"a", b"b"}

    await eventually(there, limit=5.0)
