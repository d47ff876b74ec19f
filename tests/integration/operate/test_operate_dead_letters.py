"""Dead letters as an operator sees them, and what a replay does."""

import json

import pytest

from contracts.common.people import Person
from contracts.people.events import PersonReported
from services.chassis.procedure import Context, Decision, Procedure
from services.chassis.service import Service
from services.chassis.testing import eventually
from services.population.people import PersonRecord
from tests.integration.operate.agencies import Agencies, people
from tests.integration.operate.test_operate_import import case_of, written

CASE = "case"


def broken_population() -> Service:
    """A bad deploy: every person is too much for it."""
    record = Procedure("person-record", initial=PersonRecord())

    @record.on(PersonReported)
    def reported(
        state: PersonRecord, event: PersonReported, context: Context
    ) -> Decision[PersonRecord]:
        raise ArithmeticError("no such luck")

    return Service("population", procedures=[record])


async def dead(agencies: Agencies, count: int = 1, service: str = "population") -> list[str]:
    """Wait for the dead letters of a service and return their ids."""
    letters = agencies.running[service].dead_letters

    async def there() -> bool:
        return await letters.count() == count

    await eventually(there)
    return [letter["_id"] for letter in await letters.find()]


async def test_a_letter_is_listed_and_shown_and_dies_again_while_it_is_broken(
    agencies: Agencies,
) -> None:
    population = await agencies.open("population")
    await agencies.publish("population", b'{"type":', key=b"case")
    await agencies.publish("population", b"\xff\x00", key=b"case")
    ids = await dead(agencies, 2)

    listed = await agencies.operate("population", "dead-letters", "list", "--json")
    letters = {letter["id"]: letter for letter in map(json.loads, listed.lines)}
    assert list(letters) == ids
    assert {letter["status"] for letter in letters.values()} == {"dead"}
    none = await agencies.operate("population", "dead-letters", "list", "--status", "replayed")
    assert none == type(none)(0, "", "")

    shown = await agencies.operate("population", "dead-letters", "show", ids[0])
    assert '{"type":' in shown.lines
    assert f"reason    {letters[ids[0]]['reason']}" in shown.lines
    shown = await agencies.operate("population", "dead-letters", "show", ids[1])
    assert "hex ff00" in shown.lines

    again = await agencies.operate("population", "dead-letters", "replay", ids[0])
    assert again.status == 1
    assert again.out.startswith(f"{ids[0]}: dead again: Unreadable: ")
    letter = await population.dead_letters.get(ids[0])
    assert letter
    assert (letter["status"], letter["replays"]) == ("dead", 1)


async def test_a_replay_has_one_effect_and_a_second_one_none(agencies: Agencies) -> None:
    (somebody,) = people(1)
    # Others import the first people to the same topic.
    nhung = somebody.with_(personal_id="001199899999")
    await agencies.open("population", broken_population())
    with written([nhung]) as file:
        await agencies.operate("population", "import", file)
    (id,) = await dead(agencies)
    waiting = await agencies.operate("population", "dead-letters", "replay", id)
    assert waiting.out.startswith(f"{id}: dead again: ArithmeticError: no such luck")
    await agencies.close("population")

    later = await agencies.operate("population", "dead-letters", "replay", "--all", "--wait", "0")
    assert (later.status, later.lines) == (
        0,
        [f"{id}: marked for replay, which happens while population runs"],
    )
    await agencies.open("population")
    first = await agencies.onestop("dead-letters", "replay", id, "--service", "population")
    assert (first.status, first.lines) in (
        (0, [f"population: {id}: replayed"]),
        (0, [f"population: {id}: {again(first.out)}"]),
    )
    assert await effects(agencies, nhung) == (1, 1, 1)

    second = await agencies.operate("population", "dead-letters", "replay", id)
    assert second.status == 0
    assert second.out.startswith(f"{id}: had been replayed at ")
    assert await effects(agencies, nhung) == (1, 1, 1)


def again(out: str) -> str:
    """What is said where the service was faster than the command."""
    return out[out.index("had been replayed") :].strip() if "had been" in out else ""


async def effects(agencies: Agencies, of: Person) -> tuple[int, int, int]:
    """Return the numbers of entries, of rows, and of events that say that a person is recorded.

    What is published twice, as at any restart, is one event.
    """
    population = agencies.running["population"]
    case = case_of(of)
    entries = await population.journal.case(case)
    rows = await population.registers["persons"].find({"_id": of.personal_id})
    said = await agencies.heard_on("population", case)
    recorded = {record.value for record in said if b"person-recorded" in record.value}
    return len(entries), len(rows), len(recorded)


async def test_all_services_are_asked_together(agencies: Agencies) -> None:
    await agencies.open("population")
    await agencies.open("residence")
    await agencies.publish("population", b"{")
    (id,) = await dead(agencies)
    assert await dead(agencies, service="residence") == [id]
    one = ("--service", "residence", "--status", "dead")
    (listed,) = (await agencies.onestop("dead-letters", "list", *one, "--json")).lines
    assert (json.loads(listed)["service"], json.loads(listed)["id"]) == ("residence", id)

    done = await agencies.onestop("dead-letters", "replay", id)
    assert done.status == 1
    assert sorted(line.split(": dead again")[0] for line in done.lines) == [
        f"population: {id}",
        f"residence: {id}",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "a/1/2"), "there is no dead letter a/1/2 here"),
        (("replay", "a/1/2"), "there is no dead letter a/1/2 here"),
        (("replay",), "name one dead letter by its ID, or all of them with --all"),
        (("replay", "a/1/2", "--all"), "name one dead letter by its ID"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_line(
    agencies: Agencies, arguments: tuple[str, ...], said: str
) -> None:
    done = await agencies.operate("population", "dead-letters", *arguments)
    assert done.status == 2
    assert done.err.startswith(f"onestop: {said}")
    assert done.err.count("\n") == 1
