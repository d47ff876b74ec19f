"""A supplement: how long a family has for it, and what an agency says when it came, or did not."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import AwareDatetime

from contracts.common.calendar import in_force, local_date
from contracts.common.legal_bases import LEGAL_BASES
from contracts.common.tasks import TaskEvent, TaskId
from contracts.common.working_days import due_at
from contracts.envelope import Event
from contracts.group import TimeLimit
from contracts.model import PersonalId, Reason

TIME_LIMITS = tuple(
    TimeLimit(since=since, working_days=7, name="supplement", source=source)
    for since, source in LEGAL_BASES
)
"""Within how many working days a family supplies what is missing, by the day of the request."""

ON_ITS_WAY = timedelta(minutes=1)
"""How long after its end the refusal waits: what the portal has taken in time is there by then."""

NOT_SUPPLIED = "supplement-not-received"
"""The code of the reason for which a procedure is refused when nothing was supplied."""


class SupplementReceived(TaskEvent):
    """What was missing is there, and the procedure goes on."""

    request: UUID
    supplement: UUID
    by: PersonalId
    received_at: AwareDatetime


class SupplementLapsed(TaskEvent):
    """What was missing has not come in time, and the procedure is refused."""

    request: UUID
    reason: Reason


class SupplementDeclined(Event):
    """What a family has supplied does not count, and why."""

    task_id: TaskId
    supplement: UUID
    request: UUID
    by: PersonalId
    reason: Reason


def supplement_until(asked_at: datetime) -> datetime:
    """Return until when a family can supply what it was asked for at this moment."""
    limit = in_force(TIME_LIMITS, local_date(asked_at)) or TIME_LIMITS[0]
    return due_at(asked_at, limit.working_days)
