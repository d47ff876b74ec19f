"""What comes too early is put aside alone, and decided once when what it rests on was heard."""

import pytest

from services.chassis.message import Message
from services.chassis.procedure import Claim, Context, Decision, Procedure, State, TooEarly
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices


class Things(State):
    """What the case has."""

    things: tuple[str, ...] = ()


patient = Procedure("patient", initial=Things())


@patient.on(Told)
def told(state: Things, event: Told, context: Context) -> Decision[Things]:
    """`drop`, or take all of these things: whoever has one of them will let go of it."""
    if event.text == "drop":
        dropped = tuple(Claim("thing", thing) for thing in state.things)
        return Decision(Things(), events=(said(context, "drops"),), releases=dropped)
    things = tuple(event.text.split())
    for thing in things:
        if context.claim(Claim("thing", thing)) != (None,):
            raise TooEarly(f"{thing} has not been let go of yet")
    after = Things(things=(*state.things, *things))
    return Decision(after, events=(said(context, f"has {event.text}"),))


def said(context: Context, what: str) -> Answered:
    return Answered(text=f"{context.case_id} {what}")


def wishes(office: Office, *texts: str) -> list[Message]:
    """Each as `<case>: <things>`."""
    pairs = [text.split(": ") for text in texts]
    return [office.message(case, Told(text=things)) for case, things in pairs]


async def letters(office: Office) -> list[tuple[str, bool]]:
    """Return the status of each letter, and whether it was tried several times."""
    return [(letter["status"], letter["replays"] > 1) for letter in await office.letters()]


async def holders(office: Office) -> dict[str, str]:
    rows = await office.rows("claims")
    return {id.removeprefix("thing/"): row["owner"]["case_id"] for id, row in rows.items()}


async def waits(office: Office) -> bool:
    return await letters(office) == [("replay", True)]


async def is_replayed(office: Office) -> bool:
    return await letters(office) == [("replayed", True)]


async def test_it_is_heard_again_by_itself_until_it_is_decided_once(offices: Offices) -> None:
    office = offices.open(patient)
    early, drop = wishes(office, "b: lamp", "a: drop")
    await office.handle(*wishes(office, "a: lamp"), early)
    await office.start()
    await eventually(lambda: waits(office))
    assert await office.texts() == ["a has lamp"]
    assert office.runtime.health.problems == []
    await office.handle(drop)
    await eventually(lambda: is_replayed(office))
    assert await office.texts() == ["a drops", "a has lamp", "b has lamp"]
    await office.handle(early)
    assert await holders(office) == {"lamp": "b"}
    (entry,) = await office.entries("b")
    assert len(entry.heard) == 1, "delivered again, it is not decided again"


async def test_it_waits_also_while_the_service_is_restarted(offices: Offices) -> None:
    office = offices.open(patient)
    await office.handle(*wishes(office, "a: lamp", "b: lamp"))
    again = offices.again(office, patient)
    await again.handle(*wishes(again, "a: drop"))
    await again.start()
    await eventually(lambda: has_said(again, "b has lamp"))


async def has_said(office: Office, text: str) -> bool:
    return text in await office.texts()


async def test_what_else_is_heard_of_its_case_and_of_others_goes_on(offices: Offices) -> None:
    office = offices.open(patient)
    await office.handle(*wishes(office, "a: lamp"))
    batch = wishes(office, "b: vase", "b: pot lamp", "b: ink", "c: pot", "d: pen")
    await office.handle(*batch)
    expected = ["a has lamp", "b has ink", "b has vase", "c has pot", "d has pen"]
    assert await office.texts() == expected
    assert await letters(office) == [("replay", False)]
    held = {"lamp": "a", "vase": "b", "ink": "b", "pot": "c", "pen": "d"}
    assert await holders(office) == held, "what it has won on its way is free"
    entries = await office.entries("b")
    kept = {claim["id"] for entry in entries for claim in entry.claims}
    assert kept == {"thing/ink", "thing/vase"}
    await office.handle(*batch)
    assert sorted(set(await office.texts())) == expected, "delivered again, it still waits"
    assert len(await office.letters()) == 1


async def test_what_another_replica_decides_meanwhile_keeps_what_it_has_won(
    offices: Offices,
) -> None:
    office = offices.open(patient)
    replica = offices.again(office, patient)
    early, drop = wishes(office, "b: pot lamp", "a: drop")
    await office.handle(*wishes(office, "a: lamp"))

    async def meanwhile() -> None:
        await replica.handle(drop)
        await replica.handle(early)

    office.at("after-claims", meanwhile, 2)
    await office.handle(early)
    assert await holders(office) == {"pot": "b", "lamp": "b"}


@pytest.mark.parametrize("number", [1, 30])
async def test_it_is_no_sign_of_a_bad_deployment(offices: Offices, number: int) -> None:
    office = offices.open(patient, dead_minimum=1, dead_share=0.01)
    await office.handle(*wishes(office, "a: lamp"))
    await office.handle(*wishes(office, *[f"b{n}: lamp" for n in range(number)]))
    assert await letters(office) == [("replay", False)] * number
    assert office.runtime.health.halted is None
