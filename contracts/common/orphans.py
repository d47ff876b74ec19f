"""What happens to a running case whose declarant has died, where nobody is left to go on with it:
an official takes it in hand. The same for every group."""

from collections.abc import Mapping

from contracts.common.events import CaseAbandoned, CaseAdopted, CaseOrphaned
from contracts.common.task_events import task_events
from contracts.envelope import Event
from contracts.group import ProcedureSpec
from contracts.model import Text

OFFICE = "civil-status"
"""Whose officials they are: the office that families go to. A choice of ours."""


def orphaned_case(name: str) -> ProcedureSpec:
    """Return the procedure of a group, under this name; in no bundle, for no case waits for it."""
    return ProcedureSpec(
        name=name,
        title=Text(vi="Hồ sơ có người yêu cầu đã qua đời", en="Case of a deceased declarant"),
        owner=OFFICE,
        hears=(CaseOrphaned,),
        ends={CaseAdopted: "granted", CaseAbandoned: "refused"},
        review=task_events(OFFICE),
    )


NOTICES: Mapping[type[Event], Text] = {
    CaseOrphaned: Text(
        vi="Người yêu cầu đã qua đời; hồ sơ chờ cán bộ tiếp nhận.",
        en="The declarant has died; the case waits for an official.",
    ),
    CaseAdopted: Text(vi="Cán bộ đã tiếp nhận hồ sơ.", en="An official goes on with the case."),
    CaseAbandoned: Text(
        vi="Không có người tiếp tục hồ sơ; phần đã nộp vẫn được giải quyết.",
        en="Nobody goes on with the case; what was declared is still decided.",
    ),
}
