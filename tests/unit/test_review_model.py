"""Officials and a family do whatever they like, in any order: a task keeps its promises.

At each agency that has officials, about births, deaths and cases whose declarant has died, with the
facts that its procedure needs coming before, between and again after all of that, and being put
right meanwhile.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from contracts.common.events import AdoptionReopened, TaskDecisionSubmitted
from contracts.common.supplements import SupplementDeclined, SupplementReceived
from contracts.common.tasks import (
    Act,
    ActDeclined,
    Official,
    SupplementRequested,
    TaskDecided,
    TaskEvent,
    TaskReexamined,
)
from contracts.compensation.events import BirthCorrected
from contracts.envelope import Event
from services.chassis.gate import CLAIM
from services.population.persons import IDENTIFIER
from services.social_insurance.lives import LIFE
from tests.unit.births import MOTHER, child
from tests.unit.deaths import WIDOW
from tests.unit.driver import Desk
from tests.unit.offices import DEATHS, ORPHANS
from tests.unit.officials import (
    APPROVE,
    REFUSE,
    SUPPLEMENT,
    claim,
    decide,
    handover,
    official,
    release,
    reviewed,
)
from tests.unit.supplements import STRANGE, supplement
from tests.unit.test_births_reviewed import OFFICES, Office
from tests.unit.test_reexamined import CORRECTED

STAFF, FOREIGN, FAR, FAMILY = (1, 2, 3), 4, 5, 6
"""Who acts: three of the agency, one of another, one of another province, and one of the family."""
Deed = Callable[[str, Official], Act]
DEEDS: tuple[Deed, ...] = (
    claim,
    release,
    lambda procedure, who: decide(procedure, who, APPROVE),
    lambda procedure, who: decide(procedure, who, REFUSE),
    lambda procedure, who: decide(procedure, who, SUPPLEMENT),
)
agos = st.sampled_from((0, 0, 1, 2, 4, -1, None))
"""How many revisions of the task ago the file was looked at; -1 is of none yet, None unknown."""
acts = st.tuples(
    st.sampled_from((*STAFF, *STAFF, FOREIGN, FAR, FAMILY)), st.sampled_from(DEEDS), agos
)
Wanted = tuple[int, Deed, int | None]


def official_of(office: Office, number: int) -> Official:
    if number == FOREIGN:
        return official(number, "payments")
    if number == FAR:
        return official(number, office.agency, provinces=("79",))
    if number == FAMILY:
        return official(number, office.agency, person_id=family_of(office))
    return official(number, office.agency)


def family_of(office: Office) -> str:
    return WIDOW if office in DEATHS else MOTHER


class Reviewed(RuleBasedStateMachine):
    """One procedure under review, and what an onlooker who counts himself knows of it.

    What he knows of the family: `awaited` is the last request while nothing has answered it. What
    he knows of the file: in `files` what it was at each revision of the task.
    """

    @initialize(
        office=st.sampled_from([*OFFICES, *DEATHS, *ORPHANS]),
        approval=st.sampled_from(("review", "review-by-two")),
        early=st.lists(acts, max_size=2),
        backwards=st.booleans(),
    )
    def begun(self, office: Office, approval: str, early: list[Wanted], backwards: bool) -> None:
        """The facts may come after acts, if somebody is quicker than the truth."""
        self.office = office
        # No policy says who takes an orphaned case in hand: one official does.
        self.needed = 2 if approval == "review-by-two" and office not in ORPHANS else 1
        rules = reviewed(office.rules, office.name, approval)  # type: ignore[arg-type]
        group = "death" if office in DEATHS else "birth"
        self.desk = Desk(office.procedure, rules, group=group)
        self.holder: str | None = None
        self.approved: list[str] = []
        self.last: Wanted | None = None
        self.awaited: UUID | None = None
        self.requests: list[UUID] = []
        self.files: dict[int, Any] = {}
        self.changes = 0
        self.since = 0
        """Which event was the first since the task was last opened anew."""
        self.facts: list[Event] = list(office.hears)[:: -1 if backwards else 1]
        for wanted in early:
            self.act(wanted)
        for fact in self.facts:
            self.desk.hear(fact)
        self.filed()

    def filed(self) -> None:
        """Note what the file is at the revision that the task has now."""
        review = self.desk.state.review
        if review is not None:
            self.files[review.task.revision] = self.file()

    def file(self) -> Any:
        """Return what the agency decides from, and what the family has said besides."""
        return self.desk.state.with_(review=None), self.desk.state.review.task.supplied

    @rule(wanted=acts)
    def act(self, wanted: Wanted) -> None:
        """Somebody wants something, at this very moment."""
        self.last = wanted
        number, deed, ago = wanted
        # The portal says with each act whom the declaration names.
        act = deed(self.office.name, official_of(self.office, number)).model_copy(
            update={"persons": (family_of(self.office),)}
        )
        seen = None if ago is None else max(1, max(self.files, default=0) - ago)
        if isinstance(act, TaskDecisionSubmitted):
            act = act.model_copy(update={"decided": act.decided.with_(revision=seen)})
        file = self.file() if self.desk.state.review else None
        before = len(self.desk.events)
        self.desk.now += timedelta(seconds=1)
        self.desk.hear(act)
        answers = self.desk.events[before:]
        first = answers[0]
        assert isinstance(first, ActDeclined | TaskEvent), "every act is answered"
        if isinstance(first, ActDeclined):
            assert len(answers) == 1
            if first.reason.code == "file-has-changed":
                assert seen is not None
                assert self.files.get(seen) != file, "whoever saw the file as it is decides"
            return
        if isinstance(first, TaskDecided | SupplementRequested) and seen is not None:
            assert self.files.get(seen) == file, "nobody decides about what they had not seen"
        self.filed()
        who = act.official
        assert number in STAFF, "a stranger's act never counts"
        if isinstance(first, TaskDecided) and first.decision == "approve":
            assert self.holder == who.person_id, "only the holder decides"
            self.approved.append(who.person_id)
        if first.task.state == "awaits-supplement":
            self.approved, self.awaited = [], first.task.request
            self.requests.append(vars(first)["act"])
        held = first.task.held_by
        assert self.holder in (None, who.person_id), "what one holds, no other moves"
        self.holder = held.person_id if held else None

    @rule(deed=st.sampled_from(DEEDS[1:]), number=st.sampled_from(STAFF), ago=agos)
    def go_on(self, deed: Deed, number: int, ago: int | None) -> None:
        """Whoever has the task goes on with it; where nobody has it, somebody takes it."""
        if self.holder is None:
            self.act((number, claim, ago))
        else:
            ids = {official_of(self.office, n).person_id: n for n in STAFF}
            self.act((ids[self.holder], deed, ago))

    @precondition(lambda self: BirthCorrected.type in self.office.procedure.handles)
    @rule()
    def put_right(self) -> None:
        """Civil status puts right what it has registered, while a task is open or afterwards."""
        self.changes += 1
        name = f"Trần Gia {self.changes}"
        event = CORRECTED.model_copy(update={"child": child(full_name=name)})
        before = len(self.desk.events)
        self.desk.hear(event, entry=1 + self.changes)
        if any(isinstance(each, TaskReexamined) for each in self.desk.events[before:]):
            self.approved = []
            self.filed()

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
        self.changes += 1
        at = until if late else self.desk.now
        said = ({"text": f"Đây là bản thứ {self.changes}."},)
        self.desk.hear(supplement(self.office.name, request, at, supplied=said))
        (answer,) = self.desk.events[before:]
        counts = request == self.awaited is not None and not late
        assert isinstance(answer, SupplementReceived if counts else SupplementDeclined)
        if counts:
            self.awaited = None
            self.filed()
        else:
            assert self.desk.state == stood, "what does not count changes nothing"

    @rule(number=st.sampled_from((*STAFF, FOREIGN, FAR, FAMILY)))
    def hand_over(self, number: int) -> None:
        """What was adopted is put back into the queue, by whoever may adopt it."""
        if self.office not in ORPHANS:
            return
        before, stood = len(self.desk.events), self.desk.state
        ends = self.office.granted | self.office.refused
        has = any(isinstance(e, ends) for e in self.desk.events[self.since :])
        self.desk.now += timedelta(seconds=1)
        self.desk.hear(handover(self.office.name, official_of(self.office, number)))
        (answer,) = self.desk.events[before:]
        counts = has and number in STAFF
        assert isinstance(answer, AdoptionReopened if counts else ActDeclined)
        if counts:
            self.since, self.approved = before, []
            self.filed()
        else:
            assert self.desk.state == stood, "what does not count changes nothing"

    @rule()
    def time_is_out(self) -> None:
        """The deadline comes due, if there is one: of the claim, or of what is awaited."""
        if CLAIM in self.desk.deadlines:
            self.desk.time_out(CLAIM)
            self.holder = self.awaited = None
            self.filed()

    @rule(which=st.integers(0, 1))
    def heard_again(self, which: int) -> None:
        """A fact is heard under another id."""
        before, stood = len(self.desk.events), self.desk.state
        self.desk.hear(self.facts[which % len(self.facts)])
        assert len(self.desk.events) == before
        assert self.desk.state == stood

    @invariant()
    def promises(self) -> None:
        """Decided once until it is handed over; by enough people; a deadline where it is held."""
        granted, refused = self.office.granted, self.office.refused
        events = self.desk.events[self.since :]
        ends = [e for e in events if isinstance(e, granted | refused)]
        assert len(ends) <= 1
        if any(isinstance(end, granted) for end in ends):
            assert len(self.approved) == len(set(self.approved)) == self.needed
        if any(isinstance(end, refused) for end in ends):
            kept = {
                id
                for id in self.desk.world.of(self.desk.case)
                if not id.startswith((f"{IDENTIFIER}/", f"{LIFE}/"))
            }
            assert kept == set(), "what is refused holds no claim; identifiers are for life"
        awaits = self.holder is not None or self.awaited is not None
        assert (CLAIM in self.desk.deadlines) == awaits
        assert self.holder is None or self.awaited is None
        assert self.awaited is None or self.office not in ORPHANS, "nobody is left to be asked"
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
