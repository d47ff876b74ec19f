"""Dates as the law counts them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.common.calendar import add_months, birthday, local_date, months_begun

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1))


@given(st.integers(min_value=2 * 10**8, max_value=4 * 10**9))
def test_the_local_day_is_that_of_ho_chi_minh_city(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert local_date(moment) == moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 11, 20), 1, date(2026, 12, 20)),
        (date(2026, 11, 20), 2, date(2027, 1, 20)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 20), -1, date(2025, 12, 20)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_last(day: date, months: int, after: date) -> None:
    assert add_months(day, months) == after


def test_a_child_of_29_february_has_its_birthday_on_the_28th_of_a_common_year() -> None:
    assert birthday(date(2020, 2, 29), 6) == date(2026, 2, 28)
    assert birthday(date(2020, 2, 29), 8) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 15), date(2026, 1, 15), 0),
        (date(2026, 1, 15), date(2025, 1, 15), 0),
        (date(2026, 1, 15), date(2026, 1, 16), 1),
        (date(2026, 1, 15), date(2026, 2, 15), 1),
        (date(2026, 1, 15), date(2026, 2, 16), 2),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
    ],
)
def test_a_month_has_begun_from_its_first_day(start: date, end: date, months: int) -> None:
    assert months_begun(start, end) == months


@given(DAYS, DAYS)
def test_as_many_months_have_begun_as_start_before_the_end(start: date, end: date) -> None:
    counted = 0
    while add_months(start, counted) < end and counted < 24:
        counted += 1
    assert min(months_begun(start, end), 24) == counted
