"""What the linked procedures rest on, by date.

The decree did not change what is linked, nor how long it may take. What is known of the time limits
is known of the decree: that they were the same under the pilot is an assumption of ours.
"""

from datetime import date
from typing import NamedTuple


class LegalBasis(NamedTuple):
    """From which day on the procedures rest on which text."""

    since: date
    source: str


PILOT = LegalBasis(date(2023, 7, 10), "Decision 06/QD-TTg, pilot")
DECREE = LegalBasis(date(2024, 6, 10), "Decree 63/2024/ND-CP")
LEGAL_BASES = (PILOT, DECREE)
