"""The review of a procedure: which act counts when, and what is said of one that does not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.review import Review, Reviews, Step, Supplement
from contracts.common.supplements import SupplementDeclined
from contracts.common.task_events import task_events
from contracts.common.tasks import Act, ActDeclined, Official, TaskEvent
from contracts.envelope import Event
from contracts.model import Reason
from tests.unit.driver import NOW
from tests.unit.officials import APPROVE, REFUSE, SUPPLEMENT, claim, decide, official, release
from tests.unit.supplements import STRANGE, supplement

PROCEDURE = "birth-registration"
REVIEWS = Reviews("civil-status", PROCEDURE)
ASKS_NOBODY = Reviews("civil-status", PROCEDURE, asks_family=False)
SAID = task_events("civil-status")
FAMILY = "001196000001"
FINDING = Reason(code="evidence-missing", vi="Thiếu.", en="Missing.")
A, B = official(1), official(2)


def opened(**changes: Any) -> Review:
    fields: dict[str, Any] = {
        "province": "01",
        "persons": (FAMILY,),
        "second_person": False,
        "claim_seconds": 60,
    }
    step = REVIEWS.opened("case-1", NOW, **(fields | changes))
    assert step.waiting is not None
    return step.waiting


def acted(
    review: Review | None, *acts: Event, at: datetime = NOW, reviews: Reviews = REVIEWS
) -> Step:
    step = Step(review, ())
    for act in acts:
        step = reviews.heard(step.waiting, act, uuid5(NAMESPACE_URL, act.model_dump_json()), at)
    return step


def code(step: Step) -> str | None:
    (event,) = step.events
    return event.reason.code if isinstance(event, ActDeclined | SupplementDeclined) else None


def seen(revision: int | None, what: dict[str, Any] = APPROVE) -> Act:
    """Return what A decides, having looked at the file at this revision of the task."""
    return decide(PROCEDURE, A, {**what, "revision": revision})


CLAIM, AWAY = claim(PROCEDURE, A), release(PROCEDURE, A)
YES, NO, MORE = (decide(PROCEDURE, A, what) for what in (APPROVE, REFUSE, SUPPLEMENT))

COUNTS: dict[str, tuple[tuple[Act, ...], type[TaskEvent], str]] = {
    "a claim": ((CLAIM,), SAID.claimed, "claimed"),
    "a claim by the holder": ((CLAIM, CLAIM), SAID.claimed, "claimed"),
    "a release": ((CLAIM, AWAY), SAID.released, "open"),
    "a claim after a release": (
        (CLAIM, AWAY, claim(PROCEDURE, B)),
        SAID.claimed,
        "claimed",
    ),
    "an approval": ((CLAIM, YES), SAID.decided, "decided"),
    "a refusal": ((CLAIM, NO), SAID.decided, "decided"),
    "a supplement": ((CLAIM, MORE), SAID.supplement_requested, "awaits-supplement"),
}


@pytest.mark.parametrize(("acts", "said", "state"), COUNTS.values(), ids=COUNTS.keys())
def test_an_act_counts(acts: tuple[Act, ...], said: type[TaskEvent], state: str) -> None:
    step = acted(opened(), *acts)
    (event,) = step.events
    assert isinstance(event, said)
    assert step.waiting is not None
    assert event.task == step.waiting.task
    assert event.task.state == state
    assert event.task.revision == len(acts) + 1
    assert (event.task.held_by is not None) == (state == "claimed")


DECLINED: dict[str, tuple[Review | None, tuple[Act, ...], str]] = {
    "no task": (None, (CLAIM,), "no-task"),
    "another agency": (opened(), (claim(PROCEDURE, official(agency="residence")),), "not-yours"),
    "another province": (opened(), (claim(PROCEDURE, official(provinces=("79",))),), "not-yours"),
    "another procedure": (
        opened(),
        (claim(PROCEDURE, official(procedures=("death-registration",))),),
        "not-yours",
    ),
    "no province": (
        opened(province=None),
        (claim(PROCEDURE, official(provinces=("01",))),),
        "not-yours",
    ),
    "own family": (opened(), (claim(PROCEDURE, official(person_id=FAMILY)),), "own-case"),
    "own declaration": (opened(), (claim(PROCEDURE, A, persons=(A.person_id,)),), "own-case"),
    "held by another": (opened(), (CLAIM, claim(PROCEDURE, B)), "held-by-another"),
    "release without claim": (opened(), (AWAY,), "not-held"),
    "release of another's": (opened(), (CLAIM, release(PROCEDURE, B)), "not-held"),
    "decision without claim": (opened(), (YES,), "not-held"),
    "decision of another's": (opened(), (CLAIM, decide(PROCEDURE, B, APPROVE)), "not-held"),
    "decision after release": (opened(), (CLAIM, AWAY, YES), "not-held"),
    "decided": (opened(), (CLAIM, YES, claim(PROCEDURE, B)), "already-decided"),
    "decided twice": (opened(), (CLAIM, YES, NO), "already-decided"),
    "awaits a supplement": (opened(), (CLAIM, MORE, CLAIM), "awaits-supplement"),
    "against the rules": (opened(finding=FINDING), (CLAIM, YES), "rules-refuse"),
    "no reason": (
        opened(),
        (CLAIM, decide(PROCEDURE, A, {"decision": "refuse"})),
        "reason-missing",
    ),
    "the same person twice": (
        opened(second_person=True),
        (CLAIM, YES, CLAIM),
        "second-person-needed",
    ),
}


@pytest.mark.parametrize(("review", "acts", "why"), DECLINED.values(), ids=DECLINED.keys())
def test_an_act_that_does_not_count_is_answered_and_changes_nothing(
    review: Review | None, acts: tuple[Act, ...], why: str
) -> None:
    before = acted(review, *acts[:-1]).waiting
    step = acted(before, acts[-1])
    assert code(step) == why
    assert (step.waiting, step.verdict) == (before, None)
    assert step.events[0].type == "civil-status.act-declined.v1"


@pytest.mark.parametrize(
    ("official", "may"),
    [
        (official(provinces=("01",), procedures=(PROCEDURE,)), True),
        (official(provinces=("79", "01")), True),
        (official(provinces=()), False),
        (official(procedures=()), False),
    ],
)
def test_an_office_reaches_as_far_as_it_says(official: Official, may: bool) -> None:
    assert official.may_decide("civil-status", "01", PROCEDURE) == may


def test_the_verdict_is_the_approval_or_the_reason() -> None:
    approved, refused = acted(opened(), CLAIM, YES), acted(opened(), CLAIM, NO)
    assert approved.verdict is not None
    assert approved.verdict.refused is None
    assert refused.verdict is not None
    assert refused.verdict.refused is not None
    assert refused.verdict.refused.code == "refused-by-official"


def test_a_second_approval_decides_and_a_second_refusal_too() -> None:
    first = acted(opened(second_person=True), CLAIM, YES)
    assert first.verdict is None
    mine = claim(PROCEDURE, B)
    second = acted(first.waiting, mine, decide(PROCEDURE, B, APPROVE))
    assert second.verdict is not None
    assert second.waiting is not None
    assert [who.name for who in second.waiting.task.approved_by] == [A.name, B.name]
    assert acted(first.waiting, mine, decide(PROCEDURE, B, REFUSE)).verdict is not None


def test_a_supplement_voids_the_first_approval() -> None:
    first = acted(opened(second_person=True), CLAIM, YES)
    asked = acted(first.waiting, claim(PROCEDURE, B), decide(PROCEDURE, B, SUPPLEMENT))
    assert asked.waiting is not None
    assert asked.waiting.task.approved_by == ()


def test_a_claim_ends_when_its_time_is_out_and_not_before() -> None:
    held = acted(opened(), CLAIM).waiting
    assert held is not None
    assert held.until == NOW + timedelta(seconds=60)
    assert REVIEWS.expired(held, NOW + timedelta(seconds=59)) == Step(held, ())
    out = REVIEWS.expired(held, NOW + timedelta(seconds=60))
    assert out.waiting is not None
    assert (out.waiting.until, out.waiting.task.state) == (None, "open")
    assert [type(event) for event in out.events] == [SAID.released]
    assert REVIEWS.expired(out.waiting, NOW + timedelta(days=1)).events == ()


def test_a_claim_can_be_prolonged() -> None:
    later = NOW + timedelta(seconds=50)
    held = acted(acted(opened(), CLAIM).waiting, CLAIM, at=later).waiting
    assert held is not None
    assert held.until == later + timedelta(seconds=60)


def test_a_file_that_was_put_right_is_approved_anew_by_all_and_stays_in_hand() -> None:
    also = decide(PROCEDURE, B, APPROVE)
    half = acted(opened(second_person=True), CLAIM, YES, claim(PROCEDURE, B)).waiting
    assert half is not None
    step = REVIEWS.reexamined(half, FINDING)
    (said,) = step.events
    assert isinstance(said, SAID.reexamined)
    after = said.task
    assert (after.revision, after.finding) == (half.task.revision + 1, FINDING)
    assert (after.approved_by, after.held_by) == ((), B.signatory)
    assert after.held_until == half.task.held_until
    again = REVIEWS.reexamined(half, None).waiting
    assert acted(again, also).verdict is None, "one of two"
    assert acted(again, also, CLAIM, YES).verdict is not None


def supplied() -> Review:
    """Return the review of a file that was supplemented at revision 4, and that A has in hand."""
    asked = acted(opened(), CLAIM, MORE).waiting
    assert asked is not None
    sent = supplement(PROCEDURE, asked.task.request)
    resumed = REVIEWS.resumed(asked, Supplement(sent, STRANGE), None)
    again = acted(resumed.waiting, CLAIM).waiting
    assert again is not None
    assert again.task.revision == 5
    return again


def corrected() -> Review:
    """Return the review of a file that was corrected at revision 3, while A has it in hand."""
    step = REVIEWS.reexamined(acted(opened(), CLAIM).waiting, None)
    prolonged = acted(step.waiting, CLAIM).waiting
    assert prolonged is not None
    assert prolonged.task.revision == 4
    return prolonged


DECISIONS = pytest.mark.parametrize(
    "what", [APPROVE, REFUSE, SUPPLEMENT], ids=lambda w: w["decision"]
)
SEEN = [
    *(
        (opened, (CLAIM,), revision, counts)
        for revision, counts in ((1, True), (2, True), (3, False))
    ),
    *((opened, (CLAIM, AWAY, CLAIM), revision, True) for revision in (1, 2, 3, 4)),
    *((supplied, (), revision, revision in (4, 5)) for revision in range(1, 7)),
    *((corrected, (), revision, revision in (3, 4)) for revision in range(1, 6)),
    *((made, (), None, True) for made in (supplied, corrected)),
]


@DECISIONS
@pytest.mark.parametrize(("made", "acts", "revision", "counts"), SEEN)
def test_a_decision_counts_for_the_file_that_was_seen(
    made: Callable[[], Review],
    acts: tuple[Act, ...],
    revision: int | None,
    counts: bool,
    what: dict[str, Any],
) -> None:
    before = acted(made(), *acts).waiting
    step = acted(before, seen(revision, what))
    assert code(step) == (None if counts else "file-has-changed")
    assert counts or (step.waiting, step.verdict) == (before, None), "it stays in hand"


def test_who_has_not_the_task_in_hand_is_told_so_first() -> None:
    assert code(acted(supplied(), AWAY, seen(1))) == "not-held"


def test_what_was_remembered_before_decisions_named_a_revision_is_of_the_first() -> None:
    stored = opened().model_dump_json(exclude={"examined"})
    assert code(acted(Review.model_validate_json(stored), CLAIM, seen(1))) is None


def test_where_nobody_could_supply_anything_nothing_is_asked_for() -> None:
    held = acted(opened(), CLAIM).waiting
    step = acted(held, MORE, reviews=ASKS_NOBODY)
    assert (code(step), step.waiting) == ("nobody-to-ask", held)
    assert acted(held, YES, reviews=ASKS_NOBODY).verdict is not None
    assert acted(held, NO, reviews=ASKS_NOBODY).verdict is not None


@pytest.mark.parametrize("asked", [False, True], ids=("nothing", "before it was told so"))
def test_where_nobody_could_supply_anything_nothing_is_taken(asked: bool) -> None:
    review = acted(opened(), CLAIM, *((MORE,) if asked else ())).waiting
    assert review is not None
    sent = supplement(PROCEDURE, review.task.request or STRANGE)
    step = acted(review, sent, reviews=ASKS_NOBODY)
    assert (code(step), step.waiting, step.verdict) == ("nothing-asked", review, None)
