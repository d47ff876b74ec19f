"""Working days of Viet Nam's offices: pure functions over `working_calendar.toml`, beside this.

A time limit of so many working days begins on the day after the file was received (Civil Code 2015,
art. 147 (2)), and ends when the office closes on its last working day. A day on which it is paused,
because something is asked of the family, is not counted.
"""

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from contracts.common.calendar import LOCAL, in_force

_SATURDAY = 5
_DAY = timedelta(days=1)


class Pause(NamedTuple):
    """Two days: those after the first, up to and with the last, are not counted."""

    since: date
    until: date


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[str, Field(min_length=1)]
    confidence: Literal["high", "med", "low"]


class Hours(_Data):
    """When an office opens and closes, and until when what arrives is received the same day."""

    since: date = Field(alias="from")
    opens: time
    cut_off: time
    closes: time


class Closed(BaseModel):
    """A day on which offices are closed, and why, in Vietnamese."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    name: str


class Year(_Data):
    """The days of one year that are not as its week-days say."""

    year: int
    closed: tuple[Closed, ...]
    worked: tuple[date, ...]


class EveryYear(_Data):
    """The public days that fall on the same day each year, as month and day."""

    since: date = Field(alias="from")
    days: tuple[str, ...]


class WorkingCalendar(BaseModel):
    """All of `working_calendar.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: tuple[Hours, ...]
    every_year: tuple[EveryYear, ...]
    year: tuple[Year, ...]


@cache
def working_calendar() -> WorkingCalendar:
    """Return the data."""
    text = files(__package__).joinpath("working_calendar.toml").read_text(encoding="utf-8")
    return WorkingCalendar.model_validate(tomllib.loads(text))


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Return whether offices are open. Of a year without a table only the fixed days are known."""
    for year in working_calendar().year:
        if year.year == day.year:
            if day in year.worked:
                return True
            closed = any(day == each.day for each in year.closed)
            return day.weekday() < _SATURDAY and not closed
    return day.weekday() < _SATURDAY and f"{day:%m-%d}" not in _fixed_days(day.year)


def next_working_day(day: date) -> date:
    """Return the first working day after this day."""
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


@lru_cache(maxsize=4096)
def add_working_days(day: date, count: int, pauses: tuple[Pause, ...] = ()) -> date:
    """Return the day on which a limit of `count` working days ends that began to run after `day`.

    `day` itself where `count` is 0. Working days of a pause are not counted.
    """
    while count > 0:
        day = next_working_day(day)
        if not any(pause.since < day <= pause.until for pause in pauses):
            count -= 1
    return day


def working_days_between(start: date, end: date) -> int:
    """Return how many working days lie after `start`, up to and with `end`."""
    days = (end - start).days
    return sum(is_working_day(start + n * _DAY) for n in range(1, days + 1))


@lru_cache(maxsize=4096)
def received_on(moment: datetime) -> date:
    """Return the working day on which a file counts as received that came at this aware moment."""
    local = moment.astimezone(LOCAL)
    day = local.date()
    if is_working_day(day) and local.time() <= hours(day).cut_off:
        return day
    return next_working_day(day)


def due_at(start: datetime, working_days: int, pauses: Sequence[Pause] = ()) -> datetime:
    """Return when a limit of so many working days ends, for a file that came at `start`.

    The only place where a due date is derived, from the start and what paused it. A limit that is
    paused at this moment has no due date yet; the caller knows.
    """
    return closing(add_working_days(received_on(start), working_days, tuple(pauses)))


def working_time(start: datetime, end: datetime) -> timedelta:
    """Return how much of the time between two aware moments lies within office hours."""
    total, day, last = timedelta(), start.astimezone(LOCAL).date(), end.astimezone(LOCAL).date()
    while day <= last:
        if is_working_day(day):
            opens = datetime.combine(day, hours(day).opens, LOCAL)
            total += max(timedelta(), min(end, closing(day)) - max(start, opens))
        day += _DAY
    return total


@lru_cache(maxsize=4096)
def hours(day: date) -> Hours:
    """Return the hours of a day. Raises `LookupError` for a day before the first figure."""
    found = in_force(working_calendar().hours, day)
    if found is None:
        raise LookupError(f"no office hours are known of {day}")
    return found


@lru_cache(maxsize=4096)
def closing(day: date) -> datetime:
    """Return when the office closes on a day, in UTC."""
    return datetime.combine(day, hours(day).closes, LOCAL).astimezone(UTC)


@cache
def _fixed_days(year: int) -> frozenset[str]:
    found = in_force(working_calendar().every_year, date(year, 12, 31))
    return frozenset(found.days) if found else frozenset()
