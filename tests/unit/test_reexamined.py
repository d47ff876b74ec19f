"""A file is put right while officials have it: what the rules find is told; all approve anew."""

from uuid import UUID

import pytest

from contracts.common.tasks import TaskReexamined
from contracts.compensation.events import BirthCorrected
from tests.unit.births import child
from tests.unit.officials import APPROVE, claim, decide, official
from tests.unit.test_births_reviewed import OFFICES, Office, ends, held, one

CORRECTED = BirthCorrected(
    request=UUID(int=1),
    by=official().signatory,
    registration_number="KS-01-2026-00000042",
    decision_number="1/QĐ",
    corrected=("full_name",),
    child=child(full_name="Trần Gia Khoa"),
)
LATER = [office for office in OFFICES if BirthCorrected.type in office.procedure.handles]
"""Civil status corrects what it has registered: by then it has no task."""


def test_these_are_all_agencies_that_hear_of_corrections() -> None:
    assert {office.agency for office in LATER} == {"population", "residence", "social-insurance"}


@pytest.mark.parametrize("office", LATER, ids=lambda office: office.name)
def test_a_correction_asks_for_both_approvals_anew(office: Office) -> None:
    first, second = one(office, 1), one(office, 2)
    case = held(office, first, "review-by-two")
    case.hear(decide(office.name, first, APPROVE))
    case.hear(claim(office.name, second))
    case.hear(CORRECTED, entry=4)
    task = case.said(TaskReexamined).task
    assert (task.approved_by, task.held_by) == ((), second.signatory)
    assert case.state.review.task == task
    case.hear(decide(office.name, second, APPROVE))
    assert not ends(case, office), "one of two"
    case.hear(claim(office.name, first))
    case.hear(decide(office.name, first, APPROVE))
    assert len(ends(case, office)) == 1


@pytest.mark.parametrize("office", LATER, ids=lambda office: office.name)
def test_what_is_decided_is_not_looked_at_again(office: Office) -> None:
    who = one(office)
    case = held(office, who)
    case.hear(decide(office.name, who, APPROVE))
    case.hear(CORRECTED, entry=4)
    assert not [event for event in case.events if isinstance(event, TaskReexamined)]
