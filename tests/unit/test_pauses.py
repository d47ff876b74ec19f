"""While a family is asked for something, no time runs: not the procedure's, and not the case's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.birth.process import BIRTH
from contracts.common.supplements import SupplementLapsed, SupplementReceived
from contracts.common.task_events import task_events
from contracts.common.tasks import Signatory, SupplementRequested, Task, TaskOpened
from contracts.common.working_days import Pause, due_at
from contracts.envelope import Event
from contracts.model import Reason
from services.portal import pauses
from services.portal.pauses import Stops, stops
from services.portal.standing import Ends
from services.portal.time_limits import Limit
from tests.unit.births import MOTHER
from tests.unit.births import submitted as declared
from tests.unit.driver import NOW
from tests.unit.test_time_limits import AT_ONCE, at, begun, hear_at, told
from tests.unit.tracking import NOT_BORN, REGISTERED, WHOLE, Listener

SAID = task_events("civil-status")
WHO = Signatory(person_id="001175000001", name="Lê Văn Một")
FIRST, SECOND = UUID(int=1), UUID(int=2)
Step = tuple[Event, datetime]


def task(procedure: str = BIRTH) -> Task:
    return Task(
        task_id=f"case-1.{procedure}",
        procedure=procedure,
        province="01",
        revision=2,
        state="open",
        opened_at=NOW,
        second_person=False,
    )


def requested(request: UUID = FIRST, procedure: str = BIRTH) -> SupplementRequested:
    return SAID.supplement_requested(task=task(procedure), act=request, by=WHO)


def received(moment: datetime, request: UUID = FIRST, procedure: str = BIRTH) -> SupplementReceived:
    return SAID.supplement_received(
        task=task(procedure), request=request, supplement=SECOND, by=MOTHER, received_at=moment
    )


def lapsed(request: UUID = FIRST) -> SupplementLapsed:
    reason = Reason(code="supplement-not-received", vi="Không.", en="No.")
    return SAID.supplement_lapsed(task=task(), request=request, reason=reason)


def test_what_is_paused_says_nothing_until_it_goes_on_and_has_its_days_again() -> None:
    """Received on Friday 20 November at 9:00, due on Monday; asked at once, answered later."""
    listener = begun()
    hear_at(listener, requested(), at(20, 10))
    listener.wait(at(2, 9, month=12))
    assert told(listener) == []
    hear_at(listener, received(at(2, 10, month=12)), at(2, 10, month=12))
    listener.wait(at(2, 18, month=12))
    assert told(listener) == [(BIRTH, "at-risk")]
    listener.wait(at(3, 16, month=12))
    assert told(listener) == [(BIRTH, "at-risk")]
    listener.wait(at(3, 17, month=12))
    assert told(listener) == [(BIRTH, "at-risk"), (BIRTH, "overdue")]
    listener.wait(at(7, 17, month=12))
    assert ("", "overdue") in told(listener)


def opened(procedure: str = BIRTH) -> TaskOpened:
    return SAID.opened(task=task(procedure))


@pytest.mark.parametrize("asked", [opened(), requested()], ids=["an official", "the family"])
@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_whoever_is_waited_for_the_time_is_not_the_machines(asked: Event, place: int) -> None:
    """The news may come before the declaration, or between any two events."""
    listener = Listener()
    listener.hear(*WHOLE[:place], asked, *WHOLE[place:])
    (whole,) = [each for each in listener.measures if each.metric == "case_seconds"]
    assert whole.labels["waited"] == "yes"


def test_a_task_that_is_opened_stops_no_clock() -> None:
    listener = begun()
    hear_at(listener, opened(), at(20, 10))
    assert (set(listener.state.waits), listener.state.breaks) == ({BIRTH}, {})
    listener.wait(at(23, 17))
    assert (BIRTH, "overdue") in told(listener)


def test_the_rest_of_the_case_goes_on_while_one_procedure_stands_still() -> None:
    listener = begun(*AT_ONCE, REGISTERED)
    hear_at(listener, requested(procedure="child-identity-card"), at(20, 10))
    listener.wait(at(31, month=12))
    found = {procedure for procedure, _ in told(listener)}
    assert "personal-identification" in found
    assert not found & {"", "child-identity-card"}


def test_a_case_is_in_time_if_its_family_was_the_one_who_took_long() -> None:
    listener = begun(declared(working_days=3))
    hear_at(listener, requested(), at(20, 10))
    hear_at(listener, received(at(2, 10, month=12)), at(2, 10, month=12))
    for event in WHOLE[1:]:
        hear_at(listener, event, at(2, 12, month=12))
    assert listener.completed.on_time is True
    assert listener.completed.due_at == at(7, month=12)
    without = begun(declared(working_days=3))
    for event in WHOLE[1:]:
        hear_at(without, event, at(2, 12, month=12))
    assert without.completed.on_time is False


def test_the_row_of_a_case_that_stands_still_has_no_due_date() -> None:
    listener = begun()
    assert listener.rows[-1]["due_at"] is not None
    hear_at(listener, requested(), at(20, 10))
    assert (listener.rows[-1]["due_at"], listener.rows[-1]["at_risk_at"]) == (None, None)
    hear_at(listener, received(at(23, 10)), at(23, 10))
    assert listener.rows[-1]["due_at"] == at(27)


STORY: Sequence[Step] = [
    (requested(), at(20, 10)),
    (received(at(25, 10)), at(25, 10)),
    (requested(SECOND), at(26, 10)),
    (lapsed(SECOND), at(7, 17, month=12)),
    (NOT_BORN, at(7, 17, month=12)),
]


@pytest.mark.parametrize("order", list(permutations(range(len(STORY)))))
def test_in_any_order_a_case_ends_the_same(order: Sequence[int]) -> None:
    listener = begun(*AT_ONCE)
    for number in order:
        event, moment = STORY[number]
        listener.keep(listener.decide(event, moment))
        listener.keep(listener.decide(event, moment))
    assert listener.completed.outcome == "refused"
    assert listener.state.completed
    assert listener.deadlines[-1] is None


@pytest.mark.parametrize("order", list(permutations(range(len(STORY) - 1))))
def test_in_any_order_the_same_time_is_not_counted(order: Sequence[int]) -> None:
    listener = Listener()
    for number in (*order, *order):
        event, moment = STORY[number]
        listener.keep(listener.decide(event, moment))
    assert stops(listener.state.breaks, {}) == Stops(
        (
            Pause(at(20).date(), at(25).date()),
            # It lapsed after the cut-off, which counts as the next day.
            Pause(at(26).date(), at(8, month=12).date()),
        )
    )


def test_a_procedure_that_has_ended_stops_nothing_any_more() -> None:
    breaks = pauses.noted({}, requested(), at(20, 10))
    assert stops(breaks, {}).paused
    assert stops(breaks, {}, "another") == Stops()
    ends: Ends = {BIRTH: {"state": "refused", "at": at(25, 10), "entry": 3}}
    assert stops(breaks, ends) == Stops((Pause(at(20).date(), at(25).date()),))


moments = st.integers(0, 330 * 24).map(lambda hours: at(5, 8, month=1) + timedelta(hours=hours))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    start=moments,
    days=st.integers(1, 10),
    waits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=4),
)
def test_clocks_never_run_backwards(
    start: datetime, days: int, waits: list[tuple[int, int]]
) -> None:
    """Each break, in whatever order and however they overlap, only moves the due date on."""
    breaks: pauses.Breaks = {}
    due, limit = due_at(start, days), Limit(start, days)
    for number, (after, hours) in enumerate(waits):
        since = start + timedelta(hours=after)
        until = since + timedelta(hours=hours)
        breaks = pauses.noted(breaks, requested(UUID(int=number)), since)
        assert stops(breaks, {}).paused
        breaks = pauses.noted(breaks, received(until, UUID(int=number)), until)
        found, paused = stops(breaks, {})
        assert not paused
        limit = limit._replace(pauses=found)
        assert limit.due_at >= due
        due = limit.due_at
