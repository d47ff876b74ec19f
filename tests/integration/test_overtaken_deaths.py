"""Two deaths of one person, of which the second is heard before the first is known to be void."""

from typing import Any
from uuid import uuid4

from contracts.people.events import PersonDeceased
from services.chassis.runtime import Runtime
from services.chassis.testing import eventually
from tests.integration.operate.agencies import Agencies
from tests.unit.deaths import DECEASED, registered
from tests.unit.requests import REVOKED


async def test_the_second_is_recorded_once_when_the_first_is_void(agencies: Agencies) -> None:
    population = await agencies.open("population")
    first, second = str(uuid4()), str(uuid4())
    await agencies.tell(first, registered(), group="death")
    await eventually(lambda: marked_by(population, first))
    again = registered(registration_number="KT-33-2026-00000043")
    await agencies.tell(second, again, group="death")
    await eventually(lambda: has_been_tried(population, 2))
    assert await marked_by(population, first)
    assert population.health.problems == []

    await agencies.tell(first, REVOKED, group="death")
    await eventually(lambda: marked_by(population, second))
    await eventually(lambda: is_replayed(population))
    (entry,) = await population.journal.case(second)
    assert [event["type"] for event in entry.events] == [PersonDeceased.type]
    (claim,) = await population.store.collection("claims").find({"_id": f"deceased/{DECEASED}"})
    assert claim["owner"]["case_id"] == second


async def marked_by(population: Runtime, case: str) -> bool:
    """Return whether this case alone marks the person."""
    rows = await population.registers["deceased"].find({})
    return [row["_id"] for row in rows if not row["cancelled"]] == [case]


async def letter(population: Runtime) -> dict[str, Any] | None:
    found = await population.dead_letters.find()
    assert len(found) < 2
    return found[0] if found else None


async def has_been_tried(population: Runtime, times: int) -> bool:
    found = await letter(population)
    return found is not None and found["replays"] >= times


async def is_replayed(population: Runtime) -> bool:
    found = await letter(population)
    return found is not None and found["status"] == "replayed"
