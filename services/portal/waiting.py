"""For whom the procedures of a case wait: an official, the family, a bank. Else a machine has them
in hand, and a case that does not go on is stuck. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.catalogue import Catalogue
from contracts.common.asking import Awaiting
from contracts.common.tasks import TaskClosed, TaskDecided, TaskEvent
from contracts.envelope import Event


class Wait(TypedDict):
    """Whether a procedure that has waited for somebody still does, by this version of its task."""

    revision: int
    over: bool


Waits = Mapping[str, Wait]
"""By procedure; it is over at the latest when the procedure ends."""


def heard_by(known: Catalogue) -> tuple[type[Event], ...]:
    """Return the events, of all agencies, with which waiting begins and ends."""
    kinds = (Awaiting, TaskDecided, TaskClosed)
    return tuple(event for event in known.events.values() if issubclass(event, kinds))


def noted(waits: Waits, event: Event) -> Waits:
    """Return who waits with what the event says of it; of a task, the newest version counts."""
    if isinstance(event, TaskEvent):
        told = Wait(revision=event.task.revision, over=event.task.state == "decided")
    elif isinstance(event, Awaiting):
        told = Wait(revision=0, over=False)
    else:
        return waits
    before = waits.get(event.procedure)
    if before is not None and told["revision"] <= before["revision"]:
        return waits
    return {**waits, event.procedure: told}


def columns(waits: Waits, running: Iterable[str], at: datetime) -> dict[str, Any]:
    """Return what the register has of it: nothing where nobody was ever waited for.

    `running` are the procedures that could start and have not ended. A case is attended where each
    of them waits for somebody; `at` is when this was found out, which is when the case went on.
    """
    if not waits:
        return {}
    attended = all(name in waits and not waits[name]["over"] for name in running)
    return {"attended": attended, "moved_at": at}
