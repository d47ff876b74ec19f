"""A deadline that fired stays until its effects are there, and one that fails blocks no other."""

from dataclasses import replace
from datetime import timedelta

import pytest
from aiokafka.partitioner import DefaultPartitioner

from services.chassis.message import Message, Outgoing
from services.chassis.procedure import Context, Deadline, Decision, Procedure, State
from services.chassis.reading import item_of
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import PARTITIONS, Gate, Office, Offices, PowerCut

NUMBERS = list(range(PARTITIONS))
MANY = 501
"""More than are looked up at once."""


class Waiting(State):
    """How often something was waited for."""

    times: int = 0


def clerk(mended: bool = True) -> Procedure[Waiting]:
    """Waits for `number` milliseconds; until it is mended, it fails where the text is `bad`."""
    procedure = Procedure("clerk", initial=Waiting())

    @procedure.on(Told)
    def told(state: Waiting, event: Told, context: Context) -> Decision[Waiting]:
        due = context.now + timedelta(milliseconds=event.number)
        name = "bad" if event.text == "bad" else "good"
        return Decision(Waiting(times=state.times + 1), deadlines=(Deadline(name, due),))

    @procedure.on_deadline("good")
    def good(state: Waiting, context: Context) -> Decision[Waiting]:
        return Decision(state, events=(Answered(text=f"{context.case_id} {state.times}"),))

    @procedure.on_deadline("bad")
    def bad(state: Waiting, context: Context) -> Decision[Waiting]:
        if not mended:
            raise RuntimeError("a name that nobody should read")
        return good(state, context)

    return procedure


def in_partition(number: int, message: Message) -> Message:
    return replace(message, partition=number)


async def is_said(office: Office, texts: set[str]) -> bool:
    return set(await office.texts()) == texts


async def due(office: Office) -> set[str]:
    """The cases whose deadlines have not been taken back."""
    rows = await office.rows("deadlines")
    return {row["case_id"] for row in rows.values()}


async def fire_without_publishing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fire what is due, and end where the first event would be published."""

    async def power_cut(messages: list[Outgoing]) -> None:
        if messages:
            raise PowerCut

    runtime = office.runtime
    found, _ = await runtime.deadlines.due({0: runtime.consumer.clock()})
    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(runtime.publisher, "publish", power_cut)
        await runtime.consumer.handle_items([item_of(each) for each in found])


async def test_one_that_fired_is_published_after_a_crash(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(clerk())
    await office.tell("a", Told())
    await fire_without_publishing(office, monkeypatch)
    assert len(await office.entries("a")) == 2
    assert await due(office) == {"a"}
    successor = offices.again(office, clerk())
    await successor.start()
    await eventually(lambda: is_said(successor, {"a 1"}))
    await eventually(lambda: none_due(successor))
    assert len(await successor.entries("a")) == 2


async def none_due(office: Office) -> bool:
    return not await due(office)


async def test_one_that_fired_is_published_also_if_it_was_set_anew_meanwhile(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(clerk())
    await office.tell("a", Told())
    await fire_without_publishing(office, monkeypatch)
    await office.tell("a", Told())
    successor = offices.again(office, clerk())
    await successor.start()
    await eventually(lambda: is_said(successor, {"a 1", "a 2"}))
    await eventually(lambda: none_due(successor))
    assert len(await successor.entries("a")) == 4


async def test_however_many_fail_the_others_fire(offices: Offices) -> None:
    office = offices.open(clerk(mended=False), dead_minimum=10 * MANY)
    bad = [office.message(f"bad {n}", Told(text="bad")) for n in range(MANY)]
    await office.handle(*bad)
    await office.tell("good", Told())
    await office.start()
    await eventually(lambda: is_said(office, {"good 1"}))
    await eventually(lambda: none_due(office))
    assert len(await office.letters()) == MANY


async def test_one_that_failed_fires_again_until_its_letter_is_there(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(clerk(mended=False))
    await office.tell("a", Told(text="bad"))
    runtime = office.runtime
    (found,), _ = await runtime.deadlines.due({0: runtime.consumer.clock()})

    async def power_cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr(runtime.dead_letters, "write", power_cut)
        await runtime.consumer.handle_items([item_of(found)])
    assert await due(office) == {"a"}
    await runtime.consumer.handle_items([item_of(found)])
    assert (await due(office), len(await office.letters())) == (set(), 1)


async def test_a_bad_deploy_loses_no_deadline(offices: Offices) -> None:
    office = offices.open(clerk(mended=False))
    cases = {f"case {n}" for n in range(office.runtime.settings.dead_minimum + 5)}
    await office.handle(*[office.message(case, Told(text="bad")) for case in sorted(cases)])
    bad = offices.again(office, clerk(mended=False))
    await bad.runtime.start()
    await eventually(lambda: bad.runtime.health.halted is not None)
    await bad.runtime.stop()
    assert await due(office) == cases
    assert await office.letters() == []

    mended = offices.again(office, clerk())
    await mended.start()
    await eventually(lambda: is_said(mended, {f"{case} 1" for case in cases}))


async def test_a_service_that_has_halted_fires_none(offices: Offices) -> None:
    office = offices.open(clerk())
    await office.start()
    await office.tell("a", Told(text="bad"))
    await eventually(lambda: only_due(office, set()))
    await office.tell("b", Told(text="bad"))
    office.runtime.health.halt("nearly everything failed", alive=True)
    began = office.runtime.clock.now()

    async def caught_up() -> bool:
        until = await office.runtime.subscription.caught_up_until(began)
        return set(until.values()) == {began}

    await eventually(caught_up)
    await office.runtime._fire_deadlines()
    assert await due(office) == {"b"}


async def test_one_of_a_case_with_a_gap_fails_once(offices: Offices) -> None:
    office = offices.open(clerk())
    await office.tell("torn", Told(text="bad", number=3_600_000))
    await office.tell("torn", Told())
    await office.runtime.store.collection("journal").delete({"_id": "torn/000001"})
    await office.start()
    await eventually(lambda: is_dead(office))
    await eventually(lambda: only_due(office, {"torn"}))
    assert office.runtime.health.problems == []


async def test_one_that_failed_is_a_dead_letter_that_fires_when_it_is_replayed(
    offices: Offices,
) -> None:
    office = offices.open(clerk(mended=False))
    await office.tell("a", Told(text="bad"))
    await office.start()
    await eventually(lambda: is_dead(office))
    (letter,) = await office.letters()
    assert letter["topic"].startswith("deadlines/a/clerk/bad/")
    assert "RuntimeError" in letter["traceback"]
    await office.runtime.stop()

    still = offices.again(office, clerk(mended=False))
    await still.start()
    assert await still.runtime.dead_letters.ask_for_replay(letter["_id"])
    await eventually(lambda: is_dead(still, replays=1))
    await still.runtime.stop()

    mended = offices.again(office, clerk())
    await mended.start()
    assert await mended.runtime.dead_letters.ask_for_replay(letter["_id"])
    await eventually(lambda: is_said(mended, {"a 1"}))
    await eventually(lambda: has_status(mended, "replayed"))
    assert [len(entry.heard) for entry in await mended.entries("a")] == [1, 1]


async def is_dead(office: Office, replays: int = 0) -> bool:
    return [(each["status"], each["replays"]) for each in await office.letters()] == [
        ("dead", replays)
    ]


async def has_status(office: Office, status: str) -> bool:
    return [letter["status"] for letter in await office.letters()] == [status]


async def test_a_partition_that_lags_blocks_no_deadlines_of_others(offices: Offices) -> None:
    office = offices.open(clerk(), batch=1)
    later = office.message("later", Told(number=3_600_000))
    chosen: int = DefaultPartitioner()(later.key, NUMBERS, NUMBERS)
    other = (chosen + 1) % PARTITIONS
    waiting = [in_partition(chosen, office.message(f"waits {n}", Told())) for n in range(MANY)]
    await office.handle(*waiting)
    await office.handle(in_partition(other, office.message("fires", Told())))

    gate = Gate()
    office.at("before-append", gate)
    await office.send(later)
    await office.start()
    await gate.reached.wait()
    try:
        await eventually(lambda: is_said(office, {"fires 1"}))
    finally:
        gate.open()
    await eventually(lambda: only_due(office, {"later"}))
    assert len(set(await office.texts())) == MANY + 1


async def only_due(office: Office, cases: set[str]) -> bool:
    return await due(office) == cases
