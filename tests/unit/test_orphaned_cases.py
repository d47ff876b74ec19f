"""The case of a declarant who has died waits for an official, where nobody else is left."""

from typing import Any

import pytest

from contracts.birth.process import ORPHANED_BIRTH
from contracts.common.events import CaseAbandoned, CaseAdopted, CaseOrphaned
from contracts.common.orphans import OFFICE
from contracts.common.review import Reviews
from contracts.common.supplements import SupplementDeclined
from contracts.common.tasks import ActDeclined, TaskOpened
from contracts.death.process import ORPHANED_DEATH
from contracts.envelope import Event
from services.chassis.gate import CLAIM
from services.chassis.procedure import Procedure
from services.civil_status import orphans
from services.civil_status.rules import RULES
from tests.unit import officials, supplements
from tests.unit.driver import Desk

MOTHER, WITNESS = "001196001000", "001185002000"
ORPHANED = CaseOrphaned(deceased=MOTHER, province="01", persons=(MOTHER, WITNESS))


def orphaned(procedure: Procedure[Any] = orphans.birth) -> Desk:
    case = Desk(procedure, RULES)
    case.hear(ORPHANED)
    case.hear(ORPHANED)
    return case


@pytest.mark.parametrize(
    ("procedure", "name"), [(orphans.birth, ORPHANED_BIRTH), (orphans.death, ORPHANED_DEATH)]
)
@pytest.mark.parametrize(
    ("decision", "end"), [(officials.APPROVE, CaseAdopted), (officials.REFUSE, CaseAbandoned)]
)
def test_an_official_takes_the_case_in_hand_or_leaves_it(
    procedure: Procedure[Any], name: str, decision: dict[str, Any], end: type[Event]
) -> None:
    case = orphaned(procedure)
    task = case.said(TaskOpened).task
    assert (task.procedure, task.province, task.second_person) == (name, "01", False)
    who = officials.official()
    case.hear(officials.claim(name, who))
    case.hear(officials.decide(name, who, decision))
    said = vars(case.said(end))
    assert said["deceased"] == MOTHER
    assert end is CaseAbandoned or said["by"] == who.signatory


@pytest.mark.parametrize("person", [MOTHER, WITNESS])
def test_nobody_whom_the_declaration_names_takes_it(person: str) -> None:
    case = orphaned()
    case.hear(officials.claim(ORPHANED_BIRTH, officials.official(person_id=person)))
    assert case.said(ActDeclined).reason.code == "own-case"


def test_an_official_of_another_province_does_not_take_it() -> None:
    case = orphaned()
    case.hear(officials.claim(ORPHANED_BIRTH, officials.official(provinces=("79",))))
    assert case.said(ActDeclined).reason.code == "not-yours"


def test_what_an_older_portal_said_has_no_province_and_waits_all_the_same() -> None:
    case = Desk(orphans.birth, RULES)
    case.hear(CaseOrphaned(deceased=MOTHER))
    assert case.said(TaskOpened).task.province is None


@pytest.mark.parametrize(
    ("procedure", "name"), [(orphans.birth, ORPHANED_BIRTH), (orphans.death, ORPHANED_DEATH)]
)
def test_nothing_is_asked_of_a_case_that_nobody_has_and_the_task_stays_in_hand(
    procedure: Procedure[Any], name: str
) -> None:
    case, who = orphaned(procedure), officials.official()
    case.hear(officials.claim(name, who))
    held = case.state
    case.hear(officials.decide(name, who, officials.SUPPLEMENT))
    assert case.said(ActDeclined).reason.code == "nobody-to-ask"
    assert case.state == held
    case.hear(officials.decide(name, who, officials.APPROVE))
    assert case.said(CaseAdopted).by == who.signatory


def test_a_supplement_adopts_nothing_whatever_it_names() -> None:
    case = orphaned()
    case.hear(supplements.supplement(ORPHANED_BIRTH, supplements.STRANGE))
    assert case.said(SupplementDeclined).reason.code == "nothing-asked"
    assert not [each for each in case.events if isinstance(each, CaseAdopted)]


def test_what_was_asked_for_before_nobody_was_to_be_asked_lapses() -> None:
    asking = Reviews(OFFICE, ORPHANED_BIRTH)
    case, who = orphaned(), officials.official()
    case.hear(officials.claim(ORPHANED_BIRTH, who))
    asked = officials.decide(ORPHANED_BIRTH, who, officials.SUPPLEMENT)
    step = asking.heard(case.state.review, asked, supplements.STRANGE, case.now)
    case.state = case.state.with_(review=step.waiting)
    assert step.waiting is not None
    assert step.waiting.until is not None
    case.deadlines[CLAIM] = step.waiting.until
    case.time_out(CLAIM)
    assert case.said(CaseAbandoned).reason.code == "supplement-not-received"
