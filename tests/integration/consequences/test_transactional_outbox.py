"""Decision and effects are one document: whatever a crash cuts off, redelivery completes."""

import itertools
from datetime import UTC, datetime

import pytest

from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices, PowerCut, power_cut

POINTS = ("after-claims", "before-append", "after-append", "after-registers", "after-publish")


class Given(State):
    """The number that was given."""

    number: str | None = None


clerk = Procedure("clerk", initial=Given())


@clerk.on(Told)
def told(state: Given, event: Told, context: Context) -> Decision[Given]:
    """Give the first free number, and say it with the time of the decision."""
    number = context.first_free("number", lambda k: str(context.derive("number", k, 1000)))
    return Decision(
        Given(number=number),
        events=(Answered(text=f"{number} at {context.now.isoformat()}"),),
        records=(Record("given", number, {"case": context.case_id}),),
    )


def ticking(office: Office) -> Office:
    """Give the office a clock that never shows the same time twice."""
    seconds = itertools.count()
    office.runtime.consumer.clock = lambda: datetime(2026, 11, 2, 12, 0, next(seconds), tzinfo=UTC)
    return office


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_anywhere_is_completed_by_redelivery(offices: Offices, point: str) -> None:
    office = ticking(offices.open(clerk))
    office.at(point, power_cut)
    messages = [office.message(f"case {n}", Told()) for n in range(5)]
    with pytest.raises(PowerCut):
        await office.handle(*messages)
    successor = ticking(offices.again(office, clerk))
    await successor.handle(*messages)

    given = await successor.rows("given")
    assert sorted(row["case"] for row in given.values()) == [f"case {n}" for n in range(5)]
    assert set(await successor.rows("claims")) == {f"number/{number}" for number in given}
    for n in range(5):
        (entry,) = await successor.entries(f"case {n}")
        values = {said.value for said in await successor.said() if said.key == f"case {n}".encode()}
        assert values == {entry.events[0]["value"]}


async def test_what_is_published_late_are_the_stored_bytes(offices: Offices) -> None:
    office = ticking(offices.open(clerk))
    office.at("after-append", power_cut)
    message = office.message("a", Told())
    with pytest.raises(PowerCut):
        await office.handle(message)
    assert await office.said() == []
    (entry,) = await office.entries("a")

    changed = Procedure("clerk", initial=Given())

    @changed.on(Told)
    def told_anew(state: Given, event: Told, context: Context) -> Decision[Given]:
        return Decision(state, events=(Answered(text="history decided again"),))

    successor = ticking(offices.again(office, changed))
    await successor.handle(message)
    (said,) = await successor.said()
    assert said.value == entry.events[0]["value"]
    assert said.headers["entry"] == b"1"
    assert said.headers["entry-hash"] == entry.hash.hex().encode()


async def test_identifiers_are_derived_the_same_after_a_crash(offices: Offices) -> None:
    office = offices.open(clerk)
    office.at("after-claims", power_cut)
    message = office.message("a", Told())
    with pytest.raises(PowerCut):
        await office.handle(message)
    claimed = await office.rows("claims")
    await office.handle(message)
    assert set(await office.rows("claims")) == set(claimed)
    (number,) = await office.rows("given")
    assert claimed[f"number/{number}"]["owner"]["case_id"] == "a"


async def test_a_taken_candidate_is_passed_over(offices: Offices) -> None:
    office = offices.open(clerk, secret=b"one")
    await office.tell("a", Told())
    (first,) = await office.rows("given")
    rival = Procedure("clerk", initial=Given())

    @rival.on(Told)
    def told_rival(state: Given, event: Told, context: Context) -> Decision[Given]:
        candidates = [first, "free"]
        number = context.first_free("number", lambda k: candidates[k])
        return Decision(Given(number=number), records=(Record("given", number, {}),))

    await offices.again(office, rival).tell("b", Told())
    assert set(await office.rows("given")) == {first, "free"}


async def test_nothing_is_published_before_it_is_stored(offices: Offices) -> None:
    office = offices.open(clerk)
    office.at("before-append", power_cut)
    with pytest.raises(PowerCut):
        await office.tell("a", Told())
    assert await office.said() == []
    assert await office.rows("given") == {}


async def test_a_restarted_service_finishes_what_lies_in_kafka(offices: Offices) -> None:
    office = offices.open(clerk)
    messages = [office.message(f"case {n}", Told()) for n in range(20)]
    await office.send(*messages)
    await office.start()
    await eventually(lambda: _all_given(office))
    await office.runtime.stop()
    successor = offices.again(office, clerk)
    await successor.send(*[office.message(f"later {n}", Told()) for n in range(20)])
    await successor.start()
    await eventually(lambda: _all_given(successor, 40))
    assert len(await successor.rows("journal")) == 40


async def _all_given(office: Office, count: int = 20) -> bool:
    return len(await office.rows("given")) == count
