"""Officials and what they want, and rules by which they have to be asked."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

from contracts.common.events import (
    HandoverRequested,
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.tasks import Official, OfficialDecision, task_id
from services.chassis.rules import Approval, Rules

R = TypeVar("R", bound=Rules[Any])

REASON = {"vi": "Giấy tờ đã bị tẩy xóa.", "en": "The papers have been altered."}
APPROVE: dict[str, Any] = {"decision": "approve"}
REFUSE: dict[str, Any] = {"decision": "refuse", "reason": REASON}
SUPPLEMENT: dict[str, Any] = {"decision": "supplement", "missing": [REASON]}

_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)


def official(number: int = 1, agency: str = "civil-status", **changes: Any) -> Official:
    """Return official number so and so of an agency, competent for everything there."""
    fields = {
        "person_id": f"0011750000{number:02}",
        "name": f"Lê Văn {number}",
        "agency": agency,
        "provinces": ("*",),
        "procedures": ("*",),
    }
    return Official.model_validate(fields | changes)


def about(procedure: str, who: Official, case: str = "case-1") -> dict[str, Any]:
    """Return what every act says."""
    return {"task_id": task_id(case, procedure), "procedure": procedure, "official": who}


def claim(procedure: str, who: Official, **more: Any) -> TaskClaimRequested:
    """Return a claim."""
    return TaskClaimRequested(**about(procedure, who), **more)


def release(procedure: str, who: Official) -> TaskReleaseRequested:
    """Return a release."""
    return TaskReleaseRequested(**about(procedure, who))


def handover(procedure: str, who: Official, **more: Any) -> HandoverRequested:
    """Return a handover of an adopted case."""
    return HandoverRequested.model_validate({**about(procedure, who), "reason": REASON, **more})


def decide(
    procedure: str, who: Official, decision: dict[str, Any], **more: Any
) -> TaskDecisionSubmitted:
    """Return a decision; where it names no `revision`, one of before decisions did."""
    decided = _decision.validate_python(decision)
    return TaskDecisionSubmitted(**about(procedure, who), decided=decided, **more)


def reviewed(
    rules: R, procedure: str, approval: Approval = "review", place: str = "", since: str = ""
) -> R:
    """Return the rules with this policy for the procedure; everywhere, where no place is said."""
    text = f"""
[[approval.{procedure}]]
from = {since or "2025-01-01"}
{f'place = "{place}"' if place else ""}
value = "{approval}"
source = "a test"
confidence = "low"
"""
    return rules.amended(text, "a test")
