"""Premiums that the state budget pays, month by month."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.birth.events import HealthCardIssued, PremiumFunded
from contracts.common.calendar import add_months
from services.chassis.rules import NotInForce
from services.payments import birth
from services.payments.premium import monthly_premium, total_premium
from services.payments.rules import RULES
from services.payments.tariff import percent_of
from tests.unit.births import TODAY
from tests.unit.driver import Desk
from tests.unit.fees import balances, measured


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
    assert measured(desk) == {("premium", "state-budget"): desk.said(PremiumFunded).total}


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
