"""Claims: a scarce thing belongs to whoever inserted its key first, until an entry lets it go."""

import pytest

from services.chassis.procedure import Claim, Context, Decision, Procedure, State
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices, PowerCut, power_cut


class Held(State):
    """What the case holds, as far as it knows."""

    things: frozenset[str] = frozenset()


keeper = Procedure("keeper", initial=Held())


@keeper.on(Told)
def told(state: Held, event: Told, context: Context) -> Decision[Held]:
    """`take <thing> [<subject>]`, `drop <thing> [<subject>]` or `fail <thing>`."""
    do, thing, *subject = event.text.split()
    claim = Claim("thing", thing, *subject)
    if do == "drop":
        things = state.things - {thing}
        return Decision(Held(things=things), releases=(claim,))
    (other,) = context.claim(claim)
    if do == "fail":
        raise RuntimeError("after the claim")
    if other is None:
        said = Answered(text=f"{context.case_id} has {thing}")
        return Decision(Held(things=state.things | {thing}), events=(said,))
    owner = f"{other.case_id} {other.subject}".strip()
    return Decision(state, events=(Answered(text=f"{context.case_id} loses {thing} to {owner}"),))


async def holders(office: Office) -> dict[str, str]:
    """Who holds what, by the claims themselves."""
    rows = await office.rows("claims")
    return {id.removeprefix("thing/"): row["owner"]["case_id"] for id, row in rows.items()}


async def tell(office: Office, *texts: str) -> None:
    """Hand in one batch, each as `<case>: <text>`."""
    pairs = [text.split(": ") for text in texts]
    await office.handle(*[office.message(case, Told(text=words)) for case, words in pairs])


async def test_a_loser_is_told_the_owner(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    await tell(office, "b: take lamp")
    assert await office.texts() == ["a has lamp", "b loses lamp to a"]


async def test_two_cases_in_one_batch_cannot_both_have_it(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp", "b: take lamp", "c: take vase")
    assert await office.texts() == ["a has lamp", "b loses lamp to a", "c has vase"]
    assert await holders(office) == {"lamp": "a", "vase": "c"}


async def test_twins_are_two(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp first", "a: take lamp second")
    await tell(office, "a: take lamp first")
    assert await office.texts() == ["a has lamp", "a has lamp", "a loses lamp to a first"]


async def test_asking_again_for_what_one_has_is_granted(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    await tell(office, "a: take lamp")
    assert await office.texts() == ["a has lamp", "a has lamp"]


async def test_a_released_claim_goes_to_the_next(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    await tell(office, "a: drop lamp")
    assert await holders(office) == {}
    await tell(office, "b: take lamp")
    assert await office.texts() == ["a has lamp", "b has lamp"]


async def test_what_is_not_ones_own_cannot_be_released(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp twin")
    await tell(office, "b: drop lamp twin", "a: drop lamp", "a: drop lamp other")
    assert await holders(office) == {"lamp": "a"}


async def test_a_repeated_release_does_not_take_what_was_claimed_anew(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    release = office.message("a", Told(text="drop lamp"))
    await office.handle(release)
    await tell(office, "a: take lamp")
    await office.handle(release)
    assert await holders(office) == {"lamp": "a"}


async def test_released_and_claimed_again_in_one_batch(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    await tell(office, "a: drop lamp", "a: take lamp")
    await tell(office, "b: take lamp")
    assert await holders(office) == {"lamp": "a"}
    assert "b loses lamp to a" in await office.texts()


async def test_claimed_released_and_claimed_again_in_one_batch(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp", "a: drop lamp", "a: take lamp", "a: drop vase")
    await tell(office, "b: take lamp")
    assert await holders(office) == {"lamp": "a"}


async def test_claimed_and_released_in_one_batch_is_free(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp", "a: drop lamp", "b: take vase")
    assert await holders(office) == {"vase": "b"}


async def test_a_release_cut_off_by_a_crash_does_not_take_what_was_claimed_anew(
    offices: Offices,
) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    office.at("after-append", power_cut)
    release = office.message("a", Told(text="drop lamp"))
    with pytest.raises(PowerCut):
        await office.handle(release)
    assert await holders(office) == {"lamp": "a"}, "the effect is still to come"
    await office.handle(release, office.message("a", Told(text="take lamp")))
    assert await holders(office) == {"lamp": "a"}


async def test_unused_claims_of_a_lost_append_are_forgotten(offices: Offices) -> None:
    """Two replicas decide upon different tips; what only the loser wanted must be free again."""
    picky = Procedure("keeper", initial=Held())

    @picky.on(Told)
    def take_once(state: Held, event: Told, context: Context) -> Decision[Held]:
        if state.things:
            return Decision(state)
        context.claim(Claim("thing", event.text))
        return Decision(Held(things=frozenset({event.text})))

    one = offices.open(picky)
    two = offices.again(one, picky)

    async def overtake() -> None:
        await two.tell("a", Told(text="lamp"))

    one.at("before-append", overtake)
    await one.tell("a", Told(text="vase"))
    claimed = [[row["id"] for row in entry.claims] for entry in await one.entries("a")]
    assert claimed == [["thing/lamp"], []]
    assert await holders(one) == {"lamp": "a"}


async def test_unused_claims_are_forgotten_also_if_they_were_held_once(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: take lamp")
    await tell(office, "a: drop lamp")
    closed = Procedure("keeper", initial=Held())

    @closed.on(Told)
    def take_until_closed(state: Held, event: Told, context: Context) -> Decision[Held]:
        if "closed" in state.things or event.text == "close":
            return Decision(Held(things=frozenset({"closed"})))
        context.claim(Claim("thing", event.text))
        return Decision(Held(things=frozenset({event.text})))

    one, two = offices.again(office, closed), offices.again(office, closed)

    async def overtake() -> None:
        await two.tell("a", Told(text="close"))

    one.at("before-append", overtake)
    await one.tell("a", Told(text="lamp"))
    assert await holders(one) == {}


async def test_a_loser_keeps_what_the_winner_claimed_for_the_same_case(offices: Offices) -> None:
    one = offices.open(keeper)
    two = offices.again(one, keeper)
    message = one.message("a", Told(text="take lamp"))

    async def overtake() -> None:
        await two.handle(message)

    one.at("before-append", overtake)
    await one.handle(message)
    assert await holders(one) == {"lamp": "a"}


async def test_a_claim_made_before_a_crash_is_the_cases_own_afterwards(offices: Offices) -> None:
    office = offices.open(keeper)
    office.at("after-claims", power_cut)
    message = office.message("a", Told(text="take lamp"))
    with pytest.raises(PowerCut):
        await office.handle(message)
    await office.handle(message)
    assert await office.texts() == ["a has lamp"]


async def test_what_a_failed_event_claimed_is_there_for_its_replay(offices: Offices) -> None:
    office = offices.open(keeper)
    await tell(office, "a: fail lamp", "a: take vase", "b: take pot")
    assert await office.texts() == ["a has vase", "b has pot"]
    (letter,) = await office.letters()
    assert "after the claim" in letter["reason"]
    await tell(office, "a: take lamp")
    assert "a has lamp" in await office.texts()
