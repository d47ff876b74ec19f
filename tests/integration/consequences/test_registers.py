"""Registers are effects: newer entries win, whatever the order in which effects arrive."""

import asyncio
from datetime import UTC, datetime

from services.chassis.journal import Entry
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from tests.integration.events import Told
from tests.integration.office import Offices


class Nothing(State):
    """No state."""


writer = Procedure("writer", initial=Nothing())


@writer.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Write the number under the case, and under the word for whoever is first."""
    records = (
        Record("latest", context.case_id, {"number": event.number}),
        Record("first", event.text or "word", {"number": event.number}, insert_only=True),
    )
    return Decision(state, records=records)


def entry(n: int, key: str = "a", **fields: object) -> Entry:
    """An entry with one record that says its number."""
    record = {"register": "latest", "key": key, "fields": {"n": n, **fields}, "insert_only": False}
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Entry(case_id=key, n=n, at=at, heard=[], state=b"", context=b"", records=[record])


async def test_an_older_effect_after_newer_ones_changes_nothing(offices: Offices) -> None:
    office = offices.open(writer)
    for number in (1, 2, 3):
        await office.tell("a", Told(number=number))
    first, second, _ = await office.entries("a")
    await office.runtime.registers.apply([first])
    await office.runtime.registers.apply([second, first])
    assert await office.rows("latest") == {"a": {"number": 3}}


async def test_effects_that_arrive_late_are_applied_in_any_order(offices: Offices) -> None:
    office = offices.open(writer)
    registers = office.runtime.registers
    await registers.apply([entry(2, older="no"), entry(1)])
    assert await office.rows("latest") == {"a": {"n": 2, "older": "no"}}
    await registers.apply([entry(4)])
    await registers.apply([entry(3)])
    assert (await office.rows("latest"))["a"]["n"] == 4


async def test_a_repeated_event_does_not_set_a_register_back(offices: Offices) -> None:
    office = offices.open(writer)
    message = office.message("a", Told(number=1))
    await office.handle(message)
    await office.tell("a", Told(number=2))
    await office.handle(message)
    assert await office.rows("latest") == {"a": {"number": 2}}


async def test_insert_only_rows_belong_to_the_first_case_that_writes_them(offices: Offices) -> None:
    office = offices.open(writer)
    await office.tell("a", Told(text="lamp", number=1))
    await office.tell("a", Told(text="lamp", number=2))
    await office.tell("b", Told(text="lamp", number=3))
    assert await office.rows("first") == {"lamp": {"number": 1}}


async def test_what_was_only_inserted_is_older_than_any_row_that_says_its_entry(
    offices: Offices,
) -> None:
    """Cheap to write for the many, and yet to be put right for the few."""
    office = offices.open(writer)
    registers = office.runtime.registers
    inserted = entry(2)
    inserted.records[0]["insert_only"] = True
    for order in ([inserted, entry(3)], [entry(3), inserted], [inserted, entry(3), inserted]):
        await registers["latest"].delete({})
        for each in order:
            await registers.apply([each])
        assert await office.rows("latest") == {"a": {"n": 3}}


async def test_the_newest_wins_when_two_replicas_write_a_row_for_the_first_time_at_once(
    offices: Offices,
) -> None:
    """MongoDB answers one of two upserts that race for a new key with a duplicate key error."""
    office = offices.open(writer)
    replicas = [office, *(offices.again(office, writer) for _ in range(3))]
    for k in range(400):
        race = [
            replica.runtime.registers.apply([entry(n, f"case {k}")])
            for n, replica in enumerate(replicas, 1)
        ]
        await asyncio.gather(*race)
    newest = len(replicas)
    stale = {
        key: row["n"] for key, row in (await office.rows("latest")).items() if row["n"] < newest
    }
    assert stale == {}


async def test_a_row_is_what_the_newest_entry_says_whatever_came_before(offices: Offices) -> None:
    office = offices.open(writer)
    await office.runtime.registers.apply([entry(1, "in order", older=True)])
    await office.runtime.registers.apply([entry(2, "in order")])
    await office.runtime.registers.apply([entry(2, "late")])
    await office.runtime.registers.apply([entry(1, "late", older=True)])
    assert await office.rows("latest") == {"in order": {"n": 2}, "late": {"n": 2}}


async def test_names_of_fields_are_names_and_no_paths(offices: Offices) -> None:
    office = offices.open(writer)
    await office.runtime.registers.apply([entry(1, "a", **{"x.y": 1, "x": {"$inc": {"a.b": 2}}})])
    row = {"n": 1, "x.y": 1, "x": {"$inc": {"a.b": 2}}}
    assert await office.rows("latest") == {"a": row}


async def test_rows_say_which_case_and_entry_they_are_from(offices: Offices) -> None:
    office = offices.open(writer)
    await office.tell("a", Told(number=1))
    await office.tell("a", Told(number=2))
    (row,) = await office.runtime.registers["latest"].find({})
    assert (row["_case"], row["_version"]) == ("a", 2)


async def test_a_register_written_by_nobody_but_a_lost_effect_is_complete_again(
    offices: Offices,
) -> None:
    office = offices.open(writer)
    messages = [office.message("a", Told(number=number)) for number in (1, 2, 3)]
    for message in messages:
        await office.handle(message)
    await office.runtime.registers["latest"].delete({})
    await office.handle(*reversed(messages))
    assert await office.rows("latest") == {"a": {"number": 3}}
