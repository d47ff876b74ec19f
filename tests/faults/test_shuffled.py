"""Every event twice, and in any order: of the same events comes the same."""

from collections.abc import Iterable
from random import Random

from contracts.catalogue import catalogue, topic
from services.chassis.broker import Publisher
from services.chassis.message import Outgoing
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.invariants import REGISTERS, broken
from tests.faults.snapshot import Row, Snapshot

CASES = 60
PIECE = 40


async def test_all_that_was_published_published_again_changes_nothing(city: City) -> None:
    await city.flow.publish(CASES)
    before = await city.assert_whole()
    chosen = set(list(city.flow.outcomes)[-CASES:])
    again = list(messages_of(before, chosen))
    Random(1).shuffle(again)
    await publish(city, again)
    after = await city.assert_whole()
    assert registers(after) == registers(before)
    assert after.journals == before.journals


async def test_another_system_makes_the_same_of_all_events_twice_and_shuffled(city: City) -> None:
    """As after a disaster: the databases are empty, and the topics come back in any order."""
    whole = await city.assert_whole()
    chosen = set(list(city.flow.outcomes)[-CASES:])
    twice = [*messages_of(whole, chosen), *messages_of(whole, chosen)]
    Random(2).shuffle(twice)
    await city.forget_everything()
    await publish(city, twice)
    await city.start(*catalogue().services, ONESTOP_BATCH="7")
    city.flow.outcomes = {id: city.flow.outcomes[id] for id in chosen}
    found = await city.finished()
    assert broken(found, city.flow.outcomes, topics_of_another=True) == []
    assert numbers(registers(found)) == numbers(registers(whole, chosen))


def messages_of(found: Snapshot, cases: set[str]) -> Iterable[Outgoing]:
    """All messages of these cases, of all topics."""
    for service, messages in found.topics.items():
        for m in messages:
            if m.case_id in cases:
                yield Outgoing(topic(service), m.case_id.encode(), m.value, m.headers)


async def publish(city: City, messages: list[Outgoing]) -> None:
    """Publish in this order, across topics too."""
    publisher = Publisher(city.stack.addresses.kafka, LIMIT_SECONDS, "shuffle")
    try:
        for start in range(0, len(messages), PIECE):
            await publisher.publish(messages[start : start + PIECE])
    finally:
        await publisher.close()


def registers(found: Snapshot, cases: set[str] | None = None) -> dict[str, list[Row]]:
    """The rows of all registers, or those of some cases."""
    places = {*REGISTERS.values(), ("payments", "ledger"), ("portal", "cases")}
    return {
        register: sorted(
            (r for r in found.rows(service, register) if cases is None or r["_case"] in cases),
            key=lambda row: str(row["_id"]),
        )
        for service, register in places
    }


def numbers(rows: dict[str, list[Row]]) -> dict[str, list[str]]:
    """The keys of the rows: numbers of registrations, identifiers, cards, receipts."""
    return {register: [row["_id"] for row in found] for register, found in rows.items()}
