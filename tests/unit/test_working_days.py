"""Working days: each boundary of the calendar at both its sides, and what holds for all days."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.common.calendar import LOCAL
from contracts.common.working_days import (
    Pause,
    add_working_days,
    closing,
    due_at,
    hours,
    is_working_day,
    next_working_day,
    received_on,
    working_calendar,
    working_days_between,
    working_time,
)

YEARS = [year.year for year in working_calendar().year]

DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2029, 12, 31))
MOMENTS = st.datetimes(
    min_value=datetime(2023, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    max_value=datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
COUNTS = st.integers(min_value=0, max_value=30)
PAUSES = st.lists(
    st.tuples(DAYS, st.integers(min_value=0, max_value=40)).map(
        lambda drawn: Pause(drawn[0], drawn[0] + timedelta(days=drawn[1]))
    ),
    max_size=3,
)

DIFFERENCES = {
    date(2026, 1, 2): "exchanged for Saturday 10 January by the notice of 25 December 2025",
    date(2026, 1, 10): "worked for Friday 2 January by the notice of 25 December 2025",
}
"""Days of which the `holidays` package says otherwise, and why we follow our source."""


def at(text: str) -> datetime:
    """Return a moment of the clock in Viet Nam."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def test_the_package_says_the_same_but_for_the_differences_explained() -> None:
    package = holidays.country_holidays("VN", years=YEARS)
    days = [date(YEARS[0], 1, 1) + timedelta(days=n) for n in range(366 * len(YEARS))]
    differing = {
        day
        for day in days
        if day.year in YEARS and is_working_day(day) is not package.is_working_day(day)
    }
    assert differing == DIFFERENCES.keys()


def test_the_data_are_in_order() -> None:
    assert list(range(YEARS[0], YEARS[-1] + 1)) == YEARS
    for year in working_calendar().year:
        closed = [each.day for each in year.closed]
        assert closed == sorted(set(closed))
        assert all(day.year == year.year and day.weekday() < 5 for day in closed)
        assert all(day.year == year.year and day.weekday() == 5 for day in year.worked)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-02-13", True),  # Friday before Tết
        ("2026-02-14", False),  # Saturday
        ("2026-02-16", False),  # Tết
        ("2026-02-20", False),
        ("2026-02-23", True),
        ("2026-04-26", False),  # the Hùng Kings' day, a Sunday
        ("2026-04-27", False),  # the day given for it
        ("2026-04-28", True),
        ("2026-08-21", True),
        ("2026-08-22", True),  # a Saturday worked for 31 August
        ("2026-08-29", False),
        ("2026-08-31", False),
        ("2026-09-02", False),
        ("2026-09-03", True),
        ("2025-11-24", True),  # a Monday; no public day yet
        ("2026-11-23", True),
        ("2026-11-24", False),  # new in 2026
        ("2026-11-25", True),
        ("2031-09-02", False),  # a Tuesday of a year without a table: a fixed day
        ("2031-09-03", True),
    ],
)
def test_whether_offices_are_open(day: str, working: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-02-13T14:59:59.999", "2026-02-13"),
        ("2026-02-13T15:00", "2026-02-13"),
        ("2026-02-13T15:00:00.001", "2026-02-23"),  # over Tết
        ("2026-02-13T00:00", "2026-02-13"),
        ("2026-02-12T23:59:59.999", "2026-02-13"),
        ("2026-02-14T09:00", "2026-02-23"),
        ("2026-08-22T15:00", "2026-08-22"),  # a Saturday that is worked
        ("2026-11-23T15:01", "2026-11-25"),
        ("2025-12-31T16:59", "2025-12-31"),  # before the cut-off of 2026: until closing
        ("2025-12-31T17:00", "2025-12-31"),
        ("2025-12-31T17:00:00.001", "2026-01-05"),
        ("2026-01-05T16:00", "2026-01-06"),
    ],
)
def test_the_day_on_which_a_file_is_received(moment: str, day: str) -> None:
    assert received_on(at(moment)) == date.fromisoformat(day)


def test_the_day_is_that_of_viet_nam_wherever_the_clock_stands() -> None:
    assert received_on(datetime(2026, 11, 19, 18, tzinfo=UTC)) == date(2026, 11, 20)
    assert received_on(datetime(2026, 11, 19, 8, 0, 0, 1, tzinfo=UTC)) == date(2026, 11, 20)
    assert received_on(datetime(2026, 11, 19, 8, tzinfo=UTC)) == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-02T10:00", 1, "2026-03-03"),
        ("2026-03-02T15:00:01", 1, "2026-03-04"),
        ("2026-02-13T10:00", 3, "2026-02-25"),  # over Tết
        ("2026-02-13T16:00", 3, "2026-02-26"),
        ("2026-08-21T10:00", 1, "2026-08-22"),  # the Saturday counts
        ("2026-11-23T10:00", 1, "2026-11-25"),
        ("2026-12-31T10:00", 1, "2027-01-04"),
        ("2026-03-02T10:00", 0, "2026-03-02"),
    ],
)
def test_when_a_limit_ends(start: str, days: int, due: str) -> None:
    assert due_at(at(start), days) == at(f"{due}T17:00")


@pytest.mark.parametrize(
    ("since", "until", "due"),
    [
        ("2026-03-02", "2026-03-02", "2026-03-05"),  # asked and supplied on one day
        ("2026-03-02", "2026-03-03", "2026-03-06"),
        ("2026-03-03", "2026-03-10", "2026-03-12"),
        ("2026-03-06", "2026-03-08", "2026-03-05"),  # when the limit has ended
        ("2026-02-20", "2026-03-02", "2026-03-05"),  # before it began
        ("2026-03-04", "2026-03-08", "2026-03-09"),  # to a Sunday: Thursday and Friday are lost
    ],
)
def test_days_of_a_pause_are_not_counted(since: str, until: str, due: str) -> None:
    pause = Pause(date.fromisoformat(since), date.fromisoformat(until))
    assert due_at(at("2026-03-02T10:00"), 3, [pause]) == at(f"{due}T17:00")


def test_pauses_that_overlap_are_counted_once() -> None:
    first, second = (
        Pause(date(2026, 3, 2), date(2026, 3, 4)),
        Pause(date(2026, 3, 3), date(2026, 3, 5)),
    )
    both = Pause(first.since, second.until)
    start = at("2026-03-02T10:00")
    assert due_at(start, 3, [first, second]) == due_at(start, 3, [both]) == at("2026-03-10T17:00")


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-02T07:00", "2026-03-02T08:00", 0),
        ("2026-03-02T08:00", "2026-03-02T08:01", 1),
        ("2026-03-02T16:59", "2026-03-03T08:01", 2),
        ("2026-03-02T17:00", "2026-03-03T08:00", 0),
        ("2026-02-13T16:00", "2026-02-23T09:00", 120),  # over Tết
        ("2026-03-03T09:00", "2026-03-02T09:00", 0),
    ],
)
def test_working_time_is_what_lies_within_office_hours(start: str, end: str, minutes: int) -> None:
    assert working_time(at(start), at(end)) == timedelta(minutes=minutes)


def test_no_hours_are_known_before_the_first_figure() -> None:
    with pytest.raises(LookupError, match="2007-12-31"):
        hours(date(2007, 12, 31))
    assert hours(date(2008, 1, 1))


@given(DAYS, COUNTS)
def test_as_many_working_days_lie_between_as_were_added(day: date, count: int) -> None:
    end = add_working_days(day, count)
    assert working_days_between(day, end) == count
    assert count == 0 or is_working_day(end)


@given(MOMENTS, MOMENTS)
def test_who_comes_later_is_never_received_earlier(one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert received_on(first) <= received_on(second)
    assert received_on(first) >= first.astimezone(LOCAL).date()
    assert is_working_day(received_on(first))


@given(MOMENTS, MOMENTS, COUNTS, COUNTS, PAUSES)
def test_who_starts_later_has_more_days_or_is_paused_is_never_due_earlier(
    one: datetime, other: datetime, few: int, many: int, pauses: list[Pause]
) -> None:
    first, second = sorted((one, other))
    few, many = sorted((few, many))
    assert due_at(first, few, pauses) <= due_at(second, few, pauses)
    assert due_at(first, few, pauses) <= due_at(first, many, pauses)
    assert due_at(first, few) <= due_at(first, few, pauses)
    assert due_at(first, few) >= first


@given(MOMENTS)
def test_no_limit_ends_within_a_day(start: datetime) -> None:
    assert due_at(start, 1) - start >= timedelta(days=1)


@given(MOMENTS, COUNTS, PAUSES, st.integers(min_value=0, max_value=60))
def test_the_longer_a_pause_the_later_it_is_due(
    start: datetime, count: int, pauses: list[Pause], longer: int
) -> None:
    longest = [Pause(each.since, each.until + timedelta(days=longer)) for each in pauses]
    assert due_at(start, count, pauses) <= due_at(start, count, longest)


@given(MOMENTS, st.lists(st.integers(min_value=0, max_value=20 * 24 * 60), min_size=2, max_size=2))
def test_working_time_adds_up_and_never_runs_backwards(start: datetime, minutes: list[int]) -> None:
    middle = start + timedelta(minutes=minutes[0])
    end = middle + timedelta(minutes=minutes[1])
    whole = working_time(start, middle) + working_time(middle, end)
    assert working_time(start, end) == whole
    assert timedelta() <= whole <= end - start


@given(DAYS)
def test_offices_close_in_the_order_of_days(day: date) -> None:
    assert closing(day) < closing(next_working_day(day))
