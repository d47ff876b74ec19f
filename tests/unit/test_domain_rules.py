"""Rules of DOMAIN.md without a figure of their own: each by its name, at both sides of its day."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.birth.events import BirthRegistered, HealthCardIssued, PremiumFunded
from contracts.birth.form import BirthForm
from contracts.catalogue import catalogue
from contracts.common.calendar import LOCAL
from contracts.common.provinces import is_province, provinces
from contracts.common.working_days import (
    due_at,
    hours,
    is_working_day,
    received_on,
    working_calendar,
)
from services.civil_status import birth as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments.birth import premium_funding
from services.payments.premium import monthly_premium
from services.payments.rules import RULES as PAYMENTS
from services.social_insurance.birth import health_card
from services.social_insurance.rules import RULES as INSURANCE
from tests.unit.births import child, form, identified, submitted
from tests.unit.driver import Desk

DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


# ── The hospital's birth notice ───────────────────────────────────────────────────────────────


def born(on: str, code: str) -> dict[str, Any]:
    """Return the form of a birth that a hospital has signed for with this code."""
    return form(child={"born_on": on}, evidence={"kind": "hospital-notice", "code": code})


@pytest.mark.parametrize(
    ("code", "taken"),
    [
        ("01001.GCS.00042.26", True),
        ("00000.GCS.00000.00", True),
        ("99999.GCS.99999.99", True),
        ("0100.GCS.00042.26", False),
        ("010010.GCS.00042.26", False),
        ("01001.GCS.0042.26", False),
        ("01001.GCS.000420.26", False),
        ("01001.GCS.00042.6", False),
        ("01001.GCS.00042.026", False),
        ("01001.GCS.00042.2026", False),
        ("01001.gcs.00042.26", False),
        ("01001.GBT.00042.26", False),
        ("01001-GCS.00042.26", False),
        ("01001.GCS-00042.26", False),
        ("01001.GCS.00042-26", False),
        ("0100A.GCS.00042.26", False),
        ("٠١٠٠١.GCS.00042.26", False),
        ("01001.GCS.00042.26 7", False),
        ("", False),
    ],
)
def test_the_code_of_a_hospital_birth_notice_is_five_digits_gcs_five_digits_and_two(
    code: str, taken: bool
) -> None:
    """DOMAIN.md, hospital birth notice (2025): code `XXXXX.GCS.ZZZZZ.YY`."""
    try:
        catalogue().groups["birth"].parse(born("2026-11-10", code))
    except ValidationError:
        assert not taken
    else:
        assert taken


@pytest.mark.parametrize(("on", "year"), [("2024-12-31", "24"), ("2025-01-01", "25")])
def test_a_hospital_birth_notice_has_that_code_before_2025_too(on: str, year: str) -> None:
    """DOMAIN.md, hospital birth notice, from 2025: what a notice of before is known by it does not
    say, so a birth of before that is declared late is known by the same code."""
    desk = Desk(civil_status.registration, CIVIL_STATUS)
    desk.hear(submitted(born(on, f"01001.GCS.00042.{year}")))
    assert desk.said(BirthRegistered).late
    with pytest.raises(ValidationError, match="code"):
        BirthForm.model_validate(born(on, f"Số 42, quyển 01/20{year}"))


# ── The calendar of offices ───────────────────────────────────────────────────────────────────

EXCHANGED = "Hoán đổi ngày làm việc"
"""A day off for which a Saturday is worked: no public day."""


@pytest.mark.parametrize(
    ("year", "days"), [(2023, 11), (2024, 11), (2025, 11), (2026, 12), (2027, 12)]
)
def test_there_are_twelve_public_days_from_2026_on_and_eleven_before(year: int, days: int) -> None:
    """DOMAIN.md, holidays: 12 public days in 2026 (Labour Code 2019, art. 112; Resolution
    80-NQ/TW of 2026: 24 November)."""
    (table,) = (each for each in working_calendar().year if each.year == year)
    public = [each.day for each in table.closed if each.name != EXCHANGED]
    assert len(public) == days
    assert not any(is_working_day(each) for each in public)
    assert len(table.closed) - len(public) == len(table.worked), "each exchange has its Saturday"


@pytest.mark.parametrize(
    ("on", "working"),
    [
        ("2007-04-30", True),
        ("2008-04-30", False),
        ("2022-11-24", True),
        ("2025-11-24", True),
        ("2026-11-24", False),
        ("2028-11-24", False),
    ],
)
def test_24_november_is_a_public_day_since_2026_and_fixed_days_are_known_since_2008(
    on: str, working: bool
) -> None:
    """DOMAIN.md, holidays: 24 November is new in 2026. 2007, 2022 and 2028 have no table: the
    public days that are the same each year are known of them, if any."""
    assert day(on).weekday() < 5
    assert is_working_day(day(on)) is working


def test_files_count_as_received_the_next_day_after_15_since_2026_and_after_closing_before() -> (
    None
):
    """DOMAIN.md, files after 15:00: may count as received on the next working day (draft of
    2026)."""
    last, first = day("2025-12-31"), day("2026-01-05")
    assert hours(day("2025-12-31")).cut_off == hours(day("2025-12-31")).closes == time(17)
    assert (hours(day("2026-01-01")).cut_off, hours(day("2026-01-01")).closes) == (
        time(15),
        time(17),
    )
    minute = timedelta(minutes=1)
    for on, cut_off, then in ((last, time(17), first), (first, time(15), first + DAY)):
        at = datetime.combine(on, cut_off, LOCAL)
        assert (received_on(at), received_on(at + minute)) == (on, then)
        assert due_at(at, 1) < due_at(at + minute, 1)
    assert {each.since for each in working_calendar().hours} == {
        day("2008-01-01"),
        day("2026-01-01"),
    }


# ── The child's premium and card ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("on", "before", "since"),
    [
        ("2023-07-01", 67_050, 81_000),
        ("2024-07-01", 81_000, 105_300),
        ("2026-07-01", 105_300, 113_850),
    ],
)
def test_a_childs_premium_is_four_and_a_half_percent_of_the_reference_level(
    on: str, before: int, since: int
) -> None:
    """DOMAIN.md, child's premium: 4.5 % × reference level a month (1,490,000; Decree 24/2023:
    1,800,000; Decree 73/2024: 2,340,000; from July 2026 2,530,000)."""
    assert monthly_premium(day(on) - DAY, PAYMENTS) == before
    assert monthly_premium(day(on), PAYMENTS) == since


@pytest.mark.parametrize(
    ("born_on", "until", "months"),
    [
        ("2020-09-29", "2026-09-30", 73),
        ("2020-09-30", "2026-09-30", 72),
        ("2020-10-01", "2026-10-01", 72),
    ],
)
def test_the_budget_pays_until_a_child_turns_six_or_30_september_of_that_year(
    born_on: str, until: str, months: int
) -> None:
    """DOMAIN.md, child's premium: 72 months, or until 30 September of that year before school (Law
    on Health Insurance 2008, amended 2014, art. 16 (3))."""
    office = Desk(health_card, INSURANCE, now=datetime(2020, 11, 20, 10, tzinfo=LOCAL))
    office.hear(identified(child=child(born_on=day(born_on))))
    card = office.said(HealthCardIssued)
    assert (card.valid_from, card.valid_until) == (day(born_on), day(until))
    desk = Desk(premium_funding, PAYMENTS)
    desk.hear(card)
    assert desk.said(PremiumFunded).months == months


# ── Provinces ─────────────────────────────────────────────────────────────────────────────────


def test_63_provinces_became_34_on_1_july_2025() -> None:
    """Resolution 202/2025/QH15: the first digits of identifiers and card numbers are of these."""
    first = day("2025-07-01")
    assert (len(provinces(first - DAY)), len(provinces(first))) == (63, 34)
    gone = [code for code in provinces(first - DAY) if not is_province(code, first)]
    assert len(gone) == 29
    assert "35" in gone
