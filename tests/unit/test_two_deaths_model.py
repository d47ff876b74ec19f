"""Who lives, as a model of all agencies: two deaths of one person, and what imports say of them.

A death is registered, perhaps found void by a court, and then another. The two are cases of two
partitions, and an import is a third, so that each agency hears of them in its own order, and again
and again. Who is dead in the end is the same for all: at the population register, at social
insurance, at the door.
"""

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.compensation.events import DeathRecordCancelled, RegistrationRevoked
from contracts.death.events import DeathRecordRefused, DeathRegistered
from contracts.death.process import DEATH
from contracts.envelope import Event
from contracts.people.events import PersonDeceased, PersonReported
from services.population.death import record
from services.population.persons import DECEASED as MARK
from services.portal import people
from services.social_insurance.death import PERSON
from services.social_insurance.lives import DIED, LIFE
from tests.unit.deaths import ALLOWANCE, DECEASED, SUPPORT, form, notice, person, submitted
from tests.unit.driver import NOW, World
from tests.unit.requests import correction, revocation
from tests.unit.town import Parcel, Town

FIRST, SECOND, IMPORT = "first-death", "second-death", "import"
DEATHS = (FIRST, SECOND)
DAYS = (date(2026, 11, 16), date(2026, 11, 18))
ORDERS = 16
"""In so many orders each story is heard."""


class Death(NamedTuple):
    """What becomes of a death at civil status."""

    day: date
    benefit: dict[str, Any] | None
    corrected: bool
    void: bool


class Story(NamedTuple):
    """What happens, each in its order."""

    deaths: list[Death]
    reports: list[date | None]
    """When they should have died, by one import after the other."""


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a story: somebody dies once more only where it was none."""
    benefits = st.sampled_from([ALLOWANCE, SUPPORT, None])
    deaths = st.builds(Death, st.sampled_from(DAYS), benefits, st.booleans(), st.booleans())
    first = draw(st.lists(deaths, max_size=1))
    second = draw(st.lists(deaths, max_size=1)) if first and first[0].void else []
    named = st.none() | st.sampled_from(DAYS)
    return Story([*first, *second], draw(st.just([]) | st.lists(named, max_size=4)))


class Lives:
    """One person of whom three cases tell, in a town of all agencies."""

    def __init__(self, story: Story, random: Random) -> None:
        self.random, self.reports = random, story.reports
        self.worlds: dict[str, World] = {}
        groups = {FIRST: "death", SECOND: "death", IMPORT: "people"}
        self.towns = {
            case: Town(group, worlds=self.worlds, case=case) for case, group in groups.items()
        }
        self.copies: set[date] = set()
        """Days that an import has named while a registered death was marked."""
        self.too_late: set[str] = set()
        """Deaths that were registered while an import had named one."""
        for case, death in zip(DEATHS, story.deaths, strict=False):
            self.dies(case, death)
        for n, day in enumerate(story.reports):
            known = person(DECEASED, "Phạm Văn Lợi", address=f"Số {n}", deceased_on=day)
            self.towns[IMPORT].send(PersonReported(person=known, imported_from=str(n)))

    def dies(self, case: str, death: Death) -> None:
        """Let civil status decide about a death; what it says is on its way to the others."""
        evidence = notice(number=case, issued_on="2026-11-18")
        declared = form(died_on=death.day.isoformat(), evidence=evidence, benefit=death.benefit)
        self.judged(case, submitted(declared))
        if death.corrected:
            self.judged(case, correction(DEATH, {"died_on": "2026-11-17"}))
        if death.void:
            self.judged(case, revocation(DEATH))

    def judged(self, case: str, event: Event) -> None:
        """Let civil status decide at once."""
        town = self.towns[case]
        town.send(event)
        for parcel in [each for each in town.waiting if each.desk is town.desks[0][1]]:
            town.waiting.remove(parcel)
            town.deliver(parcel)

    def settle(self) -> None:
        """Deliver everything, some of it again, until nothing is too early any more."""
        self.deliver_all()
        while early := self.replay():
            self.deliver_all()
            left = sum(len(town.put_off) for town in self.towns.values())
            assert left < early, "what comes too early is heard in the end"

    def deliver_all(self) -> None:
        """Deliver all that is on its way: some news is slow, and that of courts mostly."""
        drawn: dict[tuple[int, int], float] = defaultdict(self.random.random)

        def slowness(each: tuple[Town, Parcel]) -> float:
            desk, event, _ = each[1]
            slow = 4 if isinstance(event, RegistrationRevoked) else 1
            return slow * drawn[id(desk), id(event)]

        while on_its_way := [(t, each) for t in self.towns.values() for each in t.waiting]:
            town, parcel = min(on_its_way, key=slowness)
            town.waiting.remove(parcel)
            self.deliver(town, parcel)
            if self.random.random() < 0.2:
                self.hear_again(self.random.choice(list(self.towns.values())))
            if self.random.random() < 0.1:
                self.replay()

    def deliver(self, town: Town, parcel: Parcel) -> None:
        """Let one desk hear an event, and note what it could not know."""
        desk, event, _ = parcel
        if isinstance(event, PersonReported):
            desk.now = NOW + timedelta(hours=int(event.imported_from))
            newest = desk.state.latest is None or desk.now > desk.state.latest[0]
            if newest and event.person.deceased_on and self.holder("population", MARK) in DEATHS:
                self.copies.add(event.person.deceased_on)
        if isinstance(event, DeathRegistered) and self.holder("population", MARK) == IMPORT:
            self.too_late |= {desk.case} if desk.procedure is record else set()
        town.deliver(parcel)
        held = self.worlds["social-insurance"].held
        assert {o.subject for id, o in held.items() if id.startswith(LIFE)} <= {DIED}

    def hear_again(self, town: Town) -> None:
        """One desk hears again what it has heard; what has been judged is not judged twice."""
        heard = [each for each in town.delivered if each.event.stream == "events"]
        if heard:
            parcel = self.random.choice(heard)
            before = len(parcel.desk.events)
            self.deliver(town, parcel)
            assert len(parcel.desk.events) == before, "heard again, nothing is said"

    def replay(self) -> int:
        """Have what came too early on its way once more; return how much that is."""
        early = 0
        for town in self.towns.values():
            early += len(town.put_off)
            town.waiting += town.put_off
            town.put_off = []
        return early

    def in_the_end(self) -> None:
        """Assert that all agree, on what follows from what was said."""
        dead = self.dead()
        assert self.holder("population", MARK) == dead
        assert self.holder("social-insurance", LIFE) == dead
        rows = [
            row
            for town in self.towns.values()
            for row in town.rows("portal", people.DECEASED).values()
        ]
        assert people.dead(rows) == ({DECEASED: self.day(dead)} if dead else {})
        for case in DEATHS:
            self.follows(case, case == dead)

    def dead(self) -> str | None:
        """Return which case says that the person has died: the death that stands, or the import.

        A death stays refused that was heard while an import had named one.
        """
        for case in DEATHS:
            if self.said(case, DeathRegistered) and not self.said(case, RegistrationRevoked):
                if not self.said(case, DeathRecordRefused):
                    return case
                assert case in self.too_late
        newest = self.reports[-1] if self.reports else None
        return IMPORT if newest and newest not in self.copies else None

    def day(self, case: str) -> str:
        """Return when they died, as the population register has it."""
        (desk,) = (desk for name, desk in self.towns[case].desks if name == "population")
        state = desk.state
        found: date = state.marked if case == IMPORT else state.deceased.deceased_on
        return found.isoformat()

    def follows(self, case: str, stands: bool) -> None:
        """Assert that residence and benefit are as the mark is; and that it was made once."""
        town = self.towns[case]
        assert bool(town.standing("population", "deceased")) == stands
        assert bool(town.standing("residence", "removals")) == stands
        marked, cancelled = self.said(case, PersonDeceased), self.said(case, DeathRecordCancelled)
        assert len(marked) - len(cancelled) == stands
        assert len(marked) <= 1
        asked = any(vars(each)["benefit"] for each in self.said(case, DeathRegistered))
        assert bool(town.standing("social-insurance", "benefits")) == (stands and asked)
        assert (self.holder("social-insurance", PERSON) == case) == (stands and asked)

    def said(self, case: str, kind: type[Event]) -> list[Event]:
        return [event for _, event, _ in self.towns[case].said if isinstance(event, kind)]

    def holder(self, service: str, kind: str) -> str | None:
        owner = self.worlds[service].held.get(f"{kind}/{DECEASED}")
        return owner.case_id if owner else None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(story=stories(), number=st.integers(min_value=0, max_value=10_000))
def test_all_agree_on_who_lives_in_whichever_order_they_hear_of_it(
    story: Story, number: int
) -> None:
    for order in range(ORDERS):
        told = Lives(story, Random(ORDERS * number + order))
        told.settle()
        told.in_the_end()
