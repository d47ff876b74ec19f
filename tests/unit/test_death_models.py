"""Each procedure of a death as a model: any order, repetition and interleaving, one end.

Two cases about the same person run through one office, whose claims they share. Events are heard in
any order and again and again, by either case; then everything is heard once more by both.
"""

from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
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
from contracts.death.events import (
    BurialSupportGranted,
    DeathRefused,
    DeathRegistered,
    FuneralAllowanceGranted,
    PayoutOrdered,
    ResidenceRemoved,
)
from contracts.death.process import GROUP
from contracts.envelope import Event
from contracts.people.events import PersonDeceased
from services.chassis.procedure import Procedure
from services.civil_status import death as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments import death as payments
from services.payments import payout as payouts
from services.payments.rules import RULES as PAYMENTS
from services.population import death as population
from services.population.rules import RULES as POPULATION
from services.residence import death as residence
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import death as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.deaths import (
    ALLOWANCE,
    SUPPORT,
    deceased,
    desk,
    form,
    notice,
    people,
    registered,
    submitted,
)
from tests.unit.driver import Desk, World
from tests.unit.fees import balances

CASES = ("case-a", "case-b")
DAYS = st.dates(min_value=date(2021, 7, 1), max_value=date(2026, 11, 20))
GRANTS = (FuneralAllowanceGranted, BurialSupportGranted)
BENEFITS = st.sampled_from(
    [
        *(None, ALLOWANCE, ALLOWANCE | {"contribution_months": 11}, SUPPORT),
        *(ALLOWANCE | {"basis": "pension"}, SUPPORT | {"ground": "disaster"}),
    ]
)
CIRCUMSTANCES = st.sampled_from(["usual", "without-benefit", "without-residence"])


@st.composite
def declarations(draw: st.DrawFn) -> list[Event]:
    """Draw a declaration, right or wrong, as civil status hears it."""
    died_on = draw(DAYS)
    issued_on = died_on + timedelta(days=draw(st.integers(min_value=-1, max_value=2)))
    of = form(
        died_on=died_on.isoformat(),
        evidence=notice(
            issued_on=issued_on.isoformat(),
            issuer=draw(st.sampled_from(["hospital", "commune"])),
            number=draw(st.sampled_from(["1", "2"])),
        ),
        certificate_copies=draw(st.integers(min_value=0, max_value=2)),
    )
    known = people(deceased_on=draw(st.sampled_from([None, None, "2020-01-01"])))
    return [submitted(of, people=known)]


@st.composite
def registrations(draw: st.DrawFn) -> list[Event]:
    """Draw a registered death and the mark of the deceased, as the other agencies hear them."""
    died_on = draw(DAYS)
    bundle = GROUP.bundle(draw(CIRCUMSTANCES), date(2026, 11, 20))
    known = people(nationality=draw(st.sampled_from(["VN", "VN", "KR"])))
    of = registered(
        died_on=died_on,
        deceased=next(iter(known.values())),
        benefit=draw(BENEFITS),
        bundle=bundle,
        cause=draw(st.sampled_from(["illness", "disaster"])),
    )
    return [of, deceased(deceased_on=died_on)]


@st.composite
def bills(draw: st.DrawFn) -> list[Event]:
    """Draw a declaration and perhaps its refusal, as the fees hear them."""
    (event,) = draw(declarations())
    why = CIVIL_STATUS.reason("notice-missing")
    return [event, DeathRefused(reason=why)] if draw(st.booleans()) else [event]


@st.composite
def grants(draw: st.DrawFn) -> list[Event]:
    """Draw a benefit that was granted."""
    office = desk(social_insurance.benefit, SOCIAL_INSURANCE)
    benefit = draw(st.sampled_from([ALLOWANCE, SUPPORT]))
    for event in (registered(benefit=benefit, died_on=draw(DAYS)), deceased()):
        office.hear(event)
    return list(office.events)


class Model(RuleBasedStateMachine):
    """Two cases at one office. A subclass names the office and what must never happen there."""

    procedure: ClassVar[Procedure[Any]]
    figures: ClassVar[Any]
    histories: ClassVar[st.SearchStrategy[list[Event]]]

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self.world = World()
        self.heard: dict[str, list[Event]] = {case: [] for case in CASES}
        self.events = {case: data.draw(self.histories, case) for case in CASES}
        self.desks = {case: desk(self.procedure, self.figures, case, self.world) for case in CASES}

    @rule(case=st.sampled_from(CASES), number=st.integers(min_value=0, max_value=3))
    def hear(self, case: str, number: int) -> None:
        """Hear one event of a case, perhaps again."""
        self.tell(case, self.events[case][number % len(self.events[case])])

    def tell(self, case: str, event: Event) -> list[Event]:
        """Let a case hear an event, and return what it says."""
        self.heard[case].append(event)
        return list(self.desks[case].hear(event).events)

    def knows(self, case: str, *kinds: type[Event]) -> bool:
        """Return whether a case has heard of all of these."""
        return set(kinds) <= {type(event) for event in self.heard[case]}

    @invariant()
    def nothing_is_said_or_written_twice(self) -> None:
        """Assert this of both cases, and what must hold of each."""
        for case in getattr(self, "desks", {}).values():
            assert len({type(event) for event in case.events}) == len(case.events)
            assert len({(record.register, record.key) for record in case.records}) == len(
                case.records
            )
            self.holds(case)

    def holds(self, case: Desk) -> None:
        """Assert what must hold of a case at any time."""

    def teardown(self) -> None:
        """Hear the rest; then each case is where it would be, had it heard all in order."""
        if not hasattr(self, "desks"):
            return
        for case, office in self.desks.items():
            for event in self.events[case]:
                self.tell(case, event)
            before = office.state
            for event in self.events[case]:
                assert not self.tell(case, event), "heard again, nothing is said"
            assert office.state == before
            self.holds(office)
            self.same_as_in_order(case, office)

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert that the case, alone in an office of the same claims, ends the same in order."""
        world = World(dict(self.world.held))
        again = desk(self.procedure, self.figures, case, world)
        for event in self.events[case]:
            again.hear(event)
        assert again.state == office.state
        assert self.outcome(again) == self.outcome(office)

    def outcome(self, office: Desk) -> Any:
        """Return what the case comes to, whichever way it went there."""
        return sorted(event.model_dump_json() for event in office.events)


def said(desks: dict[str, Desk], *kinds: type[Event]) -> list[Event]:
    """Return what both cases have said of these types."""
    return [e for office in desks.values() for e in office.events if isinstance(e, kinds)]


class Registration(Model):
    """Civil status: one death, and a refused case holds no claim."""

    procedure, figures, histories = civil_status.registration, CIVIL_STATUS, declarations()

    def holds(self, case: Desk) -> None:
        assert len(said(self.desks, DeathRegistered)) <= 1
        if said({"": case}, DeathRefused):
            assert self.world.of(case.case) == set()
            assert not case.records


class DeathRecord(Model):
    """Population: marked once, over all cases."""

    procedure, figures = population.record, POPULATION
    histories = registrations().map(lambda events: events[:1])

    def holds(self, case: Desk) -> None:
        assert len(said(self.desks, PersonDeceased)) <= 1


class Removal(Model):
    """Residence: nobody is removed who may live."""

    procedure, figures, histories = residence.removal, RESIDENCE, registrations()

    def holds(self, case: Desk) -> None:
        if said({"": case}, ResidenceRemoved):
            assert self.knows(case.case, DeathRegistered, PersonDeceased)


class Benefit(Model):
    """Social insurance: no benefit to the living, never both, a refused case holds no claim."""

    procedure, figures, histories = social_insurance.benefit, SOCIAL_INSURANCE, registrations()

    def holds(self, case: Desk) -> None:
        assert len(said(self.desks, *GRANTS)) <= 1
        if said({"": case}, *GRANTS):
            assert self.knows(case.case, DeathRegistered, PersonDeceased)
        assert len(self.world.of(case.case)) == 2 * len(said({"": case}, *GRANTS))
        for event in said({"": case}, FuneralAllowanceGranted):
            assert isinstance(event, FuneralAllowanceGranted)
            assert event.amount in (14_900_000, 18_000_000, 23_400_000, 25_300_000)


class Payout(Model):
    """Payments: money ordered is the money granted."""

    procedure, figures, histories = payouts.payout, PAYMENTS, grants()

    def holds(self, case: Desk) -> None:
        for event in said({"": case}, PayoutOrdered):
            assert isinstance(event, PayoutOrdered)
            (grant,) = self.events[case.case]
            assert event.amount == vars(grant)["amount"]
            assert -balances(case.records)["benefits-payable"] == event.amount


class Fees(Model):
    """Payments: what is kept is what was due, and a refused declaration costs nothing."""

    procedure, figures, histories = payments.fee_settlement, PAYMENTS, bills()

    def holds(self, case: Desk) -> None:
        found = balances(case.records)
        due = sum(vars(event)["due"] for event in said({"": case}, FeeSettled))
        back = sum(vars(event)["amount"] for event in said({"": case}, FeeRefunded))
        assert found.get("fee-revenue", 0) == back - due

    def outcome(self, office: Desk) -> Any:
        """Return what the family has paid in the end: refused before or after, the same."""
        return balances(office.records).get("fee-revenue", 0)


@pytest.mark.parametrize(
    "model", [Registration, DeathRecord, Removal, Benefit, Payout, Fees], ids=lambda m: m.__name__
)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Model]) -> None:
    steps = settings(max_examples=60, stateful_step_count=12, deadline=None, derandomize=True)
    run_state_machine_as_test(model, settings=steps)
