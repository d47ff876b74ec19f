"""What the generators make: a declaration ready to be sent, and what must become of it."""

from dataclasses import dataclass
from typing import Any

from contracts.common.events import Outcome


@dataclass(frozen=True)
class Declared:
    """A declaration ready to be sent, and what must become of it."""

    key: str
    declaration: dict[str, Any]
    outcome: Outcome
    fees_due: int
