"""Whose key signs: that of the official whose verdict it is, and the agency's where nobody's is."""

from typing import Any

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.process import BIRTH
from services.civil_status import birth as civil_status
from services.civil_status.rules import RULES
from tests.unit.births import submitted
from tests.unit.driver import Desk
from tests.unit.officials import APPROVE, REFUSE, SUPPLEMENT, claim, decide, official, reviewed

ONE, TWO = official(1), official(2)


def desk(rules: Any) -> Desk:
    return Desk(civil_status.registration, rules)


def test_what_the_rules_approve_the_agency_signs() -> None:
    decision = desk(RULES).hear(submitted())
    assert isinstance(decision.events[0], BirthRegistered)
    assert decision.signatory is None


@pytest.mark.parametrize(("decided", "event"), [(APPROVE, BirthRegistered), (REFUSE, BirthRefused)])
def test_what_an_official_decides_they_sign(decided: dict[str, Any], event: type) -> None:
    case = desk(reviewed(RULES, BIRTH))
    assert case.hear(submitted()).signatory is None
    assert case.hear(claim(BIRTH, ONE)).signatory is None
    decision = case.hear(decide(BIRTH, ONE, decided))
    assert isinstance(decision.events[-1], event)
    assert decision.signatory == ONE.person_id


def test_of_two_who_approve_the_second_decides_and_signs() -> None:
    case = desk(reviewed(RULES, BIRTH, "review-by-two"))
    case.hear(submitted())
    case.hear(claim(BIRTH, ONE))
    assert case.hear(decide(BIRTH, ONE, APPROVE)).signatory is None
    case.hear(claim(BIRTH, TWO))
    decision = case.hear(decide(BIRTH, TWO, APPROVE))
    assert isinstance(decision.events[-1], BirthRegistered)
    assert decision.signatory == TWO.person_id


def test_who_asks_for_a_supplement_or_counts_for_nothing_signs_nothing() -> None:
    case = desk(reviewed(RULES, BIRTH))
    case.hear(submitted())
    assert case.hear(decide(BIRTH, ONE, APPROVE)).signatory is None
    case.hear(claim(BIRTH, ONE))
    assert case.hear(decide(BIRTH, ONE, SUPPLEMENT)).signatory is None
