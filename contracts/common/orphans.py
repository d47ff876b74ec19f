"""What happens to a running case whose declarant has died, where nobody is left to go on with it:
an official takes it in hand, and after that one another. The same for every group."""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.common.events import (
    AdoptionReopened,
    CaseAbandoned,
    CaseAdopted,
    CaseOrphaned,
    HandoverRequested,
)
from contracts.common.task_events import HEARD, task_events
from contracts.envelope import Event
from contracts.group import ProcedureSpec
from contracts.model import Text

OFFICE = "civil-status"
"""Whose officials they are: the office that families go to. A choice of ours."""


class Adoption(NamedTuple):
    """What officials say of who adopts a case, and what is said to that."""

    acts: tuple[type[Event], ...] = (*HEARD, HandoverRequested)
    answers: tuple[type[Event], ...] = (*task_events(OFFICE), AdoptionReopened)


def orphaned_case(name: str) -> ProcedureSpec:
    """Return the procedure of a group, under this name; in no bundle, for no case waits for it."""
    return ProcedureSpec(
        name=name,
        title=Text(vi="Hồ sơ có người yêu cầu đã qua đời", en="Case of a deceased declarant"),
        owner=OFFICE,
        hears=(CaseOrphaned,),
        ends={CaseAdopted: "granted", CaseAbandoned: "refused"},
        review=Adoption(),
    )


def adopts(spec: ProcedureSpec) -> bool:
    """Return whether it is the procedure by which a case is adopted."""
    return CaseAdopted in spec.ends


NOTICES: Mapping[type[Event], Text] = {
    CaseOrphaned: Text(
        vi="Người yêu cầu đã qua đời; hồ sơ chờ cán bộ tiếp nhận.",
        en="The declarant has died; the case waits for an official.",
    ),
    CaseAdopted: Text(vi="Cán bộ đã tiếp nhận hồ sơ.", en="An official goes on with the case."),
    AdoptionReopened: Text(
        vi="Hồ sơ được bàn giao; chờ cán bộ khác tiếp nhận.",
        en="The case is handed over; it waits for another official.",
    ),
    CaseAbandoned: Text(
        vi="Không có người tiếp tục hồ sơ; phần đã nộp vẫn được giải quyết.",
        en="Nobody goes on with the case; what was declared is still decided.",
    ),
}
