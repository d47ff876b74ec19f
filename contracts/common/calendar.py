"""Dates as the law of Viet Nam counts them."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Protocol, TypeVar

LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""UTC+7 all year since 1975: a constant, so that no image needs a time zone database."""


def local_date(moment: datetime) -> date:
    """Return the calendar day in Viet Nam at this moment, which must be aware."""
    return moment.astimezone(LOCAL).date()


# Children who are declared these weeks were born on few days, and rules add the same few times.
@lru_cache(maxsize=4096)
def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last of the month where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def birthday(born_on: date, age: int) -> date:
    """Return the day on which somebody turns `age`, in years."""
    return add_months(born_on, 12 * age)


@lru_cache(maxsize=4096)
def months_begun(start: date, end: date) -> int:
    """Return how many months of a time from `start` up to, and without, `end` have begun.

    A month runs from one day to the same day of the next month. 0 where `end` is not after `start`.
    """
    if end <= start:
        return 0
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + (add_months(start, months) < end)


class Begins(Protocol):
    """What holds from a day on."""

    @property
    def since(self) -> date:
        """The first day."""


B = TypeVar("B", bound=Begins)


def in_force(entries: Iterable[B], on: date) -> B | None:
    """Return the entry that holds on that day, the newest that has begun, or None."""
    begun = (entry for entry in entries if entry.since <= on)
    return max(begun, key=lambda entry: entry.since, default=None)
