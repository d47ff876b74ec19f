"""An adopted case is handed over: its task is opened anew, and somebody adopts it or nobody."""

from typing import Any

import pytest

from contracts.birth.process import BIRTH, ORPHANED_BIRTH
from contracts.common.events import AdoptionReopened, CaseAbandoned, CaseAdopted, HandoverRequested
from contracts.common.tasks import ActDeclined, Official, TaskClaimed, TaskDecided
from contracts.death.process import ORPHANED_DEATH
from contracts.envelope import Event
from contracts.model import Reason
from services.civil_status import orphans
from services.civil_status.rules import RULES
from services.portal.adoptions import ADOPTIONS, adoption
from tests.unit.driver import Desk
from tests.unit.officials import APPROVE, REASON, REFUSE, claim, decide, handover, official
from tests.unit.test_orphaned_cases import MOTHER, ORPHANED, WITNESS, orphaned

NAME = ORPHANED_BIRTH
ADOPTER, NEXT = official(1), official(2)
HANDED = handover(NAME, NEXT, persons=(MOTHER, WITNESS))


def adopted(by: Official = ADOPTER, case: Desk | None = None, name: str = NAME) -> Desk:
    """Return a case that this official has adopted."""
    desk = case or orphaned()
    desk.hear(claim(name, by))
    desk.hear(decide(name, by, APPROVE))
    return desk


def all_said(case: Desk, kind: type[Event]) -> list[Any]:
    return [each for each in case.events if isinstance(each, kind)]


@pytest.mark.parametrize(
    ("procedure", "name"), [(orphans.birth, ORPHANED_BIRTH), (orphans.death, ORPHANED_DEATH)]
)
@pytest.mark.parametrize("by", [ADOPTER, NEXT])
@pytest.mark.parametrize("then", [ADOPTER, NEXT])
def test_who_leaves_or_another_hands_over_and_anybody_adopts_again(
    procedure: Any, name: str, by: Official, then: Official
) -> None:
    case = adopted(case=orphaned(procedure), name=name)
    task = all_said(case, TaskDecided)[-1].task
    case.hear(handover(name, by))
    said = case.said(AdoptionReopened)
    assert (said.by, said.reason.code) == (by.signatory, "handed-over")
    assert (said.reason.vi, said.reason.en) == (REASON["vi"], REASON["en"])
    assert (said.task.state, said.task.held_by, said.task.approved_by) == ("open", None, ())
    assert (said.task.task_id, said.task.revision) == (task.task_id, task.revision + 1)
    assert len(all_said(case, CaseAdopted)) == 1, "until then it answers to who adopted it"
    adopted(then, case, name)
    assert [each.by for each in all_said(case, CaseAdopted)] == [
        ADOPTER.signatory,
        then.signatory,
    ]


def test_an_official_may_leave_the_case_after_a_handover_and_then_it_is_nobodys() -> None:
    case = adopted()
    case.hear(HANDED)
    case.hear(claim(NAME, NEXT))
    case.hear(decide(NAME, NEXT, REFUSE))
    assert case.said(CaseAbandoned).deceased == MOTHER
    case.hear(handover(NAME, ADOPTER))
    assert all_said(case, AdoptionReopened)[-1].task.state == "open", "and not for ever"
    adopted(ADOPTER, case)
    assert all_said(case, CaseAdopted)[-1].by == ADOPTER.signatory


def test_what_is_handed_over_says_since_when_it_waits() -> None:
    case = adopted()
    before = case.now
    case.now = before.replace(year=2027)
    case.hear(HANDED)
    assert case.said(AdoptionReopened).task.opened_at == case.now


def left() -> Desk:
    """Return a case that nobody goes on with."""
    case = orphaned()
    case.hear(claim(NAME, ADOPTER))
    case.hear(decide(NAME, ADOPTER, REFUSE))
    return case


def claimed() -> Desk:
    """Return a case that somebody thinks about."""
    case = orphaned()
    case.hear(claim(NAME, ADOPTER))
    return case


def handed() -> Desk:
    """Return a case that waits for its next adopter."""
    case = adopted()
    case.hear(HANDED)
    return case


FAMILY, FAR, FOREIGN, OTHERS = (
    official(3, person_id=WITNESS),
    official(4, provinces=("79",)),
    official(5, "residence"),
    official(6, procedures=(BIRTH,)),
)


@pytest.mark.parametrize(
    ("case", "act", "code"),
    [
        (Desk(orphans.birth, RULES), HANDED, "not-adopted"),
        (orphaned(), HANDED, "awaits-adoption"),
        (claimed(), HANDED, "awaits-adoption"),
        (handed(), handover(NAME, ADOPTER), "awaits-adoption"),
        (adopted(), handover(NAME, FAMILY), "own-case"),
        (adopted(), handover(NAME, NEXT, persons=(NEXT.person_id,)), "own-case"),
        (adopted(), handover(NAME, FAR), "not-yours"),
        (adopted(), handover(NAME, FOREIGN), "not-yours"),
        (adopted(), handover(NAME, OTHERS), "not-yours"),
    ],
)
def test_what_does_not_count_is_answered_and_changes_nothing(
    case: Desk, act: HandoverRequested, code: str
) -> None:
    before, stood = len(case.events), case.state
    case.hear(act)
    (answer,) = case.events[before:]
    assert isinstance(answer, ActDeclined)
    assert (answer.by, answer.reason.code) == (act.official.signatory, code)
    assert answer.task_id == act.task_id
    assert case.state == stood


def test_a_handover_of_another_procedure_is_none_of_this_one() -> None:
    case = adopted()
    before = len(case.events)
    case.hear(handover(BIRTH, NEXT))
    assert len(case.events) == before


def test_a_handover_before_the_case_is_orphaned_harms_nothing() -> None:
    case = Desk(orphans.birth, RULES)
    case.hear(HANDED)
    case.hear(ORPHANED)
    case.hear(claim(NAME, ADOPTER))
    assert case.said(TaskClaimed).by == ADOPTER.signatory


A, B = ADOPTER.signatory, NEXT.signatory
LEFT = CaseAbandoned(deceased=MOTHER, reason=Reason(code="x", vi="Hết.", en="Over."))
LEFT_AT_6 = LEFT.model_copy(update={"revision": 6})


@pytest.mark.parametrize(
    ("heard", "by"),
    [
        ([(CaseAdopted(deceased=MOTHER, by=A), 3)], A.person_id),
        ([(CaseAdopted(deceased=MOTHER, by=A), 3), (CaseAdopted(deceased=MOTHER, by=B), 6)], "B"),
        ([(CaseAdopted(deceased=MOTHER, by=B), 6), (CaseAdopted(deceased=MOTHER, by=A), 3)], "B"),
        ([(CaseAdopted(deceased=MOTHER, by=B), 6), (CaseAdopted(deceased=MOTHER, by=B), 6)], "B"),
        ([(CaseAdopted(deceased=MOTHER, by=A), 3), (LEFT, 6)], None),
        ([(LEFT, 6), (CaseAdopted(deceased=MOTHER, by=A), 3)], None),
        ([(CaseAdopted(deceased=MOTHER), 3)], None),
        ([(CaseAdopted(deceased=MOTHER, by=A, revision=3), 1), (LEFT_AT_6, 1)], None),
        ([(LEFT_AT_6, 1), (CaseAdopted(deceased=MOTHER, by=A, revision=3), 1)], None),
    ],
)
def test_the_portal_knows_the_newest_adopter_in_whichever_order_it_hears(
    heard: list[tuple[Event, int]], by: str | None
) -> None:
    desk = Desk(adoption, None)
    for event, entry in heard:
        desk.hear(event, entry)
    assert [each.register for each in desk.records] == [ADOPTIONS] * len(desk.records)
    ever = {event.by.person_id for event, _ in heard if isinstance(event, CaseAdopted) and event.by}
    assert desk.records[-1].row() == {
        "by": B.person_id if by == "B" else by,
        "ever": sorted(ever),
    }
