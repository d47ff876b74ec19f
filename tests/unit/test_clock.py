"""The clock of a service: the machine's, or another that all services of a system share."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.clock import EPOCH, FASTEST, FIRST, Clock, machine_milliseconds
from services.chassis.settings import Settings, SettingsError

SET_AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 13, 9, tzinfo=UTC)
FAST = Clock(FEBRUARY, SET_AT, speed=1440)

MILLISECONDS = st.integers(min_value=0, max_value=4 * 10**12)


def milliseconds(moment: datetime) -> float:
    return (moment - EPOCH) / timedelta(milliseconds=1)


@given(MILLISECONDS)
def test_by_default_it_shows_the_machines_time(moment: int) -> None:
    assert Clock().at(moment) == EPOCH + timedelta(milliseconds=moment)


def test_it_reads_the_machine() -> None:
    before = Clock().at(machine_milliseconds())
    assert before <= Clock().now() <= Clock().at(machine_milliseconds())


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(), timedelta()),
        (timedelta(minutes=1), timedelta(days=1)),
        (timedelta(milliseconds=1), timedelta(milliseconds=1440)),
        (-timedelta(seconds=1), -timedelta(minutes=24)),
    ],
)
def test_another_begins_where_it_is_set_and_runs_as_fast_as_it_is_told(
    passed: timedelta, shown: timedelta
) -> None:
    assert FAST.at(milliseconds(SET_AT + passed)) == FEBRUARY + shown


@given(MILLISECONDS, MILLISECONDS, st.floats(min_value=0.001, max_value=FASTEST))
def test_it_never_runs_backwards(one: int, other: int, speed: float) -> None:
    clock = Clock(FEBRUARY, SET_AT, speed)
    first, second = sorted((one, other))
    # 4 * 10**12 is in 2096; at a day a second that is beyond the last year there is.
    if second > milliseconds(SET_AT + timedelta(days=20)):
        clock = Clock(FEBRUARY, SET_AT, min(speed, 100))
    assert clock.at(first) <= clock.at(second)


def test_before_the_first_moment_it_stands_still() -> None:
    assert Clock(FEBRUARY, SET_AT, FASTEST).at(0) == FIRST


def test_the_environment_sets_it() -> None:
    environment = {
        "ONESTOP_CLOCK": "2026-02-13T16:00+07:00",
        "ONESTOP_CLOCK_SET_AT": "2026-11-22T04:00Z",
        "ONESTOP_CLOCK_SPEED": "1440",
    }
    assert Settings.from_environment(environment).time == FAST
    assert Settings.from_environment({}).time == Clock()


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"ONESTOP_CLOCK": "2026-02-13T16:00+07:00"}, "set both"),
        ({"ONESTOP_CLOCK_SPEED": "60"}, "set both"),
        ({"ONESTOP_CLOCK": "yesterday"}, "ONESTOP_CLOCK cannot be used"),
        ({"ONESTOP_CLOCK": "2026-02-13T16:00"}, "ONESTOP_CLOCK cannot be used.*timezone"),
        ({"ONESTOP_CLOCK_SPEED": "0"}, "ONESTOP_CLOCK_SPEED cannot be used"),
        ({"ONESTOP_CLOCK_SPEED": "100000"}, "ONESTOP_CLOCK_SPEED cannot be used"),
    ],
)
def test_a_clock_that_cannot_be_set_is_one_sentence(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        Settings.from_environment(environment)
    assert "\n" not in str(refused.value)
