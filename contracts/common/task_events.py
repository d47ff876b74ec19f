"""The events of officials' tasks as each agency publishes them: one shape under its own name."""

import types
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, TypeVar

from contracts.common.events import (
    SupplementSubmitted,
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.supplements import SupplementDeclined, SupplementLapsed, SupplementReceived
from contracts.common.tasks import (
    Act,
    ActDeclined,
    SupplementRequested,
    TaskClaimed,
    TaskClosed,
    TaskDecided,
    TaskOpened,
    TaskReexamined,
    TaskReleased,
)
from contracts.envelope import Event
from contracts.group import ProcedureSpec
from contracts.model import Text

E = TypeVar("E", bound=Event)

ACTS: tuple[type[Act], ...] = (TaskClaimRequested, TaskReleaseRequested, TaskDecisionSubmitted)
"""What officials want."""
HEARD: tuple[type[Event], ...] = (*ACTS, SupplementSubmitted)
"""What comes in by the portal's door about a task, of officials and of families."""


class TaskEvents(NamedTuple):
    """The events of tasks as one agency publishes them."""

    opened: type[TaskOpened]
    claimed: type[TaskClaimed]
    released: type[TaskReleased]
    decided: type[TaskDecided]
    supplement_requested: type[SupplementRequested]
    supplement_received: type[SupplementReceived]
    supplement_lapsed: type[SupplementLapsed]
    supplement_declined: type[SupplementDeclined]
    declined: type[ActDeclined]
    reexamined: type[TaskReexamined]
    closed: type[TaskClosed]

    @property
    def acts(self) -> tuple[type[Event], ...]:
        """What the agency hears of officials and families."""
        return HEARD

    @property
    def answers(self) -> tuple[type[Event], ...]:
        """What it says to that, all of these."""
        return tuple(self)


@cache
def task_events(agency: str) -> TaskEvents:
    """Return the events by which the agency speaks of tasks: one shape, published by each."""
    return TaskEvents(
        opened=_published(agency, TaskOpened, "task-opened"),
        claimed=_published(agency, TaskClaimed, "task-claimed"),
        released=_published(agency, TaskReleased, "task-released"),
        decided=_published(agency, TaskDecided, "task-decided"),
        supplement_requested=_published(agency, SupplementRequested, "supplement-requested"),
        supplement_received=_published(agency, SupplementReceived, "supplement-received"),
        supplement_lapsed=_published(agency, SupplementLapsed, "supplement-lapsed"),
        supplement_declined=_published(agency, SupplementDeclined, "supplement-declined"),
        declined=_published(agency, ActDeclined, "act-declined"),
        reexamined=_published(agency, TaskReexamined, "task-reexamined"),
        closed=_published(agency, TaskClosed, "task-closed"),
    )


def task_notices(procedures: Iterable[ProcedureSpec]) -> dict[type[Event], Text]:
    """Return what the family reads of the tasks of those procedures that may have one."""
    notices: dict[type[Event], Text] = {}
    for spec in procedures:
        if spec.review is not None:
            said = task_events(spec.owner)
            notices[said.opened] = Text(
                vi="Cán bộ đang xem xét hồ sơ.", en="An official examines the file."
            )
            notices[said.supplement_requested] = Text(
                vi="Hồ sơ cần được bổ sung.", en="The file is not complete: please supplement it."
            )
            notices[said.supplement_received] = Text(
                vi="Đã nhận được phần bổ sung; hồ sơ được tiếp tục giải quyết.",
                en="What was missing has been received, and the case goes on.",
            )
            notices[said.supplement_lapsed] = Text(
                vi="Hết thời hạn bổ sung mà chưa nhận được giấy tờ, thông tin còn thiếu.",
                en="The time for a supplement is over, and what was missing has not come.",
            )
            notices[said.supplement_declined] = Text(
                vi="Phần bổ sung không được chấp nhận.", en="The supplement did not count."
            )
    return notices


def _published(agency: str, kind: type[E], what: str) -> type[E]:
    said = {"__module__": kind.__module__, "__doc__": kind.__doc__}
    attributes = {"type": f"{agency}.{what}.v1"}
    return types.new_class(kind.__name__, (kind,), attributes, lambda body: body.update(said))
