"""Second thoughts to test with: what is asked for, by the declarant and by officials."""

from datetime import date
from typing import Any
from uuid import UUID

from contracts.compensation.events import (
    CorrectionRequested,
    Judgement,
    RegistrationRevoked,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.model import Reason
from tests.unit.births import MOTHER
from tests.unit.officials import official

JUDGEMENT = Judgement(
    number="17/2026/QĐST-DS", court="Tòa án nhân dân khu vực 2", judged_on=date(2026, 11, 20)
)
REVOKED = RegistrationRevoked(
    request=UUID(int=1),
    by=official().signatory,
    registration_number="KT-33-2026-00000042",
    revoked_on=date(2026, 11, 20),
    judgement=JUDGEMENT,
    reason=Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void."),
)
"""A registered death is void."""


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
