"""The tracker: whatever the order in which a case is heard, it ends once, and as the data say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.birth.events import (
    BirthRegistered,
    HealthCardIssued,
    IdentityCardIssued,
    PremiumFunded,
    ResidenceRegistered,
)
from contracts.birth.process import (
    BIRTH,
    FEES,
    HEALTH_CARD,
    IDENTIFIER,
    IDENTITY_CARD,
    PREMIUM,
    RESIDENCE,
    USUAL,
)
from contracts.catalogue import catalogue
from contracts.common.events import CaseCompleted, FeeRefunded, FeeSettled, PersonIdentified
from contracts.envelope import Event
from contracts.people.events import PersonRecorded
from services.portal import pauses, waiting
from services.portal.tracker import Case, case, followed
from tests.unit.births import BUNDLE, RECEIVED
from tests.unit.tracking import (
    ABROAD,
    CARDED,
    FUNDED,
    IDENTIFIED,
    INSURED,
    NOT_BORN,
    NOT_INSURED,
    NOT_RESIDENT,
    REASON,
    REGISTERED,
    RESIDENT,
    SETTLED,
    SUBMITTED,
    WHOLE,
    Listener,
    after,
    submitted,
)


@given(order=st.permutations(WHOLE), repeats=st.lists(st.sampled_from(WHOLE), max_size=8))
def test_any_order_and_any_repetition_end_the_case_once_and_alike(
    order: list[Event], repeats: list[Event]
) -> None:
    times = {type(event): number for number, event in enumerate(WHOLE)}
    straight, shuffled = after(*WHOLE, times=times), after(*order, *repeats, times=times)
    assert shuffled.events == straight.events
    assert shuffled.completed.outcome == "completed"
    assert shuffled.state == Case(completed=True)
    assert shuffled.rows[-1] == straight.rows[-1]
    assert measured(shuffled) == measured(straight)


def measured(listener: Listener) -> list[tuple[str, float, list[str]]]:
    return sorted((m.metric, m.value, sorted(m.labels.values())) for m in listener.measures)


@pytest.mark.parametrize("order", list(permutations([submitted(ABROAD), REGISTERED, IDENTIFIED])))
def test_every_order_of_a_birth_abroad(order: Sequence[Event]) -> None:
    listener = after(*order)
    assert not listener.events
    listener.hear(SETTLED)
    assert listener.completed.results == dict.fromkeys(ABROAD, "granted")


GRANTED_ALL = dict.fromkeys(BUNDLE, "granted")

ENDINGS = [
    ("all granted", WHOLE, "completed", GRANTED_ALL),
    (
        "no consent of the owner",
        (SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, NOT_RESIDENT, INSURED, FUNDED, CARDED),
        "partial",
        GRANTED_ALL | {RESIDENCE: "refused"},
    ),
    (
        "six or older",
        (SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, RESIDENT, NOT_INSURED, CARDED),
        "partial",
        GRANTED_ALL | {HEALTH_CARD: "refused", PREMIUM: "not-started"},
    ),
    (
        "only the certificate and the identifier",
        (SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, NOT_RESIDENT, NOT_INSURED, CARDED),
        "partial",
        GRANTED_ALL | {RESIDENCE: "refused", HEALTH_CARD: "refused", PREMIUM: "not-started"},
    ),
    (
        "birth refused, fees settled",
        (SUBMITTED, NOT_BORN, SETTLED),
        "refused",
        dict.fromkeys(BUNDLE, "not-started") | {BIRTH: "refused", FEES: "granted"},
    ),
    (
        "birth abroad refused",
        (submitted(ABROAD), NOT_BORN, SETTLED),
        "refused",
        {BIRTH: "refused", IDENTIFIER: "not-started", FEES: "granted"},
    ),
]


@pytest.mark.parametrize(
    ("events", "outcome", "results"), [e[1:] for e in ENDINGS], ids=[e[0] for e in ENDINGS]
)
def test_how_a_case_ends(events: tuple[Event, ...], outcome: str, results: dict[str, str]) -> None:
    for order in (events, events[::-1]):
        listener = after(*order)
        assert listener.completed.outcome == outcome
        assert listener.completed.results == results
        assert listener.rows[-1]["status"] == outcome
        assert [row["status"] for row in listener.rows[:-1]] == ["in-progress"] * (
            len(listener.rows) - 1
        )


@pytest.mark.parametrize("missing", [event for event in WHOLE if event is not SUBMITTED])
def test_a_case_waits_for_every_procedure_of_its_bundle(missing: Event) -> None:
    listener = after(*[event for event in WHOLE if event is not missing])
    assert not listener.events
    listener.hear(missing)
    assert listener.completed.outcome == "completed"


def test_a_case_waits_for_its_submission_and_has_no_row_before_it() -> None:
    listener = after(*WHOLE[1:])
    assert not listener.events
    assert not listener.rows
    listener.hear(SUBMITTED)
    assert listener.completed.outcome == "completed"


def test_the_bundle_is_frozen_in_the_submission() -> None:
    """The identity card joined the bundle in 2026; a case that began without it ends without it."""
    listener = after(submitted(USUAL), *WHOLE[1:-1])
    assert IDENTITY_CARD not in listener.completed.results
    listener.hear(CARDED, submitted(BUNDLE))
    assert len(listener.events) == 1


def test_what_is_not_in_the_bundle_is_only_heard() -> None:
    listener = after(RESIDENT, submitted(ABROAD), CARDED)
    assert listener.rows[-1]["ended"] == {}
    assert listener.state.ended == {}


def test_after_its_end_a_case_changes_no_more() -> None:
    listener = after(*WHOLE)
    rows = len(listener.rows)
    refund = FeeRefunded(receipt_number="BL-2026-1", amount=8_000, reason=REASON)
    listener.hear(refund, NOT_RESIDENT, NOT_BORN, SUBMITTED)
    assert (len(listener.events), len(listener.rows)) == (1, rows)


def test_of_two_words_of_an_agency_its_later_entry_counts_in_both_orders() -> None:
    for order in ((2, 1), (1, 2)):
        listener = after(SUBMITTED)
        for entry in order:
            event = NOT_RESIDENT if entry == 2 else RESIDENT
            listener.state = listener.decide(event, RECEIVED, entry).state
        assert listener.state.ended[RESIDENCE]["state"] == "refused"


def test_the_register_is_written_when_a_case_begins_and_when_it_ends() -> None:
    listener = after(REGISTERED, SUBMITTED, IDENTIFIED, SETTLED)
    (begun,) = listener.rows
    assert (begun["status"], set(begun["ended"])) == ("in-progress", {BIRTH})
    assert "attended" not in begun, "nobody was ever waited for"
    listener.hear(*WHOLE)
    _, ended = listener.rows
    assert ended["status"] == "completed"
    assert set(ended["ended"]) == set(ended["bundle"])


def test_results_reasons_and_times_are_remembered() -> None:
    events = (SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, NOT_RESIDENT)
    times = {type(event): number for number, event in enumerate(events)}
    state = after(*events, times=times).state
    assert state.submission is not None
    row: dict[str, Any] = {**state.submission, "ended": state.ended}
    assert row["submitted_at"] == RECEIVED
    assert (row["group"], row["province"], row["channel"]) == ("birth", "01", "portal")
    assert row["ended"][BIRTH] == {
        "state": "granted",
        "at": RECEIVED + timedelta(seconds=1),
        "entry": 1,
        "result": {
            "registration_number": "KS-01-2026-00000042",
            "registered_on": "2026-11-20",
            "late": False,
        },
    }
    assert row["ended"][RESIDENCE]["reason"] == REASON.model_dump()
    assert "result" not in row["ended"][RESIDENCE]


def test_times_are_measured_once_from_when_each_procedure_could_start() -> None:
    times: dict[type[Event], int] = {
        BirthRegistered: 2,
        FeeSettled: 3,
        PersonIdentified: 5,
        ResidenceRegistered: 9,
        HealthCardIssued: 6,
        PremiumFunded: 7,
        IdentityCardIssued: 10,
    }
    listener = after(*WHOLE, *WHOLE, times=times)
    seconds = {m.labels["procedure"]: m.value for m in listener.measures if "procedure" in m.labels}
    assert seconds == {
        BIRTH: 2,
        FEES: 3,
        IDENTIFIER: 3,
        RESIDENCE: 4,
        HEALTH_CARD: 1,
        PREMIUM: 1,
        IDENTITY_CARD: 8,
    }
    whole = [m for m in listener.measures if m.metric == "case_seconds"]
    assert [(m.value, m.labels) for m in whole] == [
        (60.0, {"group": "birth", "outcome": "completed", "on_time": "no-limit", "waited": "no"})
    ]
    assert len(listener.measures) == len(BUNDLE) + 1


def test_what_never_started_is_not_measured() -> None:
    listener = after(SUBMITTED, NOT_BORN, SETTLED)
    named = {m.labels["procedure"] for m in listener.measures if "procedure" in m.labels}
    assert named == {BIRTH, FEES}


def test_clocks_that_differ_never_make_a_time_negative() -> None:
    listener = Listener(now=RECEIVED - timedelta(seconds=5))
    listener.hear(*WHOLE, times={BirthRegistered: -3, PersonIdentified: -9})
    assert listener.completed.seconds == 0
    assert min(measure.value for measure in listener.measures) == 0


@pytest.mark.parametrize(
    ("event", "group", "says"),
    [
        (SUBMITTED, "death-of-a-cat", "'death-of-a-cat' outside, of 'birth' inside"),
        (REGISTERED, "people", "no group 'people' that citizens declare"),
        (submitted([]), "birth", "is empty"),
        (submitted(["haircut"]), "birth", "no procedure 'haircut'"),
    ],
)
def test_what_the_catalogue_cannot_explain_is_refused(event: Event, group: str, says: str) -> None:
    with pytest.raises((LookupError, ValueError), match=says):
        replace(Listener(), group=group).hear(event)


def test_all_events_of_cases_are_followed_and_no_others() -> None:
    types = {event.type for event in followed(catalogue())}
    waiting_too = (*pauses.heard_by(catalogue()), *waiting.heard_by(catalogue()))
    assert types | {event.type for event in waiting_too} == case.handles
    assert CaseCompleted.type not in types
    assert PersonRecorded.type not in types
    assert FeeRefunded.type in types
