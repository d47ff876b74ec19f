"""What a family reads of its case, and the portal's own copy of the register of people."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from contracts.birth.events import BirthRegistered, ResidenceRefused
from contracts.birth.process import BIRTH, FEES, IDENTIFIER, IDENTITY_CARD, RESIDENCE, USUAL
from contracts.common.events import (
    ApologySent,
    CaseCompleted,
    DeadlineMissed,
    DeclarationSubmitted,
)
from contracts.envelope import Event
from contracts.model import Reason
from contracts.people.events import PersonRecorded
from services.chassis.cause import Cause
from services.chassis.journal import Entry
from services.chassis.memory import Memory, MemoryCodec
from services.chassis.procedure import Context
from services.portal import examples, people, views
from services.portal.people import PEOPLE, Known
from services.portal.register import CASES
from services.portal.tracker import Case, case
from services.portal.views import CaseView
from tests.unit.births import MOTHER, RECEIVED, person
from tests.unit.tracking import REGISTERED, SETTLED, SUBMITTED, WHOLE, Listener, after

CASE = "01a20040-a5a4-73a8-b8d3-ab911707044a"
AT_RISK = datetime(2026, 11, 25, 10, tzinfo=UTC)
DUE = datetime(2026, 11, 26, 10, tzinfo=UTC)
"""Three working days after 20 November: the 21st and 22nd are a week-end, the 24th a public day."""
REASON = Reason(vi="Chủ hộ không đồng ý.", en="The owner does not consent.", code="no-consent")


def row(ended: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a row of the register of cases."""
    return {
        "_id": CASE,
        "_version": 3,
        "_case": CASE,
        "group": "birth",
        "bundle": list(USUAL),
        "submitted_at": RECEIVED,
        "province": "01",
        "channel": "portal",
        "ended": ended or {},
        "status": "in-progress",
        "completed_at": None,
        "seconds": None,
        "working_days": 3,
        "at_risk_at": AT_RISK,
        "due_at": DUE,
        "on_time": None,
        "promised_at": None,
    } | changes


def end(state: str, second: int, **more: Any) -> dict[str, Any]:
    return {"state": state, "at": RECEIVED + timedelta(seconds=second), "entry": 1, **more}


def shown(of: dict[str, Any], now: datetime = RECEIVED) -> CaseView:
    """Return the view, and hold it to the model that the documentation promises."""
    view = views.case(of, [], now)
    assert TypeAdapter(CaseView).validate_python(view) == view
    return view


def test_a_new_case_waits_for_those_who_can_start() -> None:
    view = shown(row())
    assert view["waiting_for"] == [
        {"procedure": BIRTH, "owner": "civil-status"},
        {"procedure": FEES, "owner": "payments"},
    ]
    states = {each["name"]: each["state"] for each in view["procedures"]}
    assert states == dict.fromkeys(USUAL, "waiting") | {
        BIRTH: "in-progress",
        FEES: "in-progress",
    }
    assert [each["name"] for each in view["procedures"]] == list(USUAL)


def test_each_procedure_says_what_it_waits_for_and_since_when() -> None:
    ended = {BIRTH: end("granted", 2), IDENTIFIER: end("granted", 5)}
    procedures = {each["name"]: each for each in shown(row(ended))["procedures"]}
    assert procedures[RESIDENCE]["waits_for"] == [FEES]
    assert procedures[IDENTIFIER]["seconds"] == 3
    assert procedures[IDENTIFIER]["started_at"] == RECEIVED + timedelta(seconds=2)
    assert procedures[FEES]["started_at"] == RECEIVED
    assert procedures[RESIDENCE]["title"] == {
        "vi": "Đăng ký thường trú",
        "en": "Permanent residence registration",
    }


def test_results_and_reasons_are_shown() -> None:
    ended = {
        BIRTH: end("granted", 1, result={"registration_number": "KS-1"}),
        RESIDENCE: end("refused", 2, reason=REASON.model_dump()),
    }
    procedures = {each["name"]: each for each in shown(row(ended))["procedures"]}
    assert procedures[BIRTH]["result"] == {"registration_number": "KS-1"}
    assert procedures[BIRTH]["reason"] is None
    assert procedures[RESIDENCE]["reason"] == REASON.model_dump()
    assert procedures[RESIDENCE]["result"] == {}


def test_after_a_refusal_the_rest_was_not_started_and_nobody_is_waited_for() -> None:
    ended = {BIRTH: end("refused", 1, reason=REASON.model_dump()), FEES: end("granted", 2)}
    view = shown(row(ended, status="refused", completed_at=RECEIVED, seconds=2.0))
    assert view["waiting_for"] == []
    assert {each["state"] for each in view["procedures"]} == {"refused", "granted", "not-started"}
    assert all(not each["waits_for"] for each in view["procedures"])


@pytest.mark.parametrize(
    ("now", "timeliness"),
    [
        (AT_RISK - timedelta(milliseconds=1), "on-time"),
        (AT_RISK, "at-risk"),
        (DUE, "at-risk"),
        (DUE + timedelta(milliseconds=1), "overdue"),
    ],
)
def test_a_case_says_when_it_is_due_and_whether_it_is_late(now: datetime, timeliness: str) -> None:
    view = shown(row(promised_at=DUE), now)
    assert (view["due_at"], view["timeliness"], view["promised_at"]) == (DUE, timeliness, DUE)


@pytest.mark.parametrize(("on_time", "timeliness"), [(True, "on-time"), (False, "overdue")])
def test_a_case_that_has_ended_says_whether_it_was_late(on_time: bool, timeliness: str) -> None:
    ended = {BIRTH: end("refused", 1), FEES: end("granted", 2)}
    of = row(ended, status="refused", completed_at=DUE, seconds=2.0, on_time=on_time)
    assert shown(of, DUE + timedelta(days=9))["timeliness"] == timeliness


def test_each_procedure_that_could_start_says_when_it_is_due() -> None:
    ended = {BIRTH: end("granted", 2)}
    procedures = {each["name"]: each for each in shown(row(ended), DUE)["procedures"]}
    birth, identifier = procedures[BIRTH], procedures[IDENTIFIER]
    assert birth["due_at"] == identifier["due_at"] == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert (birth["timeliness"], identifier["timeliness"]) == ("on-time", "overdue")
    for name in (RESIDENCE, FEES):  # one has not started, the other has no limit
        assert (procedures[name]["due_at"], procedures[name]["timeliness"]) == (None, None)


def test_a_case_without_a_time_limit_is_neither_late_nor_in_time() -> None:
    view = shown(row(due_at=None, at_risk_at=None), DUE)
    assert (view["due_at"], view["timeliness"]) == (None, None)


def test_the_timeline_tells_an_apology_in_its_own_words_and_no_deadline() -> None:
    late = entry(1, 9, "deadline", said=(ApologySent.type, DeadlineMissed.type))
    late.events[0]["value"] = b'{"id": "8", "data": {"notice": {"vi": "a", "en": "b"}}}'
    apology, missed = views.timeline("birth", [late])
    assert apology["notice"] == {"vi": "a", "en": "b"}
    assert missed["notice"] is not None
    assert missed["notice"]["en"] == "The time limit has been missed."


def entry(n: int, second: int, *types: str, said: tuple[str, ...] = ()) -> Entry:
    """Return an entry of the journal that heard events of these types, and said some."""
    at = RECEIVED + timedelta(seconds=second)
    return Entry(
        case_id=CASE,
        n=n,
        at=at,
        heard=[
            {"source": "/services/x", "id": str(uuid4()), "type": t, "time": at, "entry": n}
            for t in types
        ],
        state=b"",
        context=b"",
        events=[{"type": t, "value": b'{"id": "7", "data": {}}'} for t in said],
    )


def test_the_timeline_is_what_happened_in_its_order_with_notices() -> None:
    entries = [
        entry(1, 9, BirthRegistered.type),
        entry(2, 3, DeclarationSubmitted.type, "elsewhere.unheard-of.v1"),
        entry(3, 12, ResidenceRefused.type, said=(CaseCompleted.type,)),
    ]
    timeline = views.timeline("birth", entries)
    assert [each["type"] for each in timeline] == [
        DeclarationSubmitted.type,
        "elsewhere.unheard-of.v1",
        BirthRegistered.type,
        ResidenceRefused.type,
        CaseCompleted.type,
    ]
    assert timeline[0]["notice"] == {
        "vi": "Đã tiếp nhận tờ khai.",
        "en": "Your declaration has been received.",
    }
    assert timeline[1]["notice"] is None
    assert (timeline[4]["source"], timeline[4]["event_id"], timeline[4]["entry"]) == (
        "/services/portal",
        "7",
        3,
    )


def test_the_example_of_the_documentation_is_a_case() -> None:
    view = TypeAdapter(CaseView).validate_python(examples.CASE)
    assert view["status"] == "in-progress"
    assert [each["type"] for each in view["timeline"]] == [DeclarationSubmitted.type]


@pytest.mark.parametrize(("known", "entry", "writes"), [(-1, 0, True), (3, 3, False), (3, 4, True)])
def test_people_are_as_the_newest_entry_has_them(known: int, entry: int, writes: bool) -> None:
    nhung = person(MOTHER, "Nguyễn Thị Hồng Nhung")
    now = datetime(2026, 11, 20, tzinfo=UTC)
    cause = Cause(
        id=uuid4(),
        type=PersonRecorded.type,
        source="/services/population",
        time=now,
        group="people",
        entry=entry,
    )
    context = Context(case_id="c", procedure="people-register", now=now, cause=cause)
    event = PersonRecorded(person=nhung)
    decision = people.register.decide(Known(entry=known), event, context)
    assert bool(decision.records) is writes
    assert decision.state == Known(entry=max(known, entry))
    for record in decision.records:
        assert (record.register, record.key) == (PEOPLE, MOTHER)
        assert type(nhung).model_validate({**record.row(), "personal_id": record.key}) == nhung


def kept(n: int, state: Case, *records: dict[str, Any]) -> Entry:
    """Return an entry of the portal's journal with this state and these rows."""
    memory = Memory({case.name: state})
    at = RECEIVED + timedelta(seconds=n)
    stored = MemoryCodec([case]).dump(memory)
    return Entry(CASE, n, at, heard=[], state=stored, context=b"", records=list(records))


def told(*events: Event) -> tuple[Case, list[dict[str, Any]]]:
    """Return what the tracker remembers of these events, and the rows that it set."""
    listener = after(*events)
    rows = [{"register": CASES, "key": CASE, "fields": dict(row)} for row in listener.rows]
    return listener.state, rows


def test_a_running_case_stands_where_its_newest_entry_has_it() -> None:
    begun, rows = told(SUBMITTED)
    on, _ = told(SUBMITTED, REGISTERED, SETTLED)
    row = views.row_from([kept(1, begun, *rows), kept(2, on)])
    assert row is not None
    assert (row["status"], set(row["ended"])) == ("in-progress", {BIRTH, FEES})
    assert [each["procedure"] for each in shown(row)["waiting_for"]] == [
        IDENTIFIER,
        IDENTITY_CARD,
    ]


def test_a_case_that_was_running_before_there_were_time_limits_goes_on_without_one() -> None:
    begun, rows = told(SUBMITTED)
    stored = begun.model_dump(mode="json")
    del stored["submission"]["working_days"], stored["watch"]
    before = Case.model_validate(stored)
    for limit in ("working_days", "at_risk_at", "due_at", "on_time", "promised_at"):
        del rows[0]["fields"][limit]
    listener = Listener(state=before)
    listener.hear(*WHOLE[1:])
    (completed,) = listener.events
    assert (completed.outcome, completed.due_at, completed.on_time) == ("completed", None, None)
    old = views.row_from([kept(1, before, *rows)])
    assert old is not None
    page = shown(old)
    assert (page["status"], page["due_at"], page["promised_at"]) == ("in-progress", None, None)
    registered = {"_id": CASE, **rows[0]["fields"]}
    assert views.summary(registered, RECEIVED)["timeliness"] is None


def test_an_ended_case_stands_where_the_entry_that_ended_it_has_it() -> None:
    ended, rows = told(*WHOLE)
    row = views.row_from([kept(1, ended, *rows), kept(2, ended)])
    assert row is not None
    assert (row["status"], set(row["ended"])) == ("completed", set(row["bundle"]))


def test_a_case_whose_declaration_was_not_heard_yet_stands_nowhere() -> None:
    early, rows = told(REGISTERED)
    assert views.row_from([]) is None
    assert views.row_from([kept(1, early, *rows)]) is None
