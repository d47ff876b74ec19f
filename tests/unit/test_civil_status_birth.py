"""Who decides about a declared birth, and what is said and kept of it."""

from datetime import date, datetime, timedelta
from typing import Any, get_args

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from services.chassis.rules import Approval, Dated, Rules
from services.civil_status import birth
from services.civil_status.rules import RULES, CivilStatusRules, Refusal
from tests.unit.births import CHILD, RECEIVED, TODAY, form, submitted
from tests.unit.driver import Desk, World


def desk(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules, case, world=world or World())


def reviewing(value: Approval, place: str | None = None) -> CivilStatusRules:
    figures = [
        {"from": date(2016, 1, 1), "value": "auto", "source": "test", "confidence": "high"},
        {
            "from": date(2026, 11, 20),
            "place": place,
            "value": value,
            "source": "test",
            "confidence": "high",
        },
    ]
    approval = {"birth-registration": Dated[Approval].model_validate(figures)}
    return RULES.model_copy(update={"approval": approval})


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
    case = desk(rules=reviewing("review", place))
    case.hear(submitted(province=province, received_at=received_at))
    assert (case.state.awaits_official is not None) == waits
    assert bool(case.events) != waits
    assert bool(case.rounds) != waits, "nothing is claimed while an official has not decided"


def test_what_awaits_an_official_is_decided_like_what_does_not() -> None:
    waiting = desk(rules=reviewing("review"))
    waiting.hear(submitted())
    assert isinstance(waiting.state.awaits_official, birth.Application)
    waiting.hear(submitted())
    assert not waiting.events, "heard again, it still waits"
    automatic = desk()
    automatic.hear(submitted())
    context = automatic.context()
    answers = {claim.id: context.owner(claim) for asked in automatic.rounds for claim in asked}
    waiting.answers = answers
    decision = birth.conclude(waiting.state.awaits_official, waiting.context())
    assert list(decision.events) == automatic.events


def test_a_finding_awaits_the_official_too() -> None:
    waiting = desk(rules=reviewing("review"))
    waiting.hear(submitted(form(evidence={"kind": "none"})))
    found = waiting.state.awaits_official
    assert not waiting.events
    decision = birth.conclude(found, waiting.context())
    assert decision.events == (BirthRefused(reason=RULES.reason("evidence-missing")),)


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
    values["day"] = TODAY
    rules: Rules[Refusal] = RULES
    for code in get_args(Refusal):
        reason = rules.reason(code, **values)
        assert reason.vi
        assert reason.en
        assert "{" not in reason.vi + reason.en
