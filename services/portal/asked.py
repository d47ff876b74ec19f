"""What a family is asked for at this moment, as the page of its case tells it. Pure."""

from pydantic import AwareDatetime
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.common.tasks import Task
from services.chassis.encoding import Document
from services.chassis.memory import MemoryCodec
from services.portal.tasks import Tasks, tasks

AWAITED = "awaited"
"""Where a row that is made from a journal has the tasks that await a supplement."""
_memory = MemoryCodec([tasks])


class SupplementView(TypedDict):
    """What is missing, until when it is taken, and the request that a supplement names."""

    request: str
    missing: list[dict[str, str]]
    until: AwareDatetime


def awaited(state: bytes) -> dict[str, Task]:
    """Return the tasks that await a supplement, by procedure, as a journal's entry remembers."""
    found = _memory.load(state).states.get(tasks.name, tasks.initial)
    assert isinstance(found, Tasks)
    known = (followed.task for followed in found.known.values())
    return {task.procedure: task for task in known if task and task.state == "awaits-supplement"}


def supplement(row: Document, procedure: str) -> SupplementView | None:
    """Return what the family is asked for about a procedure, if it is."""
    task: Task | None = row.get(AWAITED, {}).get(procedure)
    if task is None or task.supplement_until is None:
        return None
    return {
        "request": str(task.request),
        "missing": [each.model_dump() for each in task.missing],
        "until": task.supplement_until,
    }
