"""Fees settled and refunded in any order, premiums month by month, a ledger that balances."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.birth.events import BirthRefused, HealthCardIssued, PremiumFunded
from contracts.birth.process import GROUP, USUAL
from contracts.common.calendar import add_months
from contracts.common.events import FeeRefunded, FeeSettled
from contracts.envelope import Event
from contracts.model import Reason
from services.chassis.procedure import Record
from services.chassis.rules import Dated, NotInForce
from services.payments import birth
from services.payments.premium import monthly_premium, total_premium
from services.payments.rules import RULES, LateFee, PaymentRules, Percent
from services.payments.tariff import percent_of
from tests.unit.births import BUNDLE, TODAY, form, submitted
from tests.unit.driver import Desk

ABROAD = GROUP.bundle("born-abroad", TODAY)
LATE = {"born_on": "2026-09-20"}
ON_TIME = {"born_on": "2026-09-21"}
WHY = Reason(code="evidence-missing", vi="Không có giấy tờ.", en="Nothing proves the birth.")
REFUSED = BirthRefused(reason=WHY)
SURE = {"source": "test", "confidence": "high"}


def after(*events: Event, rules: PaymentRules = RULES) -> Desk:
    desk = Desk(birth.fee_settlement, rules)
    for event in events:
        desk.hear(event)
    return desk


def settled(rules: PaymentRules = RULES, **changes: Any) -> FeeSettled:
    of = form(**changes.pop("form", {}))
    return after(submitted(of, **changes), rules=rules).said(FeeSettled)


def line(event: FeeSettled, code: str) -> tuple[int, int, int, str | None]:
    (found,) = (line for line in event.lines if line.code == code)
    return found.tariff, found.waived, found.due, found.reason.code if found.reason else None


REGISTRATION = {
    "the sixtieth day is free": (ON_TIME, "79", "portal", (0, 0, 0, "declared-on-time")),
    "the sixty-first day costs": (LATE, "79", "portal", (8_000, 0, 8_000, None)),
    "late, at an office": (LATE, "79", "office", (8_000, 0, 8_000, None)),
}


@pytest.mark.parametrize(
    ("child", "province", "channel", "expected"), REGISTRATION.values(), ids=REGISTRATION.keys()
)
def test_registration_is_free_on_time_and_costs_when_late(
    child: dict[str, Any], province: str, channel: str, expected: tuple[Any, ...]
) -> None:
    event = settled(form={"child": child}, province=province, channel=channel)
    assert line(event, "birth-registration") == expected


@pytest.mark.parametrize(("channel", "tariff"), [("portal", 10_000), ("office", 20_000)])
def test_children_pay_nothing_for_residence(channel: str, tariff: int) -> None:
    event = settled(channel=channel)
    assert line(event, "permanent-residence-registration") == (tariff, tariff, 0, "child")
    assert (event.due, event.waived) == (0, tariff)


@pytest.mark.parametrize(
    ("born_on", "channel", "due"),
    [
        ("2010-11-21", "portal", 0),
        ("2010-11-20", "portal", 10_000),
        ("2010-11-20", "office", 20_000),
    ],
)
def test_from_the_sixteenth_birthday_residence_is_paid_for(
    born_on: str, channel: str, due: int
) -> None:
    event = settled(form={"child": {"born_on": born_on}}, channel=channel)
    assert line(event, "permanent-residence-registration")[2] == due


def test_a_bundle_without_residence_has_no_residence_fee() -> None:
    assert [line.code for line in settled(bundle=ABROAD).lines] == ["birth-registration"]


@pytest.mark.parametrize("copies", [0, 1, 20])
def test_each_certificate_copy_costs_eight_thousand(copies: int) -> None:
    event = settled(form={"certificate_copies": copies})
    assert event.due == 8_000 * copies
    assert [line.due for line in event.lines if line.code == "certificate-copies"] == (
        [8_000 * copies] if copies else []
    )


HA_NOI = {
    "before the policy": (datetime(2023, 7, 9, 16, 59, tzinfo=UTC), "01", "portal", 8_000),
    "its first day": (datetime(2023, 7, 9, 17, 0, tzinfo=UTC), "01", "portal", 0),
    "its last day": (datetime(2025, 12, 31, 16, 59, tzinfo=UTC), "01", "portal", 0),
    "after it": (datetime(2025, 12, 31, 17, 0, tzinfo=UTC), "01", "portal", 8_000),
    "at an office": (datetime(2024, 1, 1, tzinfo=UTC), "01", "office", 8_000),
    "in another province": (datetime(2024, 1, 1, tzinfo=UTC), "79", "portal", 8_000),
}


@pytest.mark.parametrize(
    ("received_at", "province", "channel", "due"), HA_NOI.values(), ids=HA_NOI.keys()
)
def test_a_zero_fee_policy_holds_for_its_province_its_days_and_online(
    received_at: datetime, province: str, channel: str, due: int
) -> None:
    late = {"born_on": (received_at - timedelta(days=90)).date().isoformat()}
    event = settled(
        form={"child": late, "certificate_copies": 1},
        received_at=received_at,
        province=province,
        channel=channel,
    )
    assert line(event, "birth-registration")[2] == due
    assert line(event, "certificate-copies")[2] == 8_000, "the Ministry's fee is not discounted"


@pytest.mark.parametrize(
    ("percent", "waived"), [("50", 4_000), ("80", 6_400), ("0.004", 0), ("33.333", 2_667)]
)
def test_a_discount_is_rounded_to_whole_dong(percent: str, waived: int) -> None:
    figures = [{"from": date(2020, 1, 1), "place": "79", "value": percent, **SURE}]
    figures.append({"from": date(2020, 1, 1), "value": "0", **SURE})
    discount = Dated[Percent].model_validate(figures)
    rules = RULES.model_copy(update={"online_discount_percent": discount})
    event = settled(rules, form={"child": LATE}, province="79")
    due = 8_000 - waived
    assert line(event, "birth-registration") == (8_000, waived, due, "online-discount")


def test_a_province_sets_a_late_fee_up_to_the_ceiling() -> None:
    dated = Dated[LateFee]
    entry = {"from": date(2020, 1, 1), "place": "79", **SURE}
    fee = dated.model_validate([entry | {"value": 5_000}])
    rules = RULES.model_copy(update={"late_registration": fee})
    assert settled(rules, form={"child": LATE}, province="79").due == 5_000
    with pytest.raises(ValueError, match="8000"):
        dated.model_validate([entry | {"value": 8_001}])


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


def card(valid_from: date, months: int) -> HealthCardIssued:
    return HealthCardIssued(
        personal_id="001226000007",
        card_number="TE1010123456789",
        valid_from=valid_from,
        valid_until=add_months(valid_from, months),
        premium_months=months,
    )


def funded(valid_from: date, months: int) -> Desk:
    desk = Desk(birth.premium_funding, RULES)
    desk.hear(card(valid_from, months))
    return desk


PREMIUMS = {
    "one level": (date(2026, 7, 1), 72, 72 * 113_850),
    "the day before it rises": (date(2026, 6, 30), 2, 105_300 + 113_850),
    "a month that began before the rise keeps its level": (date(2026, 6, 2), 1, 105_300),
    "2.34 million from July 2024": (date(2024, 7, 1), 24, 24 * 105_300),
    "1.8 million until then": (date(2024, 6, 1), 2, 81_000 + 105_300),
    "1.49 million before July 2023": (date(2023, 6, 1), 2, 67_050 + 81_000),
    "a child of nearly six": (
        date(2020, 11, 30),
        72,
        32 * 67_050 + 12 * 81_000 + 24 * 105_300 + 4 * 113_850,
    ),
}


@pytest.mark.parametrize(("start", "months", "total"), PREMIUMS.values(), ids=PREMIUMS.keys())
def test_a_premium_is_a_share_of_the_level_of_each_month(
    start: date, months: int, total: int
) -> None:
    desk = funded(start, months)
    event = desk.said(PremiumFunded)
    assert (event.total, event.months) == (total, months)
    assert event.monthly == 113_850, "of the day of funding"
    assert balances(desk.records) == {"state-budget": total, "premiums-payable": -total}


def test_a_premium_is_funded_once() -> None:
    desk = funded(TODAY, 72)
    desk.hear(card(TODAY, 72))
    assert len(desk.events) == len(desk.records) == 1


def test_months_before_the_first_known_level_are_an_error() -> None:
    with pytest.raises(NotInForce):
        total_premium(date(2019, 6, 30), 1, RULES)


@given(
    start=st.dates(min_value=date(2019, 7, 1), max_value=date(2030, 1, 1)),
    months=st.integers(min_value=1, max_value=84),
)
def test_a_premium_is_the_sum_of_its_months(start: date, months: int) -> None:
    expected = sum(monthly_premium(add_months(start, n), RULES) for n in range(months))
    assert total_premium(start, months, RULES) == expected


@pytest.mark.parametrize(
    ("amount", "percent", "share"), [(1, "50", 1), (3, "50", 2), (333, "4.5", 15), (0, "4.5", 0)]
)
def test_halves_of_a_dong_are_rounded_up(amount: int, percent: str, share: int) -> None:
    assert percent_of(amount, Decimal(percent)) == share


def balances(records: Iterable[Record]) -> dict[str, int]:
    """Return what each account has, debits less credits; every posting balances."""
    total: dict[str, int] = {}
    for record in records:
        assert record.register == "ledger"
        lines = record.fields["lines"]
        assert sum(line["debit"] for line in lines) == sum(line["credit"] for line in lines)
        assert all(min(line["debit"], line["credit"]) == 0 for line in lines)
        for line in lines:
            change = line["debit"] - line["credit"]
            total[line["account"]] = total.get(line["account"], 0) + change
    return total


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
