"""An adopted case is to be handed over -> its task is opened anew, or why it is not. Pure.

Who leaves hands over, or any other official who might adopt the case, for the adopter may have left
already; also where all have left the case. Until it is decided anew nothing changes.
"""

from datetime import datetime
from uuid import UUID

from contracts.common.events import AdoptionReopened, HandoverRequested
from contracts.common.objections import WHY
from contracts.common.orphans import OFFICE
from contracts.common.review import Review, Step
from contracts.common.task_events import task_events
from contracts.model import Reason

HANDED_OVER = "handed-over"
_said = task_events(OFFICE)


def judged(review: Review | None, act: HandoverRequested, id: UUID, at: datetime) -> Step:
    """Put the case back into the queue, or decline and say why. `id` is that of the act."""
    by, code = act.official.signatory, _objection(review, act)
    if review is None or code is not None:
        code = code or "not-adopted"
        reason = Reason(code=code, **WHY[code])
        return Step(review, (_said.declined(task_id=act.task_id, act=id, by=by, reason=reason),))
    # An approval was the adoption that is over: the same official may adopt again.
    after = review.moved(state="open", approved_by=(), opened_at=at)
    reason = Reason(code=HANDED_OVER, vi=act.reason.vi, en=act.reason.en)
    return Step(after, (AdoptionReopened(task=after.task, act=id, by=by, reason=reason),))


def _objection(review: Review | None, act: HandoverRequested) -> str | None:
    """Return the code of why it cannot be handed over."""
    if review is None:
        return "not-adopted"
    task = review.task
    if not act.official.may_decide(OFFICE, task.province, task.procedure):
        return "not-yours"
    if act.official.person_id in (*review.persons, *act.persons):
        return "own-case"
    return None if task.state == "decided" else "awaits-adoption"
