"""Registration numbers, and texts that two clerks copy."""

from contracts.common.calendar import local_date
from contracts.model import ProvinceCode
from services.chassis.procedure import Context

NUMBER = "registration-number"
"""The kind of claim on a number, of whichever register."""


def number_of(register: str, province: ProvinceCode, context: Context, k: int) -> str:
    """Return the k-th candidate for a number: <register>-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"{register}-{province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def as_copied(text: str, between: str = " ") -> str:
    """Return the text without what differs between two clerks who copy the same one.

    `between` is what stands between its words.
    """
    return between.join(text.casefold().split())
