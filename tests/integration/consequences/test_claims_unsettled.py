"""What a case has claimed before its entry is there, it may not keep: its rivals wait and see."""

import pytest

from services.chassis.message import Message
from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices, PowerCut, power_cut


class Things(State):
    """What the case has."""

    things: tuple[str, ...] = ()


collector = Procedure("collector", initial=Things())


@collector.on(Told)
def told(state: Things, event: Told, context: Context) -> Decision[Things]:
    """Take all of these things, one after the other, or none."""
    things = tuple(event.text.split())
    won: list[Claim] = []
    for thing in things:
        claim = Claim("thing", thing)
        (other,) = context.claim(claim)
        if other is not None:
            said = Answered(text=f"{context.case_id} loses {thing} to {other.case_id}")
            return Decision(state, events=(said,), releases=tuple(won))
        won.append(claim)
    said = Answered(text=f"{context.case_id} has {' '.join(things)}")
    return Decision(Things(things=things), events=(said,))


def wishes(office: Office, *texts: str) -> list[Message]:
    """Each as `<case>: <things>`."""
    pairs = [text.split(": ") for text in texts]
    return [office.message(case, Told(text=things)) for case, things in pairs]


async def claimed_and_cut_off(office: Office) -> Message:
    """Let case `a` claim the lamp, and end before its entry is there."""
    office.at("after-claims", power_cut)
    (message,) = wishes(office, "a: lamp")
    with pytest.raises(PowerCut):
        await office.handle(message)
    return message


async def statuses(office: Office) -> list[str]:
    return [letter["status"] for letter in await office.letters()]


async def holders(office: Office) -> dict[str, str]:
    rows = await office.rows("claims")
    return {id.removeprefix("thing/"): row["owner"]["case_id"] for id, row in rows.items()}


async def test_nobody_loses_to_a_case_of_the_same_batch_that_does_not_keep_it(
    offices: Offices,
) -> None:
    office = offices.open(collector)
    await office.handle(*wishes(office, "a: vase"))
    await office.handle(*wishes(office, "b: lamp vase", "c: lamp"))
    assert await office.texts() == ["a has vase", "b loses vase to a", "c has lamp"]
    assert await holders(office) == {"vase": "a", "lamp": "c"}
    assert await office.letters() == []


async def test_what_waits_lets_go_of_what_it_has_won(offices: Offices) -> None:
    office = offices.open(collector)
    await claimed_and_cut_off(office)
    await office.handle(*wishes(office, "b: pot lamp"))
    await office.handle(*wishes(office, "c: pot"))
    assert await office.texts() == ["c has pot"]
    assert await statuses(office) == ["replay"]


async def test_who_loses_to_a_case_that_crashed_is_told_when_that_case_is_decided(
    offices: Offices,
) -> None:
    office = offices.open(collector)
    cut_off = await claimed_and_cut_off(office)
    await office.handle(*wishes(office, "b: lamp"))
    await office.start()
    await eventually(lambda: has_been_tried(office, 2))
    assert await office.texts() == []
    assert office.runtime.health.problems == []
    await office.handle(cut_off)
    await eventually(lambda: is_replayed(office))
    assert await office.texts() == ["a has lamp", "b loses lamp to a"]


async def has_been_tried(office: Office, times: int) -> bool:
    return [letter["replays"] >= times for letter in await office.letters()] == [True]


async def is_replayed(office: Office) -> bool:
    return await statuses(office) == ["replayed"]


async def test_a_claim_that_its_owners_entry_did_not_take_is_free(offices: Offices) -> None:
    """A new version decides otherwise than the one that was cut off after it had claimed."""
    office = offices.open(collector)
    cut_off = await claimed_and_cut_off(office)
    modest = Procedure("collector", initial=Things())

    @modest.on(Told)
    def wants_nothing(state: Things, event: Told, context: Context) -> Decision[Things]:
        return Decision(state)

    await offices.again(office, modest).handle(cut_off)
    assert await holders(office) == {"lamp": "a"}
    await offices.again(office, collector).handle(*wishes(office, "b: lamp"))
    assert await holders(office) == {"lamp": "b"}
    assert await office.letters() == []


async def test_so_is_one_whose_release_was_cut_off(offices: Offices) -> None:
    office = offices.open(collector)
    await office.handle(*wishes(office, "a: vase"))
    office.at("after-append", power_cut)
    with pytest.raises(PowerCut):
        await office.handle(*wishes(office, "b: lamp vase"))
    await office.handle(*wishes(office, "c: lamp"))
    assert await holders(office) == {"vase": "a", "lamp": "c"}
