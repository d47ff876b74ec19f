"""What every model of a procedure has: two cases at one office or more, in any order."""

from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from contracts.common.events import FeeRefunded, FeeSettled
from contracts.death.events import BurialSupportGranted, FuneralAllowanceGranted
from contracts.envelope import Event
from services.chassis.procedure import Decision, Procedure, TooEarly
from tests.unit.driver import Desk, World
from tests.unit.fees import balances

CASES = ("case-a", "case-b")
GRANTS = (FuneralAllowanceGranted, BurialSupportGranted)


class Model(RuleBasedStateMachine):
    """Some cases at one office. A subclass names the office and what must never happen there."""

    group: ClassVar[str]
    procedure: ClassVar[Procedure[Any]]
    figures: ClassVar[Any]
    histories: ClassVar[st.SearchStrategy[list[Event]]]
    again: ClassVar[tuple[type[Event], ...]] = ()
    """What may be said several times, of different things."""
    rewritten: ClassVar[tuple[str, ...]] = ()
    """The registers whose rows are written anew as more is known."""
    cases: ClassVar[tuple[str, ...]] = CASES

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.world = World()
        self.heard: dict[str, list[Event]] = {case: [] for case in self.cases}
        self.events = self.drawn(data)
        self.random = data.draw(st.randoms(use_true_random=False))
        self.desks = {case: self.desk(case, self.world) for case in self.cases}

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        """Return what each case is to hear, in the order in which it is said."""
        return {case: self.of_case(data.draw(self.histories, case), case) for case in self.cases}

    def desk(self, case: str, world: World) -> Desk:
        """Return the desk of a case at the office with these claims."""
        return Desk(self.procedure, self.figures, case, world=world, group=self.group)

    @rule(which=st.integers(min_value=0, max_value=5), number=st.integers(min_value=0, max_value=5))
    def hear(self, which: int, number: int) -> None:
        """Hear one event of a case, perhaps again."""
        case = self.cases[which % len(self.cases)]
        if said := self.events[case]:
            self.tell(case, said[number % len(said)])

    def tell(self, case: str, event: Event) -> list[Event]:
        """Let a case hear an event, and return what it says. What comes too early is not heard."""
        try:
            decision = self.deliver(self.desks[case], event)
        except TooEarly:
            return []
        self.heard[case].append(event)
        return list(decision.events)

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        """Let a desk hear an event, at the time and by the entry by which it was said."""
        return desk.hear(event)

    def knows(self, case: str, *kinds: type[Event]) -> bool:
        """Return whether a case has heard of all of these."""
        return set(kinds) <= {type(event) for event in self.heard[case]}

    @invariant()
    def nothing_is_said_or_written_twice(self) -> None:
        """Assert this of all cases, and what must hold of each."""
        for case in getattr(self, "desks", {}).values():
            once = [event for event in case.events if not isinstance(event, self.again)]
            assert len({type(event) for event in once}) == len(once)
            rows = [(r.register, r.key) for r in case.records if r.register not in self.rewritten]
            assert len(set(rows)) == len(rows)
            self.holds(case)

    def of_case(self, events: list[Event], case: str) -> list[Event]:
        """Return the events that were drawn as they are said of a case."""
        return events

    def holds(self, case: Desk) -> None:
        """Assert what must hold of a case at any time."""

    def teardown(self) -> None:
        """Hear the rest; then each case is where it would be, had it heard all in order."""
        if not hasattr(self, "desks"):
            return
        while left := self.left():
            self.random.shuffle(left)
            for case, event in left:
                self.tell(case, event)
            assert len(self.left()) < len(left), "what comes too early is heard in the end"
        for case, office in self.desks.items():
            self.holds(office)
            self.same_as_in_order(case, office)
        for case, office in self.desks.items():
            before = office.state
            for event in self.events[case]:
                assert not self.tell(case, event), "heard again, nothing is said"
            assert office.state == before
            self.holds(office)

    def left(self) -> list[tuple[str, Event]]:
        """Return what has not been heard yet."""
        return [
            (case, event)
            for case, events in self.events.items()
            for event in events
            if not any(event is heard for heard in self.heard[case])
        ]

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert that the case, alone in an office of the same claims, ends the same in order."""
        world = World(dict(self.world.held))
        again = self.desk(case, world)
        for event in self.events[case]:
            self.deliver(again, event)
        assert again.state == office.state
        assert self.outcome(again) == self.outcome(office)

    def outcome(self, office: Desk) -> Any:
        """Return what the case comes to, whichever way it went there."""
        return sorted(event.model_dump_json() for event in office.events)


class FeeModel(Model):
    """Payments: what is kept is what was due, and a refused declaration costs nothing."""

    def holds(self, case: Desk) -> None:
        found = balances(case.records)
        due = sum(vars(event)["due"] for event in said({"": case}, FeeSettled))
        back = sum(vars(event)["amount"] for event in said({"": case}, FeeRefunded))
        assert found.get("fee-revenue", 0) == back - due

    def outcome(self, office: Desk) -> Any:
        """Return what the family has paid in the end: refused before or after, the same."""
        return balances(office.records).get("fee-revenue", 0)


def said(desks: dict[str, Desk], *kinds: type[Event]) -> list[Event]:
    """Return what the cases have said of these types."""
    return [e for office in desks.values() for e in office.events if isinstance(e, kinds)]


def check(model: type[Model], examples: int = 60) -> None:
    """Let hypothesis look for a way in which the model does not hold."""
    steps = settings(max_examples=examples, stateful_step_count=12, deadline=None, derandomize=True)
    run_state_machine_as_test(model, settings=steps)
