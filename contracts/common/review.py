"""The review of a procedure by officials: a pure machine, the same for every agency.

One task for each procedure of a case. It is open, or one official has it in hand; it is decided
once; where the policy wants a second person, two different officials must approve. A refusal or a
request for a supplement takes one. An approval lets the rules have their way and never goes against
them: what they refuse, an official can only refuse too.

Nobody decides outside of their agency, province and procedures, nor about a case that names them.
Whatever does not count is answered with the reason.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts.common.events import (
    PersonIdentified,
    TaskClaimRequested,
    TaskDecisionSubmitted,
)
from contracts.common.task_events import ACTS, task_events
from contracts.common.tasks import (
    Act,
    ActDeclined,
    Approval,
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

    @property
    def until(self) -> datetime | None:
        """When the task is taken from its holder; None where nobody has it in hand."""
        return self.task.held_until

    def moved(self, **changes: Any) -> "Review":
        """Return the review with the task moved on, in nobody's hand unless that is said."""
        free = {"held_by": None, "held_until": None}
        moved = self.task.with_(**{**free, **changes}, revision=self.task.revision + 1)
        return Review(task=moved, persons=self.persons, claim_seconds=self.claim_seconds)


class Verdict(NamedTuple):
    """What officials have decided: that the rules may have their way, or why it is refused."""

    refused: Reason | None


class Step(NamedTuple):
    """What follows from an act: what is remembered, what is said, and the verdict if it is one."""

    waiting: Review | None
    events: tuple[Event, ...]
    verdict: Verdict | None = None


class Reviews:
    """The reviews of one procedure of an agency."""

    def __init__(self, agency: str, procedure: str) -> None:
        self.agency, self.procedure = agency, procedure
        self.acts = ACTS
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
        review = Review(task=task, persons=persons, claim_seconds=claim_seconds)
        return Step(review, (self._events.opened(task=task),))

    def closed(self, review: Review | None, reason: Reason) -> Step:
        """Close the task, if one is open: what it was about has fallen away, for this reason."""
        if review is None or review.task.state == "decided":
            return Step(review, ())
        after = review.moved(state="decided")
        return Step(after, (self._events.closed(task=after.task, reason=reason),))

    def concerns(self, act: Event) -> bool:
        """Return whether the act is about a task of this procedure."""
        return isinstance(act, Act) and act.procedure == self.procedure

    def heard(self, review: Review | None, act: Event, id: UUID, at: datetime) -> Step:
        """Let the act count, or decline it and say why. `id` is that of the act."""
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
            return self._decided(review, act, id)
        after = review.moved(state="open")
        return Step(after, (self._said(self._events.released, after, act, id),))

    def expired(self, review: Review, at: datetime) -> Step:
        """Take the task from a holder whose time is out."""
        task = review.task
        if task.held_by is None or task.held_until is None or at < task.held_until:
            return Step(review, ())
        after = review.moved(state="open")
        return Step(after, (self._events.released(task=after.task, by=task.held_by),))

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
        if isinstance(act, TaskClaimRequested):
            return _objection_to_claim(task, act)
        return _objection_to_holder(task, act)

    def _decided(self, review: Review, act: TaskDecisionSubmitted, id: UUID) -> Step:
        decided, task = act.decided, review.task
        if isinstance(decided, SupplementRequest):
            missing = tuple(Text(vi=each.vi, en=each.en) for each in decided.missing)
            # An approval was of the file as it was: what is supplied is approved anew.
            after = review.moved(state="awaits-supplement", missing=missing, approved_by=())
            return Step(after, (self._said(self._events.supplement_requested, after, act, id),))
        if isinstance(decided, Refusal):
            after, reason = review.moved(state="decided"), _reason(decided, task)
            said = self._said(
                self._events.decided, after, act, id, decision="refuse", reason=reason
            )
            return Step(after, (said,), Verdict(reason))
        approved_by = (*task.approved_by, act.official.signatory)
        enough = len(approved_by) == (2 if task.second_person else 1)
        after = review.moved(state="decided" if enough else "open", approved_by=approved_by)
        said = self._said(self._events.decided, after, act, id, decision="approve")
        return Step(after, (said,), Verdict(None) if enough else None)

    def _said(self, kind: type[TaskEvent], after: Review, act: Act, id: UUID, **more: Any) -> Event:
        said: Any = {"task": after.task, "act": id, "by": act.official.signatory, **more}
        return kind(**said)

    def _declined(self, act: Act, id: UUID, code: str) -> ActDeclined:
        reason = Reason(code=code, **_WHY[code])
        return self._events.declined(
            task_id=act.task_id, act=id, by=act.official.signatory, reason=reason
        )


def _objection_to_claim(task: Task, act: Act) -> str | None:
    person = act.official.person_id
    if task.held_by is not None and task.held_by.person_id != person:
        return "held-by-another"
    if any(other.person_id == person for other in task.approved_by):
        return "second-person-needed"
    return None


def _objection_to_holder(task: Task, act: Act) -> str | None:
    if task.held_by is None or task.held_by.person_id != act.official.person_id:
        return "not-held"
    if not isinstance(act, TaskDecisionSubmitted):
        return None
    if isinstance(act.decided, Approval) and task.finding is not None:
        return "rules-refuse"
    if isinstance(act.decided, Refusal) and _reason(act.decided, task) is None:
        return "reason-missing"
    return None


def _reason(refusal: Refusal, task: Task) -> Reason | None:
    """Return the official's own reason, or else what the rules found."""
    if refusal.reason is None:
        return task.finding
    return Reason(code="refused-by-official", vi=refusal.reason.vi, en=refusal.reason.en)


_WHY = {
    code: {"vi": vi, "en": en}
    for code, vi, en in (
        ("no-task", "Không có việc nào chờ cán bộ giải quyết.", "No task waits here."),
        (
            "not-yours",
            "Việc này không thuộc thẩm quyền của cán bộ.",
            "The task is outside of the official's agency, province or procedures.",
        ),
        (
            "own-case",
            "Cán bộ không được giải quyết hồ sơ của chính mình hoặc của gia đình mình.",
            "Nobody decides about their own or their family's case.",
        ),
        ("already-decided", "Việc này đã được giải quyết.", "The task is decided already."),
        (
            "awaits-supplement",
            "Hồ sơ đang chờ gia đình bổ sung.",
            "The file waits for what the family has been asked for.",
        ),
        (
            "held-by-another",
            "Cán bộ khác đang giải quyết việc này.",
            "Another official has the task in hand.",
        ),
        (
            "second-person-needed",
            "Cần một cán bộ khác phê duyệt lần thứ hai.",
            "The second approval must be another official's.",
        ),
        (
            "not-held",
            "Cán bộ chưa nhận việc này, hoặc đã hết thời hạn giữ việc.",
            "The official does not have the task in hand: it must be claimed first.",
        ),
        (
            "rules-refuse",
            "Hồ sơ không đủ điều kiện theo quy định; chỉ có thể từ chối hoặc yêu cầu bổ sung.",
            "The rules refuse this file: it can be refused, or a supplement asked for.",
        ),
        (
            "reason-missing",
            "Phải nêu lý do từ chối.",
            "A refusal needs its reason, for the rules found none.",
        ),
    )
}
