"""A benefit is paid once: by the first payment that the bank confirms, wherever it went."""

from itertools import permutations
from typing import Any

import pytest

from contracts.common.events import PayoutInstructed
from contracts.death.events import (
    DestinationRequested,
    OverpaymentFound,
    PaymentReported,
    PayoutConfirmed,
    PayoutOrdered,
)
from contracts.envelope import Event
from services.payments import payout
from services.payments.rules import RULES
from services.payments.transfers import SETTLED, TRANSFERS
from services.social_insurance import death as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.deaths import ACCOUNT, SON, SUPPORT, WIDOW, deceased, desk, registered
from tests.unit.driver import NOW, Desk
from tests.unit.fees import balances

AMOUNT = 25_300_000
CASH = {"method": "cash", "office": "Ủy ban nhân dân xã Kiến Xương"}
POST = {"method": "post", "address": "Thôn Nam, xã Kiến Xương"}
FIRST, SECOND, THIRD = "case-1.1", "case-1.2", "case-1.3"


def granted(**changes: Any) -> Event:
    office = desk(social_insurance.benefit, SOCIAL_INSURANCE)
    office.hear(registered(**changes))
    office.hear(deceased())
    (event,) = office.events
    return event


def report(payment: str, outcome: str = "paid", cause: str | None = None) -> PaymentReported:
    said = {
        "payment_id": payment,
        "outcome": outcome,
        "reported_at": NOW,
        "reference": f"FT-{payment}",
        "cause": cause,
    }
    return PaymentReported.model_validate(said)


def rejected(payment: str, cause: str = "account-closed") -> PaymentReported:
    return report(payment, "rejected", cause)


def instruction(to: dict[str, str] = CASH, by: str = WIDOW) -> PayoutInstructed:
    """Said by the payee, unless by another."""
    return PayoutInstructed.model_validate({"by": by, "declared": False, "payout": to})


def after(*events: Event) -> Desk:
    case = desk(payout.payout, RULES)
    for event in events:
        case.hear(event)
    return case


def books(case: Desk) -> dict[str, int]:
    return balances(record for record in case.records if record.register == "ledger")


def said(case: Desk, kind: type[Event]) -> list[Event]:
    return [event for event in case.events if isinstance(event, kind)]


OWED = {"social-insurance-fund": AMOUNT, "benefits-payable": -AMOUNT}
PAID = {"social-insurance-fund": AMOUNT, "benefits-payable": 0, "cash-at-bank": -AMOUNT}


def test_what_is_ordered_is_owed_and_not_yet_paid() -> None:
    case = after(granted())
    assert case.said(PayoutOrdered).payment_id == FIRST
    assert not said(case, PayoutConfirmed)
    assert books(case) == OWED
    row = case.row(TRANSFERS)
    assert (row["amount"], row["payee"], row["payout"]) == (AMOUNT, WIDOW, ACCOUNT)
    assert (row["open"], row["tries"], row["case_id"]) == (True, 0, "case-1")


def test_only_what_the_bank_confirms_is_paid() -> None:
    case = after(granted(), report(FIRST))
    confirmed = case.said(PayoutConfirmed)
    assert (confirmed.payment_id, confirmed.amount, confirmed.paid_at) == (FIRST, AMOUNT, NOW)
    assert confirmed.reference == f"FT-{FIRST}"
    assert books(case) == PAID


def test_a_second_confirmation_of_the_same_payment_says_nothing() -> None:
    case = after(granted(), report(FIRST), report(FIRST))
    assert len(case.events) == 2
    assert books(case) == PAID


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("account-closed", "account-closed"),
        ("account-unknown", "account-unknown"),
        ("limit-exceeded", "payment-rejected"),
    ],
)
def test_what_the_bank_rejects_is_owed_on_and_the_family_is_asked(cause: str, code: str) -> None:
    case = after(granted(), rejected(FIRST, cause), rejected(FIRST, cause))
    requested = case.said(DestinationRequested)
    assert (requested.payment_id, requested.reason.code) == (FIRST, code)
    assert books(case) == OWED
    assert len(said(case, PayoutOrdered)) == 1


def test_another_account_is_another_payment_and_the_benefit_is_paid_once() -> None:
    case = after(granted(), rejected(FIRST), instruction(), report(SECOND))
    orders = said(case, PayoutOrdered)
    assert [vars(order)["payment_id"] for order in orders] == [FIRST, SECOND]
    confirmed = case.said(PayoutConfirmed)
    assert confirmed.payment_id == SECOND
    assert confirmed.payout.model_dump() == CASH
    assert books(case) == PAID


def test_the_family_is_asked_again_where_the_next_account_is_rejected_too() -> None:
    case = after(granted(), rejected(FIRST), instruction(POST), rejected(SECOND, "returned"))
    assert [vars(event)["payment_id"] for event in said(case, DestinationRequested)] == [
        FIRST,
        SECOND,
    ]
    case.hear(instruction(CASH))
    case.hear(report(THIRD))
    assert case.said(PayoutConfirmed).payment_id == THIRD
    assert books(case) == PAID


def test_while_a_payment_is_under_way_another_account_only_waits() -> None:
    case = after(granted(), instruction())
    assert len(said(case, PayoutOrdered)) == 1
    case.hear(rejected(FIRST))
    assert len(said(case, PayoutOrdered)) == 2
    assert not said(case, DestinationRequested), "the family has answered before it was asked"


def test_of_several_accounts_that_wait_the_latest_counts() -> None:
    case = after(granted(), instruction(CASH))
    case.now = NOW.replace(hour=4)
    case.hear(instruction(POST))
    case.hear(rejected(FIRST))
    assert vars(said(case, PayoutOrdered)[1])["payout"].model_dump() == POST


def test_an_order_says_what_was_rejected_before_and_when_the_family_said_where() -> None:
    """By this the portal knows how long the family was asked."""
    case = after(granted(), rejected(FIRST), instruction(), rejected(SECOND), instruction(POST))
    orders = [vars(event) for event in said(case, PayoutOrdered)]
    assert [order["rejected"] for order in orders] == [None, FIRST, SECOND]
    assert [order["instructed_at"] for order in orders] == [None, NOW, NOW]


def test_a_relative_who_is_not_the_payee_directs_nothing() -> None:
    case = after(granted(), rejected(FIRST), instruction(by=SON))
    assert len(said(case, PayoutOrdered)) == 1
    declared = PayoutInstructed.model_validate({"by": SON, "declared": True, "payout": CASH})
    case.hear(declared)
    assert len(said(case, PayoutOrdered)) == 2, "who declared the case named the payee too"


def test_another_account_for_what_is_paid_changes_nothing() -> None:
    case = after(granted(), report(FIRST), instruction())
    assert len(said(case, PayoutOrdered)) == 1
    assert books(case) == PAID


@pytest.mark.parametrize("first_to_pay", [FIRST, SECOND])
def test_a_payment_that_was_given_up_and_is_paid_all_the_same_has_to_come_back(
    first_to_pay: str,
) -> None:
    """The bank rejects a payment, another is ordered, and then it confirms both."""
    case = after(granted(), rejected(FIRST), instruction())
    other = SECOND if first_to_pay == FIRST else FIRST
    for event in (report(first_to_pay), report(other), report(other)):
        case.hear(event)
    assert case.said(PayoutConfirmed).payment_id == first_to_pay
    assert case.said(OverpaymentFound).payment_id == other
    assert books(case) == {
        "social-insurance-fund": AMOUNT,
        "benefits-payable": 0,
        "cash-at-bank": -2 * AMOUNT,
        "receivable-from-bank": AMOUNT,
    }


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_the_same_is_paid(order: tuple[int, ...]) -> None:
    events = [granted(), rejected(FIRST), instruction(), report(SECOND)]
    case = after(*(events[n] for n in order), *(events[n] for n in order))
    assert case.said(PayoutConfirmed).payment_id == SECOND
    assert [vars(event)["payment_id"] for event in said(case, PayoutOrdered)] == [FIRST, SECOND]
    assert books(case) == PAID


def test_support_is_paid_by_the_state_budget() -> None:
    case = after(granted(benefit=SUPPORT), report(FIRST))
    assert books(case) == {
        "state-budget": 10_000_000,
        "benefits-payable": 0,
        "cash-at-bank": -10_000_000,
    }


def test_before_the_grant_everything_is_only_noted() -> None:
    case = after(report(FIRST), instruction())
    assert not case.events
    assert [record.register for record in case.records] == [SETTLED], "nothing is ordered or posted"
