"""Who decides about a declared birth, and what is said and kept of it."""

from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from contracts.birth.events import BirthRegistered
from contracts.birth.process import BIRTH
from contracts.common.task_events import task_events
from services.chassis.rules import Rules
from services.civil_status import birth
from services.civil_status.rules import RULES, Refusal
from tests.unit.births import CHILD, RECEIVED, TODAY, form, submitted
from tests.unit.driver import Desk, World
from tests.unit.officials import reviewed


def desk(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules, case, world=world or World())


@pytest.mark.parametrize(
    ("place", "province", "received_at", "waits"),
    [
        (None, "79", RECEIVED, True),
        ("79", "79", RECEIVED, True),
        ("79", "01", RECEIVED, False),
        ("79", "79", RECEIVED - timedelta(days=1), False),
    ],
)
def test_policy_by_province_and_day_says_whether_an_official_decides(
    place: str | None, province: str, received_at: datetime, waits: bool
) -> None:
    since = "2026-11-20"
    rules = reviewed(RULES, BIRTH, place=place or "", since=since)
    case = desk(rules=rules)
    case.hear(submitted(province=province, received_at=received_at))
    assert (case.state.awaits_official is not None) == waits
    assert [type(event) is task_events("civil-status").opened for event in case.events] == [waits]
    assert bool(case.rounds) != waits, "nothing is claimed while an official has not decided"


def test_a_second_hearing_another_group_and_another_bundle_change_nothing() -> None:
    case = desk()
    assert case.hear(submitted(bundle=())).state == birth.registration.initial
    assert case.hear(submitted(group="death")).state == birth.registration.initial
    case.hear(submitted())
    case.hear(submitted())
    assert len(case.events) == 1


def test_fields_of_a_later_form_are_no_mistake_of_the_family() -> None:
    case = desk()
    case.hear(submitted(form() | {"new_in_2027": True}))
    case.said(BirthRegistered)


def test_a_parent_whom_the_declaration_does_not_carry_is_an_error_not_a_refusal() -> None:
    with pytest.raises(LookupError):
        desk().hear(submitted(people={}))


def test_the_row_of_births_holds_plain_values() -> None:
    case = desk()
    case.hear(submitted())
    row = case.row("births")
    assert row["born_on"] == CHILD["born_on"]
    assert all(isinstance(value, str | int | bool | None) for value in row.values())


def test_every_sentence_can_be_made_in_both_languages() -> None:
    values: dict[str, Any] = {"days": 7, "from_day": TODAY, "years": 120, "case": "case-1"}
    values |= {"day": TODAY, "number": "12/2026", "court": "TAND"}
    rules: Rules[Refusal] = RULES
    for code in get_args(Refusal):
        reason = rules.reason(code, **values)
        assert reason.vi
        assert reason.en
        assert "{" not in reason.vi + reason.en
