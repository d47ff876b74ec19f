"""The funeral allowance and burial support: who has a right, how much, and never both."""

from datetime import date
from itertools import permutations
from typing import Any, get_args

import pytest

from contracts.common.supplements import SupplementReceived
from contracts.common.tasks import ActDeclined, TaskOpened
from contracts.death.events import BenefitRefused, BurialSupportGranted, FuneralAllowanceGranted
from contracts.death.process import BENEFIT, GROUP
from contracts.envelope import Event
from services.chassis.procedure import TooEarly
from services.social_insurance import death
from services.social_insurance.rules import RULES, Refusal
from tests.unit import officials, supplements
from tests.unit.deaths import (
    ALLOWANCE,
    DECEASED,
    SON,
    SUPPORT,
    TODAY,
    WIDOW,
    deceased,
    desk,
    form,
    registered,
    submitted,
)
from tests.unit.driver import Desk, World

DAUGHTER = "034183000004"
DISASTER = SUPPORT | {"ground": "disaster"}


def after(*events: Event, case: str = "case-1", world: World | None = None) -> Desk:
    office = desk(death.benefit, RULES, case, world)
    for event in events:
        office.hear(event)
    return office


def died(on: str, benefit: dict[str, Any] = ALLOWANCE, **changes: Any) -> Desk:
    return after(registered(died_on=on, benefit=benefit, **changes), deceased(deceased_on=on))


@pytest.mark.parametrize(
    ("on", "level", "amount"),
    [
        ("2023-06-30", 1_490_000, 14_900_000),
        ("2023-07-01", 1_800_000, 18_000_000),
        ("2024-06-30", 1_800_000, 18_000_000),
        ("2024-07-01", 2_340_000, 23_400_000),
        ("2026-06-30", 2_340_000, 23_400_000),
        ("2026-07-01", 2_530_000, 25_300_000),
        ("2026-11-16", 2_530_000, 25_300_000),
    ],
)
def test_funeral_allowance_is_ten_times_the_reference_level_of_the_month_of_death(
    on: str, level: int, amount: int
) -> None:
    event = died(on).said(FuneralAllowanceGranted)
    assert (event.reference_level, event.multiple, event.amount) == (level, 10, amount)
    assert event.month == date.fromisoformat(on).replace(day=1)


@pytest.mark.parametrize(
    ("on", "standard", "usual", "disaster"),
    [
        ("2021-07-01", 360_000, 7_200_000, 18_000_000),
        ("2024-06-30", 360_000, 7_200_000, 18_000_000),
        ("2024-07-01", 500_000, 10_000_000, 25_000_000),
        ("2026-11-16", 500_000, 10_000_000, 25_000_000),
    ],
)
def test_burial_support_is_twenty_times_the_standard_and_fifty_times_in_a_disaster(
    on: str, standard: int, usual: int, disaster: int
) -> None:
    event = died(on, SUPPORT).said(BurialSupportGranted)
    assert (event.standard, event.multiple, event.amount) == (standard, 20, usual)
    event = died(on, DISASTER, cause="disaster").said(BurialSupportGranted)
    assert (event.standard, event.multiple, event.amount) == (standard, 50, disaster)


@pytest.mark.parametrize(
    ("changes", "cause", "granted"),
    [
        ({"contribution_months": 11}, "illness", False),
        ({"contribution_months": 12}, "illness", True),
        ({"contribution_months": 0, "basis": "pension"}, "illness", True),
        ({"contribution_months": 3, "basis": "work-accident"}, "accident", True),
        ({"contribution_months": 300, "basis": "work-accident"}, "illness", False),
    ],
)
def test_funeral_allowance_needs_twelve_months_of_contributions_an_accident_or_a_pension(
    changes: dict[str, Any], cause: str, granted: bool
) -> None:
    case = died("2026-11-16", ALLOWANCE | changes, cause=cause)
    assert [isinstance(event, FuneralAllowanceGranted) for event in case.events] == [granted]


def consents(*answers: bool) -> dict[str, Any]:
    ids = (SON, "034082000004")
    relatives = [
        {"personal_id": id, "consents": yes} for id, yes in zip(ids, answers, strict=False)
    ]
    return ALLOWANCE | {"relatives": relatives}


REFUSED: dict[str, tuple[Refusal, Desk]] = {
    "too few months": (
        "contributions-too-short",
        died("2026-11-16", ALLOWANCE | {"contribution_months": 11}),
    ),
    "no accident": ("no-accident", died("2026-11-16", ALLOWANCE | {"basis": "work-accident"})),
    "one relative of two is against": (
        "relatives-do-not-consent",
        died("2026-11-16", consents(True, False)),
    ),
    "no disaster": ("no-disaster", died("2026-11-16", DISASTER)),
    "an allowance of long ago": ("died-before-the-figures", died("2019-06-30")),
    "support of long ago": ("died-before-the-figures", died("2021-06-30", SUPPORT)),
}


@pytest.mark.parametrize(("code", "case"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused_and_holds_no_claim(code: Refusal, case: Desk) -> None:
    reason = case.said(BenefitRefused).reason
    assert reason.code == code
    assert reason.vi != reason.en
    assert "{" not in reason.vi + reason.en
    assert not case.records
    assert case.world.of("case-1") == {f"life/{DECEASED}"}, "only that somebody has died"


def test_every_reason_has_a_case() -> None:
    births = {"six-or-older", "no-residence"}
    reached = {code for code, _ in REFUSED.values()}
    assert births | reached | {"granted-before", "payee-deceased"} == set(get_args(Refusal))


def test_the_first_day_of_the_figures_has_them() -> None:
    assert died("2019-07-01").said(FuneralAllowanceGranted).amount == 14_900_000
    assert died("2021-07-01", SUPPORT).said(BurialSupportGranted).amount == 7_200_000


@pytest.mark.parametrize("answers", [(), (True,), (True, True)])
def test_relatives_who_all_consent_let_the_allowance_be_granted(answers: tuple[bool, ...]) -> None:
    assert died("2026-11-16", consents(*answers)).said(FuneralAllowanceGranted).payee == WIDOW


def test_burial_support_needs_no_consent() -> None:
    assert died("2026-11-16", SUPPORT).said(BurialSupportGranted).payee == WIDOW


@pytest.mark.parametrize("order", list(permutations([registered(), deceased()])))
def test_nothing_is_granted_for_who_may_live_in_any_order(order: tuple[Event, ...]) -> None:
    case = after(order[0])
    assert not case.events, "one fact alone decides nothing"
    case.hear(order[1])
    case.said(FuneralAllowanceGranted)
    for event in order:
        case.hear(event)
    assert len(case.events) == len(case.records) == 1


@pytest.mark.parametrize("benefits", list(permutations([ALLOWANCE, SUPPORT])))
def test_never_both_and_neither_twice(benefits: tuple[dict[str, Any], ...]) -> None:
    """In another case the deceased is marked once more only if the first is void: wait and see."""
    world = World()
    after(registered(benefit=benefits[0]), deceased(), world=world)
    again = after(registered(benefit=benefits[1]), case="case-2", world=world)
    with pytest.raises(TooEarly):
        again.hear(deceased())
    assert not again.events
    assert world.of("case-2") == set()


def test_whatever_another_case_was_granted_excludes_both() -> None:
    """The life is claimed before, so nobody should come so far."""
    world = World()
    world.taken("funeral-benefit", DECEASED)
    reason = after(registered(), deceased(), world=world).said(BenefitRefused).reason
    assert (reason.code, reason.refers_to) == ("granted-before", "another-case")


def test_what_was_reckoned_with_is_frozen_in_the_decision_and_its_row() -> None:
    case = died("2024-06-30")
    event, row = case.said(FuneralAllowanceGranted), case.row("benefits")
    assert event.decided_on == TODAY
    assert row["kind"] == "allowance"
    assert (row["month"], row["reference_level"], row["multiple"]) == ("2024-06-01", 1_800_000, 10)
    assert (row["basis"], row["contribution_months"]) == ("contributions", 318)
    assert (row["deceased"], row["payee"], row["amount"]) == (DECEASED, WIDOW, 18_000_000)
    assert case.records[0].key == event.decision_number


@pytest.mark.parametrize("order", list(permutations([0, 1])))
@pytest.mark.parametrize(
    "changes",
    [{"benefit": None}, {"bundle": GROUP.bundle("without-benefit", TODAY)}],
)
def test_nothing_happens_where_no_benefit_is_asked_for(
    order: tuple[int, ...], changes: dict[str, Any]
) -> None:
    events = [registered(**changes), deceased()]
    case = after(*(events[n] for n in order))
    assert not case.events
    assert case.state.outcome == "not-asked"


@pytest.mark.parametrize(
    ("decision", "granted"), [(officials.APPROVE, True), (officials.REFUSE, False)]
)
def test_where_policy_says_review_an_official_decides(
    decision: dict[str, Any], granted: bool
) -> None:
    case = desk(death.benefit, officials.reviewed(RULES, BENEFIT))
    for event in (registered(), deceased(), registered(), deceased()):
        case.hear(event)
    task = case.said(TaskOpened).task
    assert (task.procedure, task.province, task.finding) == (BENEFIT, "33", None)
    who = officials.official(agency="social-insurance")
    case.hear(officials.claim(BENEFIT, who))
    case.hear(officials.decide(BENEFIT, who, decision))
    assert isinstance(case.events[-1], FuneralAllowanceGranted if granted else BenefitRefused)


@pytest.mark.parametrize(
    ("corrected", "payee"), [(None, WIDOW), (ALLOWANCE | {"payee": DAUGHTER}, DAUGHTER)]
)
def test_what_the_family_supplies_is_examined_and_may_name_another_payee(
    corrected: dict[str, Any] | None, payee: str
) -> None:
    case = desk(death.benefit, officials.reviewed(RULES, BENEFIT))
    for event in (registered(), deceased()):
        case.hear(event)
    request = supplements.asked(case, "social-insurance", BENEFIT)
    declaration = submitted(form(benefit=corrected)) if corrected else None
    case.hear(supplements.supplement(BENEFIT, request, declaration=declaration))
    assert case.said(SupplementReceived).task.state == "open"
    who = officials.official(agency="social-insurance")
    case.hear(officials.claim(BENEFIT, who))
    case.hear(officials.decide(BENEFIT, who, officials.APPROVE))
    assert case.said(FuneralAllowanceGranted).payee == payee


def test_a_supplement_that_shows_that_there_is_no_right_leaves_an_official_only_to_refuse() -> None:
    case = desk(death.benefit, officials.reviewed(RULES, BENEFIT))
    for event in (registered(), deceased()):
        case.hear(event)
    request = supplements.asked(case, "social-insurance", BENEFIT)
    shown = submitted(form(benefit=ALLOWANCE | {"contribution_months": 11}))
    case.hear(supplements.supplement(BENEFIT, request, declaration=shown))
    finding = case.said(SupplementReceived).task.finding
    assert finding is not None
    assert finding.code == "contributions-too-short"
    who = officials.official(agency="social-insurance")
    case.hear(officials.claim(BENEFIT, who))
    case.hear(officials.decide(BENEFIT, who, officials.APPROVE))
    assert case.said(ActDeclined).reason.code == "rules-refuse"
    case.hear(officials.decide(BENEFIT, who, {"decision": "refuse"}))
    assert case.said(BenefitRefused).reason.code == "contributions-too-short"


def test_nobody_decides_about_a_benefit_that_they_would_receive() -> None:
    case = desk(death.benefit, officials.reviewed(RULES, BENEFIT))
    for event in (registered(), deceased()):
        case.hear(event)
    who = officials.official(agency="social-insurance", person_id=WIDOW)
    case.hear(officials.claim(BENEFIT, who))
    assert case.said(ActDeclined).reason.code == "own-case"
