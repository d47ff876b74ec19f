"""Second thoughts to test with: what is asked for, by the declarant and by officials."""

from datetime import date
from typing import Any

from contracts.compensation.events import (
    CorrectionRequested,
    Judgement,
    RevocationRequested,
    WithdrawalRequested,
)
from tests.unit.births import MOTHER
from tests.unit.officials import official

JUDGEMENT = Judgement(
    number="17/2026/QĐST-DS", court="Tòa án nhân dân khu vực 2", judged_on=date(2026, 11, 20)
)


def withdrawal(declarant: str = MOTHER) -> WithdrawalRequested:
    """Return a withdrawal."""
    return WithdrawalRequested(declarant=declarant)


def revocation(procedure: str, **changes: Any) -> RevocationRequested:
    """Return a revocation by an official of civil status; fields of the act can be changed."""
    fields = {"procedure": procedure, "official": official(), "judgement": JUDGEMENT}
    return RevocationRequested.model_validate(fields | changes)


def correction(
    procedure: str, changes: dict[str, Any], number: str = "208/QĐ", **more: Any
) -> CorrectionRequested:
    """Return a correction of these facts by an official of civil status."""
    fields = {
        "procedure": procedure,
        "official": official(),
        "decision_number": number,
        "changes": changes,
    }
    return CorrectionRequested.model_validate(fields | more)
