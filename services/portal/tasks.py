"""What agencies say of officials' tasks -> the register of tasks. A pure fold for all agencies.

Each event carries the whole task as it stands after it, with its revision: the highest one counts,
in whichever order they are heard.
"""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.catalogue import Catalogue, catalogue
from contracts.common.supplements import SupplementDeclined
from contracts.common.tasks import ActDeclined, Signatory, Task, TaskEvent
from contracts.envelope import Event
from contracts.model import Reason, Value
from services.chassis.procedure import Context, Decision, Procedure, Record, State

TASKS = "tasks"
"""The register of tasks, by their ids."""
ANSWERS_KEPT = 20
"""The latest of them, for each task."""


class Answer(Value):
    """Whether an official's act counted, and why not."""

    act: UUID
    by: Signatory
    at: AwareDatetime
    counted: bool
    reason: Reason | None = None


class Followed(Value):
    """A task as it stands, and the answers to acts, the newest last."""

    task: Task | None = None
    answers: tuple[Answer, ...] = ()


class Tasks(State):
    """The tasks of a case, by their ids."""

    known: dict[str, Followed] = Field(default={})


def followed(state: Tasks, event: Event, context: Context) -> Decision[Tasks]:
    """Note where a task stands, and the answer to an act."""
    id = _task_of(event)
    before = state.known.get(id, Followed())
    after = Followed(task=_newer(before.task, event), answers=_answers(before, event, context))
    if after == before:
        return Decision(state)
    records = (_record(after.task, after, context),) if after.task else ()
    return Decision(Tasks(known={**state.known, id: after}), records=records)


def procedure(known: Catalogue) -> Procedure[Tasks]:
    """Return the procedure that follows the tasks of all agencies in the catalogue."""
    made = Procedure("tasks", initial=Tasks())
    answers = {event: None for spec in known.procedures for event in spec.answers}
    made.on(*answers)(followed)
    return made


def _task_of(event: Event) -> str:
    if isinstance(event, ActDeclined | SupplementDeclined):
        return event.task_id
    assert isinstance(event, TaskEvent)
    return event.task.task_id


def _newer(known: Task | None, event: Event) -> Task | None:
    if not isinstance(event, TaskEvent):
        return known
    told = event.task
    return told if known is None or told.revision > known.revision else known


def _answers(before: Followed, event: Event, context: Context) -> tuple[Answer, ...]:
    """Return the answers with the one that the event is, if it is one and new."""
    act: UUID | None = getattr(event, "act", None)
    if act is None or any(answer.act == act for answer in before.answers):
        return before.answers
    declined = isinstance(event, ActDeclined)
    answer = Answer(
        act=act,
        by=vars(event)["by"],
        at=context.cause.time,
        counted=not declined,
        reason=vars(event).get("reason"),
    )
    answers = sorted((*before.answers, answer), key=lambda each: each.at)
    return tuple(answers[-ANSWERS_KEPT:])


def _record(task: Task, followed: Followed, context: Context) -> Record:
    """Return the row; what is searched by stands beside the task itself."""
    row: dict[str, Any] = {
        "case_id": context.case_id,
        "group": context.cause.group,
        "agency": context.cause.source.rpartition("/")[2],
        "procedure": task.procedure,
        "province": task.province,
        "state": task.state,
        "opened_at": task.opened_at,
        "task": task.model_dump(mode="json"),
        "answers": [answer.model_dump(mode="json") for answer in followed.answers],
    }
    return Record(TASKS, task.task_id, row)


tasks = procedure(catalogue())
