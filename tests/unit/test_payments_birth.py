"""Fees settled and refunded in any order, and a ledger that balances."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.birth.process import USUAL
from contracts.common.events import FeeRefunded, FeeSettled
from contracts.envelope import Event
from services.payments import birth
from services.payments.rules import RULES
from tests.unit.births import BUNDLE, form, submitted
from tests.unit.driver import Desk
from tests.unit.fees import ABROAD, LATE, REFUSED, WHY, after, balances, line, measured


@pytest.mark.parametrize("method", ["online", "counter"])
def test_fees_are_posted_where_they_are_paid(method: Literal["online", "counter"]) -> None:
    desk = after(submitted(form(certificate_copies=2, payment_method=method)))
    event, row = desk.said(FeeSettled), desk.row("ledger")
    assert event.method == method
    debit = {"online": "cash-online", "counter": "receivable-counter"}[method]
    assert row["lines"] == [
        {"account": debit, "debit": 16_000, "credit": 0},
        {"account": "fee-revenue", "debit": 0, "credit": 16_000},
    ]
    assert row["about"] == event.receipt_number


def test_nothing_is_posted_where_nothing_is_due() -> None:
    desk = after(submitted())
    assert desk.said(FeeSettled).due == 0
    assert not desk.records


def test_a_refusal_after_payment_refunds_all_of_it() -> None:
    desk = after(submitted(form(child=LATE, certificate_copies=2)), REFUSED)
    paid, refund = desk.said(FeeSettled), desk.said(FeeRefunded)
    assert (refund.amount, refund.receipt_number) == (24_000, paid.receipt_number)
    assert paid.due == refund.amount
    assert refund.reason == WHY
    assert balances(desk.records) == {"cash-online": 0, "fee-revenue": 0}


def test_money_is_measured_as_it_is_posted_and_waived() -> None:
    desk = after(submitted(form(child=LATE, certificate_copies=2)), REFUSED)
    assert measured(desk) == {
        ("fees", "cash-online"): 24_000,
        ("waived", "none"): 10_000,
        ("refund", "fee-revenue"): 24_000,
    }


def test_a_refusal_heard_first_leaves_nothing_due_and_says_why() -> None:
    desk = after(REFUSED, submitted(form(child=LATE, certificate_copies=2)))
    event = desk.said(FeeSettled)
    assert (event.due, event.waived) == (0, 34_000)
    assert line(event, "certificate-copies") == (16_000, 16_000, 0, "birth-refused")
    assert line(event, "permanent-residence-registration")[3] == "child"
    assert len(desk.events) == 1
    assert not desk.records


@pytest.mark.parametrize("copies", [0, 3])
@pytest.mark.parametrize("order", list(permutations([0, 1])))
def test_in_any_order_a_refused_declaration_costs_nothing(
    order: tuple[int, ...], copies: int
) -> None:
    events = [submitted(form(certificate_copies=copies)), REFUSED]
    desk = after(*(events[n] for n in order), *events)
    assert sum(balances(desk.records).values()) == 0
    assert all(value == 0 for value in balances(desk.records).values())
    assert len([event for event in desk.events if isinstance(event, FeeSettled)]) == 1


def test_receipts_have_year_and_digits_and_differ_between_cases() -> None:
    one = after(submitted()).said(FeeSettled).receipt_number
    desk = Desk(birth.fee_settlement, RULES, "case-2")
    desk.hear(submitted())
    other = desk.said(FeeSettled).receipt_number
    assert one != other
    assert one.startswith("BL-2026-")
    assert len(one) == 32


def test_another_group_or_a_bundle_without_fees_is_not_charged() -> None:
    assert not after(submitted(group="death")).events
    assert not after(submitted(bundle=("birth-registration",))).events


@given(
    days_old=st.integers(min_value=0, max_value=20 * 365),
    copies=st.integers(min_value=0, max_value=20),
    province=st.sampled_from(["01", "48", "79"]),
    received=st.dates(min_value=date(2023, 7, 10), max_value=date(2030, 1, 1)),
    channel=st.sampled_from(["portal", "office"]),
    method=st.sampled_from(["online", "counter"]),
    bundle=st.sampled_from([USUAL, BUNDLE, ABROAD]),
    refusal=st.sampled_from(["never", "before", "after"]),
)
def test_the_ledger_balances_and_says_what_the_receipts_say(
    days_old: int,
    copies: int,
    province: str,
    received: date,
    channel: str,
    method: Literal["online", "counter"],
    bundle: tuple[str, ...],
    refusal: str,
) -> None:
    born_on = (received - timedelta(days=days_old)).isoformat()
    declared = submitted(
        form(child={"born_on": born_on}, certificate_copies=copies, payment_method=method),
        province=province,
        channel=channel,
        bundle=bundle,
        received_at=datetime(received.year, received.month, received.day, 5, tzinfo=UTC),
    )
    orders: dict[str, list[Event]] = {
        "never": [declared],
        "before": [REFUSED, declared],
        "after": [declared, REFUSED],
    }
    desk = after(*orders[refusal])
    receipt = desk.said(FeeSettled)
    assert receipt.due + receipt.waived == sum(line.tariff for line in receipt.lines)
    assert all(line.tariff == line.waived + line.due for line in receipt.lines)
    assert all(line.reason for line in receipt.lines if line.waived or not line.tariff)
    refunded = sum(event.amount for event in desk.events if isinstance(event, FeeRefunded))
    kept = receipt.due - refunded
    assert refusal == "never" or kept == 0
    found = balances(desk.records)
    assert found.get("fee-revenue", 0) == -kept
    assert sum(found.values()) == 0
    keys = [record.key for record in desk.records]
    assert len(keys) == len(set(keys))
