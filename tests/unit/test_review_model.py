"""Officials and a family do whatever they like, in any order: a task keeps its promises."""

from datetime import timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.process import BIRTH
from contracts.common.supplements import SupplementDeclined, SupplementReceived
from contracts.common.tasks import Act, ActDeclined, TaskDecided, TaskEvent
from services.chassis.gate import CLAIM
from services.civil_status import birth
from services.civil_status.rules import RULES
from tests.unit.births import MOTHER, submitted
from tests.unit.driver import Desk
from tests.unit.officials import (
    APPROVE,
    REFUSE,
    SUPPLEMENT,
    claim,
    decide,
    official,
    release,
    reviewed,
)
from tests.unit.supplements import STRANGE, supplement

STAFF = tuple(official(number) for number in (1, 2, 3))
STRANGERS = (
    official(4, "residence"),
    official(5, provinces=("79",)),
    official(6, person_id=MOTHER),
)
POLICIES = {approval: reviewed(RULES, BIRTH, approval) for approval in ("review", "review-by-two")}

acts: st.SearchStrategy[Act] = st.sampled_from((*STAFF, *STRANGERS)).flatmap(
    lambda who: st.sampled_from(
        (
            claim(BIRTH, who),
            release(BIRTH, who),
            *(decide(BIRTH, who, what) for what in (APPROVE, REFUSE, SUPPLEMENT)),
        )
    )
)


class Reviewed(RuleBasedStateMachine):
    """One birth under review, and what an onlooker who counts himself knows of it.

    What he knows of the family: `awaited` is the last request while nothing has answered it.
    """

    @initialize(approval=st.sampled_from(sorted(POLICIES)), early=st.lists(acts, max_size=2))
    def declared(self, approval: str, early: list[Act]) -> None:
        """The declaration may come after acts, if somebody is quicker than the truth."""
        self.needed = 1 if approval == "review" else 2
        self.desk = Desk(birth.registration, POLICIES[approval])
        self.holder: str | None = None
        self.approved: list[str] = []
        self.last: Act | None = None
        self.awaited: UUID | None = None
        self.requests: list[UUID] = []
        for act in early:
            self.act(act)
        self.desk.hear(submitted())

    @rule(act=acts)
    def act(self, act: Act) -> None:
        """Somebody wants something, at this very moment."""
        self.last = act
        before = len(self.desk.events)
        self.desk.now += timedelta(seconds=1)
        self.desk.hear(act)
        answers = self.desk.events[before:]
        first = answers[0]
        assert isinstance(first, ActDeclined | TaskEvent), "every act is answered"
        if isinstance(first, ActDeclined):
            assert len(answers) == 1
            return
        who = act.official
        assert who in STAFF, "a stranger's act never counts"
        if isinstance(first, TaskDecided) and first.decision == "approve":
            assert self.holder == who.person_id, "only the holder decides"
            self.approved.append(who.person_id)
        if first.task.state == "awaits-supplement":
            self.approved, self.awaited = [], first.task.request
            self.requests.append(vars(first)["act"])
        held = first.task.held_by
        assert self.holder in (None, who.person_id), "what one holds, no other moves"
        self.holder = held.person_id if held else None

    @rule()
    def repeat(self) -> None:
        """The last act once more, as another request."""
        if self.last is not None:
            self.act(self.last)

    @rule(which=st.integers(-1, 3), late=st.booleans())
    def supply(self, which: int, late: bool) -> None:
        """The family answers a request: the last one, an earlier one, or none that was made."""
        known = which < 0 and self.awaited is not None
        earlier = self.requests[which] if 0 <= which < len(self.requests) else STRANGE
        request = self.awaited if known else earlier
        until = self.desk.deadlines.get(CLAIM, self.desk.now)
        before, stood = len(self.desk.events), self.desk.state
        self.desk.hear(supplement(BIRTH, request, until if late else self.desk.now))
        (answer,) = self.desk.events[before:]
        counts = request == self.awaited is not None and not late
        assert isinstance(answer, SupplementReceived if counts else SupplementDeclined)
        if counts:
            self.awaited = None
        else:
            assert self.desk.state == stood, "what does not count changes nothing"

    @rule()
    def time_is_out(self) -> None:
        """The deadline comes due, if there is one: of the claim, or of what is awaited."""
        if CLAIM in self.desk.deadlines:
            self.desk.time_out(CLAIM)
            self.holder = self.awaited = None

    @rule()
    def declared_again(self) -> None:
        """The declaration is heard under another id."""
        before = len(self.desk.events)
        self.desk.hear(submitted())
        assert len(self.desk.events) == before

    @invariant()
    def promises(self) -> None:
        """Decided once; by enough different people; a deadline where somebody holds it."""
        ends = [e for e in self.desk.events if isinstance(e, BirthRegistered | BirthRefused)]
        assert len(ends) <= 1
        if any(isinstance(end, BirthRegistered) for end in ends):
            assert len(self.approved) == len(set(self.approved)) == self.needed
        if any(isinstance(end, BirthRefused) for end in ends):
            assert self.desk.world.of(self.desk.case) == set(), "a refused case holds no claim"
        awaits = self.holder is not None or self.awaited is not None
        assert (CLAIM in self.desk.deadlines) == awaits
        assert self.holder is None or self.awaited is None
        assert all(due > self.desk.now for due in self.desk.deadlines.values())
        task = self.desk.state.review.task if self.desk.state.review else None
        if task is not None:
            assert (task.held_by.person_id if task.held_by else None) == self.holder
            assert (task.state == "decided") == bool(ends)
            assert (task.request == self.awaited) or bool(ends)

    @invariant()
    def revisions(self) -> None:
        """Each event of the task is the next version of it."""
        told = [e.task.revision for e in self.desk.events if isinstance(e, TaskEvent)]
        assert told == list(range(1, len(told) + 1))
        answered = [e.act for e in self.desk.events if isinstance(e, ActDeclined)]
        assert all(isinstance(each, UUID) for each in answered)


TestReviewed = Reviewed.TestCase
TestReviewed.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None, derandomize=True
)
