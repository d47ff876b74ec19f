"""What residence and payments make of a registered death."""

import re
from itertools import permutations
from typing import Any

import pytest

from contracts.common.events import FeeRefunded, FeeSettled
from contracts.common.tasks import TaskOpened
from contracts.compensation.events import ResidenceRestored
from contracts.death.events import (
    BurialSupportGranted,
    DeathRefused,
    FuneralAllowanceGranted,
    PayoutOrdered,
    RemovalRefused,
    ResidenceRemoved,
)
from contracts.death.process import GROUP, REMOVAL
from contracts.envelope import Event
from contracts.model import Reason
from services.payments import death as payments
from services.payments import payout as payouts
from services.payments.rules import RULES as PAYMENTS
from services.residence import death as residence
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import death as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import officials
from tests.unit.deaths import (
    DECEASED,
    SON,
    SUPPORT,
    TODAY,
    deceased,
    desk,
    form,
    people,
    registered,
    submitted,
)
from tests.unit.driver import Desk, World
from tests.unit.fees import balances, line
from tests.unit.requests import REVOKED

WHY = Reason(code="notice-missing", vi="Không có giấy báo tử.", en="There is no notice.")
REFUSED = DeathRefused(reason=WHY)


@pytest.mark.parametrize("order", list(permutations([registered(), deceased(), deceased()])))
def test_residence_is_removed_when_both_facts_are_there(order: tuple[Event, ...]) -> None:
    case = desk(residence.removal, RESIDENCE)
    for event in (*order, *order):
        case.hear(event)
    event = case.said(ResidenceRemoved)
    assert (event.removed_on, event.owned_household) == (TODAY, True)
    assert re.fullmatch(r"XT-33-2026-[0-9]{8}", event.confirmation_number)
    assert case.row("removals")["personal_id"] == DECEASED
    assert len(case.events) == len(case.records) == 1


def test_who_is_removed_again_after_a_judgement_has_another_number() -> None:
    world, given = World(), set()
    for name in ("case-1", "case-2"):
        case = desk(residence.removal, RESIDENCE, name, world)
        for event in (registered(), deceased()):
            case.hear(event)
        given.add(case.said(ResidenceRemoved).confirmation_number)
        case.hear(REVOKED)
        restored = case.said(ResidenceRestored)
        assert restored.confirmation_number == case.said(ResidenceRemoved).confirmation_number
    assert len(given) == 2, "papers of two cases are told apart by their numbers"


def test_a_number_that_is_taken_is_given_to_nobody_else() -> None:
    first, world = desk(residence.removal, RESIDENCE), World()
    for event in (registered(), deceased()):
        first.hear(event)
    number = first.said(ResidenceRemoved).confirmation_number
    world.taken("confirmation-number", number)
    again = desk(residence.removal, RESIDENCE, world=world)
    for event in (registered(), deceased()):
        again.hear(event)
    assert again.said(ResidenceRemoved).confirmation_number != number


@pytest.mark.parametrize("fact", [registered(), deceased()])
def test_one_fact_alone_removes_no_residence(fact: Event) -> None:
    case = desk(residence.removal, RESIDENCE)
    case.hear(fact)
    assert not case.events


def test_another_owner_of_the_household_stays() -> None:
    case = desk(residence.removal, RESIDENCE)
    case.hear(registered(deceased=people(household_owner=SON)[DECEASED]))
    case.hear(deceased())
    assert not case.said(ResidenceRemoved).owned_household


def test_a_foreigner_has_no_permanent_residence_to_remove() -> None:
    case = desk(residence.removal, RESIDENCE)
    case.hear(registered(deceased=people(nationality="KR")[DECEASED]))
    case.hear(deceased())
    assert case.said(RemovalRefused).reason.code == "no-permanent-residence"
    assert not case.records


@pytest.mark.parametrize("order", list(permutations([0, 1])))
def test_residence_stays_where_the_bundle_does_not_ask_for_its_removal(
    order: tuple[int, ...],
) -> None:
    events = [registered(bundle=GROUP.bundle("without-residence", TODAY)), deceased()]
    case = desk(residence.removal, RESIDENCE)
    for n in order:
        case.hear(events[n])
    assert not case.events
    assert case.state.outcome == "not-asked"


@pytest.mark.parametrize("nationality", ["VN", "KR"])
def test_where_policy_says_review_an_official_decides_about_the_removal(nationality: str) -> None:
    case = desk(residence.removal, officials.reviewed(RESIDENCE, REMOVAL))
    person = people(nationality=nationality)[DECEASED]
    for event in (registered(deceased=person), deceased(), registered(deceased=person), deceased()):
        case.hear(event)
    finding = case.said(TaskOpened).task.finding
    assert (finding and finding.code) == (None if nationality == "VN" else "no-permanent-residence")
    who = officials.official(agency="residence")
    case.hear(officials.claim(REMOVAL, who))
    case.hear(officials.decide(REMOVAL, who, officials.APPROVE if finding is None else REFUSE_SO))
    assert isinstance(case.events[-1], RemovalRefused if finding else ResidenceRemoved)


REFUSE_SO: dict[str, Any] = {"decision": "refuse"}


def granted(**changes: Any) -> Event:
    office = desk(social_insurance.benefit, SOCIAL_INSURANCE)
    office.hear(registered(**changes))
    office.hear(deceased())
    (event,) = office.events
    return event


@pytest.mark.parametrize(
    ("event", "fund"),
    [
        (granted(), "social-insurance-fund"),
        (granted(benefit=SUPPORT), "state-budget"),
    ],
)
def test_a_benefit_is_ordered_once_from_the_fund_that_bears_it(event: Event, fund: str) -> None:
    assert isinstance(event, FuneralAllowanceGranted | BurialSupportGranted)
    case = desk(payouts.payout, PAYMENTS)
    case.hear(event)
    case.hear(event)
    ordered = case.said(PayoutOrdered)
    assert (ordered.amount, ordered.payee) == (event.amount, event.payee)
    assert ordered.decision_number == event.decision_number
    assert ordered.payout == event.payout
    postings = [record for record in case.records if record.register == "ledger"]
    assert balances(postings) == {fund: event.amount, "benefits-payable": -event.amount}


def fees(*events: Event) -> Desk:
    case = desk(payments.fee_settlement, PAYMENTS)
    for event in events:
        case.hear(event)
    return case


@pytest.mark.parametrize(
    ("died_on", "due", "why"),
    [
        ("2026-11-05", 0, "death-declared-on-time"),
        ("2026-11-04", 8_000, None),
    ],
)
def test_a_death_declared_on_time_is_free_and_a_late_one_costs_what_the_province_sets(
    died_on: str, due: int, why: str | None
) -> None:
    event = fees(submitted(form(died_on=died_on))).said(FeeSettled)
    assert line(event, "death-registration") == (due, 0, due, why)
    assert event.due == due


@pytest.mark.parametrize("copies", [0, 1, 20])
def test_each_certificate_copy_costs_eight_thousand(copies: int) -> None:
    assert fees(submitted(form(certificate_copies=copies))).said(FeeSettled).due == 8_000 * copies


def test_removal_and_benefit_cost_nothing() -> None:
    codes = [line.code for line in fees(submitted()).said(FeeSettled).lines]
    assert codes == ["death-registration"]


@pytest.mark.parametrize("order", list(permutations([0, 1])))
def test_in_any_order_a_refused_declaration_costs_nothing(order: tuple[int, ...]) -> None:
    events = [submitted(form(certificate_copies=3, died_on="2026-10-01")), REFUSED]
    case = fees(*(events[n] for n in order), *events)
    paid = case.said(FeeSettled).due
    back = sum(event.amount for event in case.events if isinstance(event, FeeRefunded))
    assert paid == back
    assert all(value == 0 for value in balances(case.records).values())


def test_another_group_or_a_bundle_without_fees_is_not_charged() -> None:
    assert not fees(submitted(group="birth")).events
    assert not fees(submitted(bundle=("death-registration",))).events
