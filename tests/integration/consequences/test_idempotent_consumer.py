"""An event heard before is not decided again; its effects are repeated from its entry."""

from datetime import timedelta
from uuid import UUID

from services.chassis.procedure import (
    Claim,
    Context,
    Deadline,
    Decision,
    Procedure,
    Record,
    State,
)
from tests.integration.events import NOON, Answered, Told
from tests.integration.office import Offices


class Count(State):
    """How often something was decided."""

    times: int = 0


counter = Procedure("counter", initial=Count())


@counter.on(Told)
def told(state: Count, event: Told, context: Context) -> Decision[Count]:
    """Count, with one effect of every kind."""
    context.claim(Claim("word", event.text))
    times = state.times + 1
    return Decision(
        Count(times=times),
        events=(Answered(text=f"{event.text} {times}"),),
        records=(Record("words", context.case_id, {"times": times}),),
        deadlines=(Deadline("later", NOON + timedelta(days=400)),),
    )


@counter.on_deadline("later")
def later(state: Count, context: Context) -> Decision[Count]:
    """Never happens here."""
    return Decision(state)


async def test_an_event_heard_twice_is_decided_once(offices: Offices) -> None:
    office = offices.open(counter)
    message = office.message("a", Told(text="hello"))
    await office.handle(message)
    await office.handle(message)
    (entry,) = await office.entries("a")
    assert len(entry.heard) == 1
    assert await office.rows("words") == {"a": {"times": 1}}


async def test_an_event_twice_in_one_batch_is_decided_once(offices: Offices) -> None:
    office = offices.open(counter)
    message = office.message("a", Told(text="hello"))
    await office.handle(message, message)
    assert await office.rows("words") == {"a": {"times": 1}}
    assert await office.texts() == ["hello 1"]


async def test_all_effects_are_repeated_from_the_stored_entry(offices: Offices) -> None:
    office = offices.open(counter)
    message = office.message("a", Told(text="hello"))
    await office.handle(message)
    before = await office.rows("words"), await office.rows("deadlines")
    await office.runtime.registers["words"].delete({})
    await office.runtime.registers["deadlines"].delete({})
    await office.handle(message)
    assert (await office.rows("words"), await office.rows("deadlines")) == before
    first, second = await office.said()
    assert (first.value, first.headers) == (second.value, second.headers)


async def test_of_the_events_of_an_entry_those_are_repeated_that_it_led_to(
    offices: Offices,
) -> None:
    office = offices.open(counter)
    one, two = (office.message("a", Told(text=text)) for text in ("one", "two"))
    await office.handle(one, two)
    assert await office.texts() == ["one 1", "two 2"]
    await office.handle(two)
    assert await office.texts() == ["one 1", "two 2", "two 2"]
    await office.handle(two, one, two)
    assert await office.texts() == ["one 1", "one 1", "two 2", "two 2", "two 2"]


async def test_a_service_that_has_heard_its_own_answer_beforehand_does_not_echo_for_ever(
    offices: Offices,
) -> None:
    """As after a lost database: the topics still have what it is about to decide anew."""
    listener = Procedure("listener", initial=Count())

    @listener.on(Answered)
    def heard(state: Count, event: Answered, context: Context) -> Decision[Count]:
        return Decision(Count(times=state.times + 1))

    before = offices.open(counter, listener)
    question = before.message("a", Told(text="hello"))
    await before.handle(question)
    (answer,) = await before.said()
    for collection in ("journal", "claims", "deadlines", "words"):
        await before.runtime.registers[collection].delete({})

    office = offices.again(before, counter, listener)
    echo = office.raw(answer.value, "a")
    await office.handle(question, echo)
    (entry,) = await office.entries("a")
    assert len(entry.heard) == 2
    published = len(await office.said())
    await office.handle(echo)
    assert len(await office.said()) == published


async def test_an_event_heard_before_is_known_among_new_ones(offices: Offices) -> None:
    office = offices.open(counter)
    old = office.message("a", Told(text="old"))
    await office.handle(old)
    await office.handle(office.message("a", Told(text="new")), old, old)
    assert [len(entry.heard) for entry in await office.entries("a")] == [1, 1]
    assert set(await office.texts()) == {"old 1", "new 2"}


async def test_the_same_id_from_another_source_is_another_event(offices: Offices) -> None:
    office = offices.open(counter)
    id = UUID(int=7)
    one = office.message("a", Told(text="one"), id=id, source="/services/citizen")
    two = office.message("a", Told(text="two"), id=id, source="/services/neighbour")
    await office.handle(one)
    await office.handle(one, two)
    await office.handle(two)
    assert set(await office.texts()) == {"one 1", "two 2"}
    assert len({said.envelope.id for said in await office.said()}) == 2


async def test_two_procedures_answer_one_event_under_two_ids(offices: Offices) -> None:
    other = Procedure("other", initial=Count())

    @other.on(Told)
    def echo(state: Count, event: Told, context: Context) -> Decision[Count]:
        return Decision(state, events=(Answered(text="other"),))

    office = offices.open(counter, other)
    await office.tell("a", Told(text="hello"))
    assert await office.texts() == ["hello 1", "other"]
    assert len({said.envelope.id for said in await office.said()}) == 2


async def test_two_services_give_their_first_answers_two_ids(offices: Offices) -> None:
    one, two = offices.open(counter), offices.open(counter)
    message = one.message("a", Told(text="hello"))
    await one.handle(message)
    await two.handle(message)
    ids = {said.envelope.id for office in (one, two) for said in await office.said()}
    assert len(ids) == 2
