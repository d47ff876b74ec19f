"""Deadlines fire once, not before everything that came before them, and only while current."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner

from contracts.envelope import Event
from services.chassis.message import Message
from services.chassis.procedure import Context, Deadline, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Paid, Told
from tests.integration.office import PARTITIONS, Office, Offices, PowerCut, power_cut

NUMBERS = list(range(PARTITIONS))


class Request(State):
    """What is waited for."""

    waits: bool = False
    rounds: int = 0


desk = Procedure("desk", initial=Request())


@desk.on(Told)
def told(state: Request, event: Told, context: Context) -> Decision[Request]:
    """`wait`: a deadline in so many milliseconds; `chain`: so many in turn; else go on."""
    if event.text == "filler":
        return Decision(state)
    if event.text == "supplement":
        return supplemented(context)
    if event.text == "chain":
        due = Deadline("round", context.now)
        return Decision(Request(rounds=event.number), deadlines=(due,))
    due = Deadline("supplement", context.now + timedelta(milliseconds=event.number))
    if event.text == "break":
        return Decision(state, deadlines=(replace(due, name="broken"),))
    return Decision(Request(waits=True), deadlines=(due,))


@desk.on(Paid)
def paid(state: Request, event: Paid, context: Context) -> Decision[Request]:
    """Take the supplement."""
    return supplemented(context)


def supplemented(context: Context) -> Decision[Request]:
    """The supplement is there in time."""
    answer = Answered(text=f"{context.case_id} in time")
    return Decision(Request(), events=(answer,), deadlines=(Deadline("supplement", None),))


@desk.on_deadline("supplement")
def too_late(state: Request, context: Context) -> Decision[Request]:
    """Nobody has come."""
    return Decision(Request(), events=(Answered(text=f"{context.case_id} too late"),))


@desk.on_deadline("round")
def round_ends(state: Request, context: Context) -> Decision[Request]:
    """One round less, and another deadline while there are any."""
    left = state.rounds - 1
    again = (Deadline("round", context.now),) if left else ()
    return Decision(Request(rounds=left), events=(Answered(text=f"{left} left"),), deadlines=again)


@desk.on_deadline("broken")
def broken(state: Request, context: Context) -> Decision[Request]:
    """Fail."""
    raise RuntimeError("no")


def at_home(message: Message) -> Message:
    """The message with the partition that Kafka would put it in."""
    chosen: int = DefaultPartitioner()(message.key, NUMBERS, NUMBERS)
    return replace(message, partition=chosen)


def waiting(office: Office, case: str, milliseconds: int = 0) -> Message:
    return at_home(office.message(case, Told(text="wait", number=milliseconds)))


def fast(offices: Offices, *procedures: Procedure[Request], **settings: Any) -> Office:
    """An office that looks for deadlines all the time, and handles one message after another."""
    return offices.open(*procedures or (desk,), source_interval=0.01, batch=1, **settings)


CLOCKS: list[dict[str, Any]] = [
    {},
    {"clock": "2026-02-13T16:00+07:00", "clock_set_at": datetime.now(UTC), "clock_speed": 20},
    {"clock": "2031-02-13T16:00+07:00", "clock_set_at": datetime.now(UTC), "clock_speed": 0.5},
]
"""The machine's, one in the past that is fast, and a slow one in the future."""
clocks = pytest.mark.parametrize("clock", CLOCKS, ids=["machine", "past", "future"])


async def says(office: Office, texts: list[str]) -> None:
    async def said() -> bool:
        return await office.texts() == sorted(texts)

    await eventually(said)


@clocks
async def test_a_deadline_fires_and_not_before_it_is_due(
    offices: Offices, clock: dict[str, Any]
) -> None:
    office = fast(offices, **clock)
    await office.start()
    await office.send(waiting(office, "a", 300))
    await says(office, ["a too late"])
    set_by, fired = await office.entries("a")
    due = set_by.deadlines[0]["fields"]["due"]
    assert fired.at >= due == set_by.at + timedelta(milliseconds=300)


@clocks
@pytest.mark.parametrize("supplement", [Told(text="supplement"), Paid(amount=1)])
async def test_a_supplement_that_lies_unread_wins(
    offices: Offices, supplement: Event, clock: dict[str, Any]
) -> None:
    """The service was away: first the supplements arrived, then the deadlines passed."""
    office = fast(offices, **clock)
    cases = [f"case {n}" for n in range(12)]
    fillers = [office.message(case, Told(text="filler")) for case in cases for _ in range(10)]
    await office.send(*fillers)
    await office.send(*[office.message(case, supplement) for case in cases])
    await office.handle(*[waiting(office, case) for case in cases])
    await office.start()
    await says(office, [f"{case} in time" for case in cases])
    await eventually(lambda: none_due(office))
    await office.send(waiting(office, "probe"))
    await says(office, [*(f"{case} in time" for case in cases), "probe too late"])


async def none_due(office: Office) -> bool:
    return await office.rows("deadlines") == {}


async def test_one_that_is_set_and_taken_back_by_one_entry_was_never_there(
    offices: Offices,
) -> None:
    office = offices.open(desk)
    await office.handle(waiting(office, "a"), at_home(office.message("a", Paid(amount=1))))
    (entry,) = await office.entries("a")
    assert (entry.deadlines, await office.rows("deadlines")) == ([], {})


async def test_one_whose_setting_is_repeated_after_it_was_taken_back_does_not_fire(
    offices: Offices,
) -> None:
    office = fast(offices)
    setting = waiting(office, "a")
    await office.handle(setting)
    await office.handle(at_home(office.message("a", Paid(amount=1))))
    assert await none_due(office)
    await office.handle(setting)
    assert not await none_due(office)
    await office.start()
    await eventually(lambda: none_due(office))
    assert await office.texts() == ["a in time"]
    assert len(await office.entries("a")) == 2


async def test_a_deadline_fires_once_over_two_replicas_and_restarts(offices: Offices) -> None:
    office = fast(offices)
    cases = [f"case {n}" for n in range(30)]
    await office.handle(*[waiting(office, case, n * 20) for n, case in enumerate(cases)])
    replicas = [office, offices.again(office, desk, source_interval=0.01)]
    for replica in replicas:
        await replica.runtime.start()
    await eventually(lambda: answered(office, 10))
    await replicas[1].runtime.stop()
    third = offices.again(office, desk, source_interval=0.01)
    await third.start()
    await says_once(office, [f"{case} too late" for case in cases])
    for case in cases:
        assert [len(entry.heard) for entry in await office.entries(case)] == [1, 1]


async def answered(office: Office, count: int) -> bool:
    return len(set(await office.texts())) >= count


async def says_once(office: Office, texts: list[str]) -> None:
    """Wait for the texts; each may be repeated, but under one id."""
    await eventually(lambda: answered(office, len(texts)))
    said = {(each.text, each.envelope.id) for each in await office.said()}
    assert sorted(text for text, _ in said) == sorted(texts)


async def test_a_row_that_cannot_be_read_is_put_aside_and_no_other_waits_for_it(
    offices: Offices,
) -> None:
    office = fast(offices)
    await office.handle(waiting(office, "a"))
    (key, row), *_ = (await office.rows("deadlines")).items()
    broken = {**row, "_id": f"{key}/broken", "correlation": "none"}
    await office.runtime.store.collection("deadlines").insert([broken])
    await office.start()
    await says(office, ["a too late"])
    await eventually(lambda: none_due(office))
    ((id, letter),) = (await office.rows("dead_letters")).items()
    assert "correlation" in letter["reason"]
    assert key.encode() in letter["value"]

    async def dead_again() -> bool:
        (found,) = (await office.rows("dead_letters")).values()
        return (found["status"], found["replays"]) == ("dead", 1)

    assert await office.runtime.dead_letters.ask_for_replay(id)
    await eventually(dead_again)
    assert office.runtime.health.halted is None


async def test_one_that_was_taken_back_is_ignored(offices: Offices) -> None:
    office = fast(offices)
    await office.handle(waiting(office, "a"), at_home(office.message("a", Paid(amount=1))))
    await office.start()
    await office.send(waiting(office, "probe"))
    await says(office, ["a in time", "probe too late"])


async def test_one_whose_row_was_not_yet_taken_back_is_ignored(offices: Offices) -> None:
    """Its successor is in the journal, but the crash came before the row of the deadline."""
    office = fast(offices)
    await office.handle(waiting(office, "a"))
    (before,) = await office.rows("deadlines")
    office.at("after-append", power_cut)
    with pytest.raises(PowerCut):
        await office.handle(at_home(office.message("a", Paid(amount=1))))
    assert (await office.rows("deadlines"))[before]["due"] is not None
    successor = offices.again(office, desk, source_interval=0.01)
    await successor.start()
    await eventually(lambda: none_due(successor))
    assert [len(entry.heard) for entry in await successor.entries("a")] == [1, 1]


async def test_one_that_was_set_anew_fires_for_its_last_cause(offices: Offices) -> None:
    office = fast(offices)
    await office.handle(waiting(office, "a"))
    await office.handle(waiting(office, "a", 50))
    await office.start()
    await says(office, ["a too late"])
    await eventually(lambda: none_due(office))
    assert len(await office.entries("a")) == 3


async def test_a_firing_carries_the_id_of_its_cause(offices: Offices) -> None:
    office = fast(offices)
    cause = UUID(int=11)
    await office.start()
    await office.send(office.message("a", Told(text="wait"), id=cause))
    await says(office, ["a too late"])
    (said,) = await office.said()
    _, fired = await office.entries("a")
    (heard,) = fired.heard
    assert heard["source"] == "deadline/desk/supplement"
    assert str(said.envelope.causationid) == heard["id"]
    assert said.envelope.correlationid == cause
    assert said.envelope.group == "test"


async def test_a_deadline_may_set_itself_again(offices: Offices) -> None:
    office = fast(offices)
    await office.start()
    await office.send(office.message("a", Told(text="chain", number=4)))
    await says(office, ["0 left", "1 left", "2 left", "3 left"])


@pytest.mark.parametrize("point", ["before-append", "after-append", "after-registers"])
async def test_a_firing_cut_off_by_a_crash_is_completed(offices: Offices, point: str) -> None:
    office = fast(offices)
    await office.handle(waiting(office, "a"))
    office.at(point, power_cut)
    await office.start()
    await says_once(office, ["a too late"])
    await eventually(lambda: none_due(office))
    assert len(await office.entries("a")) == 2


async def test_a_deadline_that_fails_is_a_dead_letter_and_holds_up_no_other(
    offices: Offices,
) -> None:
    office = fast(offices)
    await office.start()
    await office.send(office.message("a", Told(text="break")), waiting(office, "b"))
    await says(office, ["b too late"])

    async def dead() -> bool:
        return [letter["key"] for letter in await office.letters()] == [b"a"]

    await eventually(dead)
    await eventually(lambda: none_due(office))
