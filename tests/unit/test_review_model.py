"""Officials do whatever they like in any order: a task keeps its promises all the same."""

from datetime import timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.process import BIRTH
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
    """One birth under review, and what an onlooker who counts himself knows of it."""

    @initialize(approval=st.sampled_from(sorted(POLICIES)), early=st.lists(acts, max_size=2))
    def declared(self, approval: str, early: list[Act]) -> None:
        """The declaration may come after acts, if somebody is quicker than the truth."""
        self.needed = 1 if approval == "review" else 2
        self.desk = Desk(birth.registration, POLICIES[approval])
        self.holder: str | None = None
        self.approved: list[str] = []
        self.last: Act | None = None
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
            self.approved = []
        held = first.task.held_by
        assert self.holder in (None, who.person_id), "what one holds, no other moves"
        self.holder = held.person_id if held else None

    @rule()
    def repeat(self) -> None:
        """The last act once more, as another request."""
        if self.last is not None:
            self.act(self.last)

    @rule()
    def time_is_out(self) -> None:
        """The claim's deadline comes due, if there is one."""
        if CLAIM in self.desk.deadlines:
            self.desk.time_out(CLAIM)
            self.holder = None

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
        assert (CLAIM in self.desk.deadlines) == (self.holder is not None)
        task = self.desk.state.review.task if self.desk.state.review else None
        if task is not None:
            assert (task.held_by.person_id if task.held_by else None) == self.holder
            assert (task.state == "decided") == bool(ends)

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
