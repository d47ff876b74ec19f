"""Time limits: each rung of escalation at both its sides, and each told once whatever happens."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.birth import process
from contracts.birth.events import (
    BirthRegistered,
    HealthCardIssued,
    IdentityCardIssued,
    PremiumFunded,
    ResidenceRegistered,
)
from contracts.birth.process import BIRTH, FEES, IDENTIFIER, IDENTITY_CARD, RESIDENCE
from contracts.common.calendar import LOCAL
from contracts.common.escalation import AT_RISK, OF_A_CASE, OF_A_PROCEDURE, OVERDUE
from contracts.common.events import (
    ApologySent,
    DeadlineApproached,
    DeadlineMissed,
    DelayEscalated,
    FeeSettled,
    PersonIdentified,
)
from contracts.common.working_days import Pause, due_at
from contracts.envelope import Event
from services.portal.time_limits import Limit
from tests.unit.births import BUNDLE, RECEIVED
from tests.unit.births import submitted as declared
from tests.unit.tracking import (
    CARDED,
    FUNDED,
    IDENTIFIED,
    INSURED,
    NOT_BORN,
    REGISTERED,
    RESIDENT,
    SETTLED,
    WHOLE,
    Listener,
)

MS = timedelta(milliseconds=1)
SUBMITTED = declared(working_days=3)
GRANTED: dict[type[Event], str] = {
    event: spec.name for spec in process.PROCEDURES for event in spec.ends
}
AT_ONCE = (SUBMITTED, SETTLED)

Told = tuple[str, str]


def at(day: int, hour: int = 17, month: int = 11) -> datetime:
    """Return an hour of a day of 2026 in Viet Nam; at 17 offices close."""
    return datetime(2026, month, day, hour, tzinfo=LOCAL)


def told(listener: Listener) -> list[Told]:
    """Return the rungs that were told, each with the procedure it is of; "" is the whole case."""
    found = []
    for _, event in listener.said:
        match event:
            case DeadlineApproached(limit=limit):
                found.append((limit.procedure or "", AT_RISK.name))
            case DeadlineMissed(limit=limit):
                found.append((limit.procedure or "", OVERDUE.name))
            case DelayEscalated(limit=limit, rung=rung):
                found.append((limit.procedure or "", rung))
    return found


def hear_at(listener: Listener, event: Event, moment: datetime) -> None:
    """Let time pass until an event that happens then is heard at once."""
    listener.wait(moment)
    listener.keep(listener.decide(event, moment))


def begun(*events: Event) -> Listener:
    listener = Listener()
    for event in events or AT_ONCE:
        listener.keep(listener.decide(event, RECEIVED + timedelta(seconds=1)))
    return listener


# Received on Friday 20 November at 9:00; 24 November is a public day.
LADDER = [
    (at(20), (BIRTH, "at-risk")),
    (at(23), (BIRTH, "overdue")),
    (at(25), ("", "at-risk")),
    (at(25), (BIRTH, "head-of-agency")),
    (at(26), ("", "overdue")),
    (at(1, month=12), ("", "head-of-province")),
]


def test_each_rung_is_told_when_offices_close_and_not_a_moment_before() -> None:
    listener = begun()
    for moment in sorted({moment for moment, _ in LADDER}):
        listener.wait(moment - MS)
        assert told(listener) == [rung for reached, rung in LADDER if reached < moment]
        listener.wait(moment)
        assert told(listener) == [rung for reached, rung in LADDER if reached <= moment]
    listener.wait(at(31, month=12))
    assert told(listener) == [rung for _, rung in LADDER]
    assert listener.deadlines[-1] is None, "nothing more can be reached"


def test_what_is_said_names_the_limit_and_who_is_told() -> None:
    listener = begun()
    listener.wait(at(31, month=12))
    approached, missed, _, escalated = (event for _, event in listener.said[:4])
    assert isinstance(approached, DeadlineApproached)
    assert isinstance(missed, DeadlineMissed)
    assert isinstance(escalated, DelayEscalated)
    assert approached.limit == missed.limit == escalated.limit
    assert escalated.to.en == "The head of the agency"
    limit = missed.limit
    assert (limit.procedure, limit.owner, limit.working_days) == (BIRTH, "civil-status", 1)
    assert limit.due_at == at(23)


def test_an_overdue_case_sends_one_apology_with_a_new_date() -> None:
    listener = begun()
    listener.wait(at(31, month=12))
    ((moment, apology),) = [each for each in listener.said if isinstance(each[1], ApologySent)]
    assert isinstance(apology, ApologySent)
    assert (moment, apology.due_at, apology.promised_at) == (at(26), at(26), at(30))
    assert "26/11/2026" in apology.notice.vi
    assert "30/11/2026" in apology.notice.vi
    assert "will have it done by 30/11/2026" in apology.notice.en


def test_a_case_that_ends_in_time_is_silent_and_costs_one_deadline() -> None:
    listener = begun(*(SUBMITTED, *WHOLE[1:]))
    listener.wait(at(31, month=12))
    assert listener.said == []
    assert listener.deadlines == [at(20), None]
    assert (listener.completed.due_at, listener.completed.on_time) == (at(26), True)


def test_after_its_end_a_late_case_is_silent() -> None:
    listener = begun(SUBMITTED)
    hear_at(listener, NOT_BORN, at(26) + MS)
    hear_at(listener, SETTLED, at(26) + MS)
    assert listener.completed.on_time is False
    listener.wait(at(31, month=12))
    assert ("", "head-of-province") not in told(listener)


@pytest.mark.parametrize(("ended", "on_time"), [(at(26), True), (at(26) + MS, False)])
def test_a_case_is_on_time_whose_last_procedure_ended_by_then(
    ended: datetime, on_time: bool
) -> None:
    listener = begun(SUBMITTED)
    hear_at(listener, NOT_BORN, at(23))
    hear_at(listener, SETTLED, ended)
    assert listener.completed.on_time is on_time
    (whole,) = [each for each in listener.measures if each.metric == "case_seconds"]
    assert whole.labels["on_time"] == ("yes" if on_time else "no")


@pytest.mark.parametrize(("ended", "on_time"), [(at(23), "yes"), (at(23) + MS, "no")])
def test_the_time_of_a_procedure_is_measured_with_its_owner_and_whether_it_was_in_time(
    ended: datetime, on_time: str
) -> None:
    listener = begun()
    hear_at(listener, REGISTERED, ended)
    labels = {each.labels["procedure"]: each.labels for each in listener.measures}
    assert (labels[BIRTH]["owner"], labels[BIRTH]["on_time"]) == ("civil-status", on_time)
    assert (labels[FEES]["owner"], labels[FEES]["on_time"]) == ("payments", "no-limit")


def test_agencies_are_in_time_however_late_the_portal_hears_of_it() -> None:
    listener = begun(SUBMITTED)
    listener.now = at(31, month=12)
    listener.keep(listener.decide(NOT_BORN, at(23)))
    listener.keep(listener.decide(SETTLED, at(23)))
    assert listener.completed.on_time is True


def test_what_starts_when_nothing_more_was_awaited_is_watched_too() -> None:
    listener = begun()
    listener.wait(at(10, month=12))
    assert listener.deadlines[-1] is None
    hear_at(listener, REGISTERED, at(10, 10, month=12))
    assert listener.deadlines[-1] == at(10, month=12)
    before = len(told(listener))
    listener.wait(at(11, month=12))
    assert told(listener)[before:] == [(IDENTIFIER, "at-risk"), (IDENTIFIER, "overdue")]
    assert listener.state.watch is not None
    assert set(listener.state.watch["told"]) == {BIRTH, "", IDENTIFIER}


def test_what_starts_and_is_due_before_the_next_rung_moves_the_deadline() -> None:
    listener = begun(declared(working_days=30), SETTLED)
    listener.wait(at(27))
    waits_for = listener.deadlines[-1]
    hear_at(listener, REGISTERED, at(27, 18))
    moved = listener.deadlines[-1]
    assert waits_for is not None
    assert moved is not None
    assert moved == at(30) < waits_for


def test_a_deadline_that_fires_late_tells_only_what_came_before_it() -> None:
    """After an outage, what lies unread may have ended the case before the rungs that followed."""
    listener = begun()
    listener.now = at(31, month=12)
    listener.fire(at(20))
    assert told(listener) == [(BIRTH, "at-risk")]
    assert listener.deadlines[-1] == at(23)


def test_a_case_without_limits_sets_no_deadline() -> None:
    listener = begun(declared(bundle=(FEES,)))
    assert listener.deadlines == [None]
    listener.keep(listener.decide(SETTLED, at(31, month=12)))
    assert (listener.completed.due_at, listener.completed.on_time) == (None, None)


def test_a_case_that_was_not_submitted_is_not_watched() -> None:
    listener = Listener()
    listener.keep(listener.decide(REGISTERED, RECEIVED))
    assert listener.deadlines == []


ENDS: Sequence[tuple[type[Event], Event]] = [
    (BirthRegistered, REGISTERED),
    (PersonIdentified, IDENTIFIED),
    (FeeSettled, SETTLED),
    (ResidenceRegistered, RESIDENT),
    (HealthCardIssued, INSURED),
    (PremiumFunded, FUNDED),
    (IdentityCardIssued, CARDED),
]
MINUTES = st.integers(min_value=1, max_value=21 * 24 * 60)


@settings(deadline=None)  # of the machine's time: it says nothing of ours
@given(st.lists(MINUTES, min_size=len(ENDS), max_size=len(ENDS)))
def test_each_rung_that_is_reached_is_told_once_and_no_other(minutes: list[int]) -> None:
    ends = {
        GRANTED[kind]: RECEIVED + timedelta(minutes=drawn)
        for (kind, _), drawn in zip(ENDS, minutes, strict=True)
    }
    listener = begun(SUBMITTED)
    for (kind, event), _ in sorted(
        zip(ENDS, minutes, strict=True), key=lambda each: ends[GRANTED[each[0][0]]]
    ):
        hear_at(listener, event, ends[GRANTED[kind]])
    listener.wait(RECEIVED + timedelta(days=60))
    assert sorted(told(listener)) == sorted(expected(ends))
    moments = [moment for moment, _ in listener.said]
    assert moments == sorted(moments)


def expected(ends: dict[str, datetime]) -> list[Told]:
    """Return what the data say was reached, worked out plainly, with hindsight."""
    limits = [(Limit(RECEIVED, 3), max(ends.values()), OF_A_CASE)]
    for spec in process.PROCEDURES:
        if spec.working_days is not None and spec.name in BUNDLE:
            start = max([RECEIVED, *(ends[name] for name in spec.requires)])
            limit = Limit(start, min(3, spec.working_days), spec.name, spec.owner)
            limits.append((limit, ends[spec.name], OF_A_PROCEDURE))
    return [
        (limit.procedure or "", rung.name)
        for limit, end, rungs in limits
        for rung in rungs
        if limit.start < end and limit.reached_at(rung) <= end
    ]


def test_pauses_move_every_rung() -> None:
    """The seam for supplements: nothing else has to know of them."""
    paused = Limit(RECEIVED, 3, pauses=(Pause(date(2026, 11, 20), date(2026, 11, 25)),))
    assert paused.due_at == at(30)
    assert paused.reached_at(AT_RISK) == at(27)
    assert paused.due_at.astimezone(UTC) == due_at(RECEIVED, 3, paused.pauses)


def test_the_residence_waits_for_what_it_requires() -> None:
    listener = begun()
    hear_at(listener, REGISTERED, at(20, 10))
    hear_at(listener, IDENTIFIED, at(20, 16))
    hear_at(listener, CARDED, at(20, 16))
    hear_at(listener, INSURED, at(20, 16))
    hear_at(listener, FUNDED, at(20, 16))
    listener.wait(at(31, month=12))
    assert [rung for rung in told(listener) if rung[0] == RESIDENCE] == [
        (RESIDENCE, "at-risk"),
        (RESIDENCE, "overdue"),
        (RESIDENCE, "head-of-agency"),
    ]
    assert IDENTITY_CARD not in {procedure for procedure, _ in told(listener)}
