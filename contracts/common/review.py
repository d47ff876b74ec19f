"""The review of a procedure by officials: a pure machine, the same for every agency.

One task for each procedure of a case. It is open, or one official has it in hand; it is decided
once; where the policy wants a second person, two different officials must approve. A refusal or a
request for a supplement takes one. While a supplement is awaited nobody has the task in hand; when
it comes in time the file is examined again and the task is open, and when it does not the procedure
is refused. A decision is of the file that the official saw: one that was under way while the file
was put right does not count. An approval lets the rules have their way and never goes against
them: what they refuse, an official can only refuse too.

Nobody decides outside of their agency, province and procedures, nor about a case that names them.
Whatever does not count is answered with the reason.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts.common.events import (
    PersonIdentified,
    SupplementSubmitted,
    TaskClaimRequested,
    TaskDecisionSubmitted,
)
from contracts.common.objections import (
    WHY,
    objection_to_claim,
    objection_to_decision,
    objection_to_holder,
    objection_to_supplement,
    reason_of,
)
from contracts.common.supplements import NOT_SUPPLIED, ON_ITS_WAY, supplement_until
from contracts.common.task_events import HEARD, task_events
from contracts.common.tasks import (
    Act,
    ActDeclined,
    Refusal,
    SupplementRequest,
    Task,
    TaskEvent,
    task_id,
)
from contracts.envelope import Event
from contracts.model import PersonalId, ProvinceCode, Reason, Text, Value


def persons_of(event: PersonIdentified) -> tuple[PersonalId, ...]:
    """Return whom an identified child's case is about, as far as the event tells."""
    parents = (event.child.mother, event.child.father)
    known = [event.personal_id, *(each.personal_id for each in parents if each)]
    if event.household:
        known.append(event.household.owner)
    return tuple(dict.fromkeys(id for id in known if id))


class Review(Value):
    """What an agency remembers of a task."""

    task: Task
    persons: tuple[PersonalId, ...]
    """Those whom the case is about, as far as the agency knows them."""
    claim_seconds: int
    examined: int = 1
    """The revision of the task at which the file was last examined; it has not changed since."""

    @property
    def until(self) -> datetime | None:
        """When the task is taken from its holder, or refused for want of a supplement.

        None where nobody has it in hand and nothing is awaited.
        """
        end = self.task.supplement_until
        return self.task.held_until if end is None else end + ON_ITS_WAY

    def moved(self, **changes: Any) -> "Review":
        """Return the review with the task moved on: in nobody's hand, and waiting for nothing of
        the family, unless that is said."""
        nothing = dict.fromkeys(("held_by", "held_until", "request", "supplement_until"))
        free: dict[str, Any] = {**nothing, "missing": ()}
        moved = self.task.with_(**{**free, **changes}, revision=self.task.revision + 1)
        return self.with_(task=moved)


class Supplement(NamedTuple):
    """A supplement that counts, and its id."""

    event: SupplementSubmitted
    id: UUID


class Verdict(NamedTuple):
    """What is to be done: the rules may have their way, it is refused for a reason, or the file is
    examined again with what was supplied."""

    refused: Reason | None = None
    supplement: Supplement | None = None


class Step(NamedTuple):
    """What follows from an act: what is remembered, what is said, and the verdict if it is one.

    `signatory` is whose verdict it is: of two who approved, the second.
    """

    waiting: Review | None
    events: tuple[Event, ...]
    verdict: Verdict | None = None
    signatory: PersonalId | None = None


class Reviews:
    """The reviews of one procedure of an agency."""

    def __init__(self, agency: str, procedure: str, *, asks_family: bool = True) -> None:
        """`asks_family` is whether there is anybody who could supply what is missing."""
        self.agency, self.procedure, self.asks_family = agency, procedure, asks_family
        self.acts = HEARD
        self._events = task_events(agency)

    def opened(
        self,
        case_id: str,
        at: datetime,
        *,
        province: ProvinceCode | None,
        persons: tuple[PersonalId, ...],
        second_person: bool,
        claim_seconds: int,
        finding: Reason | None = None,
    ) -> Step:
        """Put a new task into the queue. `finding` is why the rules refuse, where they do."""
        task = Task(
            task_id=task_id(case_id, self.procedure),
            procedure=self.procedure,
            province=province,
            revision=1,
            state="open",
            opened_at=at,
            second_person=second_person,
            finding=finding,
        )
        review = Review(
            task=task, persons=persons, claim_seconds=claim_seconds, examined=task.revision
        )
        return Step(review, (self._events.opened(task=task),))

    def closed(self, review: Review | None, reason: Reason) -> Step:
        """Close the task, if one is open: what it was about has fallen away, for this reason."""
        if review is None or review.task.state == "decided":
            return Step(review, ())
        after = review.moved(state="decided")
        return Step(after, (self._events.closed(task=after.task, reason=reason),))

    def reexamined(self, review: Review | None, finding: Reason | None) -> Step:
        """Say what the rules find now that the file has been put right: all approve it anew."""
        if review is None or review.task.state == "decided":
            return Step(review, ())
        task = review.task.with_(finding=finding, approved_by=(), revision=review.task.revision + 1)
        after = review.with_(task=task, examined=task.revision)
        return Step(after, (self._events.reexamined(task=task),))

    def concerns(self, act: Event) -> bool:
        """Return whether the act is about a task of this procedure."""
        return isinstance(act, Act | SupplementSubmitted) and act.procedure == self.procedure

    def heard(self, review: Review | None, act: Event, id: UUID, at: datetime) -> Step:
        """Let the act count, or decline it and say why. `id` is that of the act."""
        if isinstance(act, SupplementSubmitted):
            return self._supplied(review, act, id)
        assert isinstance(act, Act)
        code = self._objection(review, act)
        if review is None or code is not None:
            return Step(review, (self._declined(act, id, code or "no-task"),))
        if isinstance(act, TaskClaimRequested):
            until = at + timedelta(seconds=review.claim_seconds)
            signatory = act.official.signatory
            after = review.moved(state="claimed", held_by=signatory, held_until=until)
            return Step(after, (self._said(self._events.claimed, after, act, id),))
        if isinstance(act, TaskDecisionSubmitted):
            return self._decided(review, act, id, at)
        after = review.moved(state="open")
        return Step(after, (self._said(self._events.released, after, act, id),))

    def expired(self, review: Review, at: datetime) -> Step:
        """Take the task from a holder whose time is out, or refuse for want of a supplement."""
        task = review.task
        if task.request is not None:
            return self._lapsed(review, task.request, at)
        if task.held_by is None or task.held_until is None or at < task.held_until:
            return Step(review, ())
        after = review.moved(state="open")
        return Step(after, (self._events.released(task=after.task, by=task.held_by),))

    def resumed(
        self, review: Review | None, supplement: Supplement, finding: Reason | None
    ) -> Step:
        """Open the task again, with what was supplied, and what the rules now find."""
        assert review is not None, "a supplement counts where one was asked for"
        event, id = supplement
        declared = event.declaration
        named = (event.by, *((declared.declarant, *declared.people) if declared else ()))
        after = review.moved(state="open", supplied=event.supplied, finding=finding)
        after = after.with_(
            persons=tuple(dict.fromkeys((*review.persons, *named))), examined=after.task.revision
        )
        said = self._events.supplement_received(
            task=after.task,
            request=event.request,
            supplement=id,
            by=event.by,
            received_at=event.received_at,
        )
        return Step(after, (said,))

    def _supplied(self, review: Review | None, event: SupplementSubmitted, id: UUID) -> Step:
        asked = review.task if review and self.asks_family else None
        code = objection_to_supplement(asked, event)
        if code is None:
            return Step(review, (), Verdict(supplement=Supplement(event, id)))
        said = self._events.supplement_declined(
            task_id=event.task_id,
            supplement=id,
            request=event.request,
            by=event.by,
            reason=Reason(code=code, **WHY[code]),
        )
        return Step(review, (said,))

    def _lapsed(self, review: Review, request: UUID, at: datetime) -> Step:
        if review.until is None or at < review.until:
            return Step(review, ())
        reason = Reason(
            code=NOT_SUPPLIED,
            vi="Hồ sơ không được bổ sung trong thời hạn quy định.",
            en="The file was not supplemented in time.",
        )
        after = review.moved(state="decided", missing=review.task.missing)
        said = self._events.supplement_lapsed(task=after.task, request=request, reason=reason)
        return Step(after, (said,), Verdict(refused=reason))

    def _objection(self, review: Review | None, act: Act) -> str | None:
        """Return the code of why the act cannot count, whatever it is about."""
        official = act.official
        if review is None:
            return "no-task"
        task = review.task
        if not official.may_decide(self.agency, task.province, self.procedure):
            return "not-yours"
        if official.person_id in (*review.persons, *act.persons):
            return "own-case"
        if task.state in ("decided", "awaits-supplement"):
            return "already-decided" if task.state == "decided" else "awaits-supplement"
        claims = isinstance(act, TaskClaimRequested)
        code = objection_to_claim(task, act) if claims else objection_to_holder(task, act)
        if code is not None or not isinstance(act, TaskDecisionSubmitted):
            return code
        return objection_to_decision(
            task, act.decided, examined=review.examined, asks_family=self.asks_family
        )

    def _decided(self, review: Review, act: TaskDecisionSubmitted, id: UUID, at: datetime) -> Step:
        decided, task = act.decided, review.task
        if isinstance(decided, SupplementRequest):
            missing = tuple(Text(vi=each.vi, en=each.en) for each in decided.missing)
            # An approval was of the file as it was: what is supplied is approved anew.
            after = review.moved(
                state="awaits-supplement",
                missing=missing,
                approved_by=(),
                request=id,
                supplement_until=supplement_until(at),
            )
            return Step(after, (self._said(self._events.supplement_requested, after, act, id),))
        if isinstance(decided, Refusal):
            after, reason = review.moved(state="decided"), reason_of(decided, task)
            said = self._said(
                self._events.decided, after, act, id, decision="refuse", reason=reason
            )
            return Step(after, (said,), Verdict(reason), act.official.person_id)
        approved_by = (*task.approved_by, act.official.signatory)
        enough = len(approved_by) == (2 if task.second_person else 1)
        after = review.moved(state="decided" if enough else "open", approved_by=approved_by)
        said = self._said(self._events.decided, after, act, id, decision="approve")
        if not enough:
            return Step(after, (said,))
        return Step(after, (said,), Verdict(None), act.official.person_id)

    def _said(self, kind: type[TaskEvent], after: Review, act: Act, id: UUID, **more: Any) -> Event:
        said: Any = {"task": after.task, "act": id, "by": act.official.signatory, **more}
        return kind(**said)

    def _declined(self, act: Act, id: UUID, code: str) -> ActDeclined:
        reason = Reason(code=code, **WHY[code])
        return self._events.declined(
            task_id=act.task_id, act=id, by=act.official.signatory, reason=reason
        )
