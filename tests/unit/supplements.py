"""What a family supplies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.common.events import DeclarationSubmitted, SupplementSubmitted
from contracts.common.tasks import Task, task_id
from services.chassis.gate import CLAIM
from tests.unit.births import MOTHER
from tests.unit.driver import NOW, Desk
from tests.unit.officials import claim, decide, official

STRANGE = UUID(int=7)
"""A request that nobody has made."""


def asking(number: int = 1) -> dict[str, Any]:
    """Return an official's decision to ask for something, another one for each number."""
    text = {"vi": f"Giấy tờ thứ {number}.", "en": f"Document number {number}."}
    return {"decision": "supplement", "missing": [text]}


def supplement(
    procedure: str,
    request: UUID | None,
    at: datetime = NOW,
    declaration: DeclarationSubmitted | None = None,
    **more: Any,
) -> SupplementSubmitted:
    """Return a supplement that the portal took at that moment, for a request."""
    fields = {
        "task_id": task_id("case-1", procedure),
        "procedure": procedure,
        "by": MOTHER,
        "request": request or STRANGE,
        "received_at": at,
        "supplied": ({"text": "Đây là bản chụp rõ.", "document": "01001.GCS.00001.26"},),
        "declaration": declaration,
    }
    return SupplementSubmitted.model_validate(fields | more)


def task(desk: Desk) -> Task:
    """Return the task of the case at this desk."""
    found: Task = desk.state.review.task
    return found


def asked(desk: Desk, agency: str, procedure: str, number: int = 1) -> UUID:
    """Let an official take the task and ask for something; return the request."""
    who = official(number, agency)
    desk.hear(claim(procedure, who))
    desk.hear(decide(procedure, who, asking(number)))
    request = task(desk).request
    assert request is not None
    assert CLAIM in desk.deadlines
    return request
