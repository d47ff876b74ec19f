"""What the generators make: a declaration ready to be sent, and what must become of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts.common.events import Outcome


def day_before(today: date, days: int, residue: int) -> date:
    """Return which of the last `days` days, today not counted, has that residue.

    Its number is taken modulo `days`: asked tomorrow, it is the same day still.
    """
    yesterday = today - timedelta(days=1)
    return yesterday - timedelta(days=(yesterday.toordinal() - residue) % days)


@dataclass(frozen=True)
class Declared:
    """A declaration ready to be sent, and what must become of it."""

    key: str
    declaration: dict[str, Any]
    outcome: Outcome
    fees_due: int
