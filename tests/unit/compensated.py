"""A case of which somebody thinks better, in a town that hears of it in any order: the model."""

from random import Random
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.common.events import FeeRefunded, FeeSettled
from contracts.compensation.events import (
    DeclarationWithdrawn,
    RegistrationRevoked,
)
from contracts.death.events import DeathRefused, DeathRegistered
from contracts.envelope import Event
from tests.unit.fees import balances
from tests.unit.officials import APPROVE, REFUSE, claim, decide, official, reviewed
from tests.unit.requests import correction, revocation, withdrawal
from tests.unit.town import Town

STANDING = {
    "birth": [
        ("civil-status", "births"),
        ("population", "persons"),
        ("population", "identity-cards"),
        ("residence", "residents"),
        ("social-insurance", "cards"),
    ],
    "death": [
        ("civil-status", "deaths"),
        ("population", "deceased"),
        ("residence", "removals"),
        ("social-insurance", "benefits"),
        ("portal", "deceased"),
    ],
}
AGENCIES = ["civil-status", "residence", "social-insurance"]
WHATEVER = st.integers(min_value=0, max_value=10_000)


class Case(RuleBasedStateMachine):
    """One case of a group, in a town whose civil status has a review or not."""

    group: ClassVar[str]
    name: ClassVar[str]
    declared: ClassVar[list[Event]]
    corrections: ClassVar[list[dict[str, Any]]]
    reviews: ClassVar[dict[str, tuple[str, Any]]] = {}
    """The procedures, by their agencies, that officials may have to decide."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.reviews)))) if self.reviews else ()
        asked = {agency: self.reviews[agency] for agency in chosen}
        self.policies = {agency: reviewed(rules, name) for agency, (name, rules) in asked.items()}
        self.town = Town(self.group, self.policies)
        self.declaration = data.draw(st.sampled_from(self.declared))
        self.town.send(self.declaration)
        self.asked = 0
        self.random = Random(data.draw(WHATEVER))

    @rule(number=WHATEVER)
    def hear(self, number: int) -> None:
        """One desk hears one event that is on its way."""
        if self.town.waiting:
            self.town.deliver(self.town.waiting.pop(number % len(self.town.waiting)))

    @rule()
    def judge(self) -> None:
        """Civil status hears all that is on its way to it."""
        waiting = [each for each in self.town.waiting if each.desk is self.town.desks[0][1]]
        for parcel in waiting:
            self.town.waiting.remove(parcel)
            self.town.deliver(parcel)

    @rule(number=WHATEVER)
    def hear_again(self, number: int) -> None:
        """One desk hears again what it has heard; what has been judged is not judged twice."""
        heard = [each for each in self.town.delivered if each.event.stream == "events"]
        if heard:
            parcel = heard[number % len(heard)]
            before = len(parcel.desk.events)
            self.town.deliver(parcel)
            assert len(parcel.desk.events) == before, "heard again, nothing is said"

    @rule()
    def withdraw(self) -> None:
        """The declarant withdraws."""
        self.town.send(withdrawal())

    @rule()
    def revoke(self) -> None:
        """An official carries out a judgement."""
        self.town.send(revocation(self.name))

    @rule(number=WHATEVER)
    def correct(self, number: int) -> None:
        """An official puts something right."""
        self.asked += 1
        changes = self.corrections[number % len(self.corrections)]
        self.town.send(correction(self.name, changes, f"{self.asked}/QĐ"))

    @rule(agency=st.sampled_from(AGENCIES), approves=st.booleans())
    def decide(self, agency: str, approves: bool) -> None:
        """An official decides, where one has to."""
        if agency in self.policies:
            procedure, who = self.reviews[agency][0], official(3, agency)
            self.town.send(claim(procedure, who))
            self.town.send(decide(procedure, who, APPROVE if approves else REFUSE))

    @invariant()
    def promises(self) -> None:
        """What must hold at every moment."""
        if not hasattr(self, "town"):
            return
        balances(self.town.ledger())
        assert len({row.key for row in self.town.ledger()}) == len(self.town.ledger())
        ended = self.told(BirthRefused, DeathRefused, DeclarationWithdrawn)
        assert len([*ended, *self.told(BirthRegistered, DeathRegistered)]) <= 1
        if ended:
            assert not [held for held in self.town.held() if held[0] == "civil-status"]
        if self.told(RegistrationRevoked):
            assert not [held for held in self.town.held() if held[0] == "civil-status"]

    def teardown(self) -> None:
        """Everything arrives in the end, and officials decide what is left."""
        if not hasattr(self, "town"):
            return
        self.town.settle(self.random.randrange)
        for agency in self.policies:
            self.decide(agency, approves=True)
            self.town.settle(self.random.randrange)
        self.in_the_end()

    def told(self, *kinds: type[Event]) -> list[Event]:
        """Return what civil status has said of these types."""
        said = self.town.heard_from("civil-status")
        return [event for event, _ in said if isinstance(event, kinds)]

    def in_the_end(self) -> None:
        """Assert that what stands is what civil status has said, whichever way that was heard."""
        void = self.told(RegistrationRevoked, DeclarationWithdrawn, BirthRefused, DeathRefused)
        for service, register in STANDING[self.group]:
            rows = self.town.standing(service, register)
            assert not (void and rows), f"{register}: {rows}"
        if void:
            assert self.town.held() == set()
        self.same_as_in_order()
        self.money(bool(void))

    def same_as_in_order(self) -> None:
        """Assert that what stands is the same where civil status is heard in order, and once."""
        if self.policies.keys() - {"civil-status"}:
            return  # what officials refuse depends on when they do
        orderly = Town(self.group)
        orderly.desks = [each for each in orderly.desks if each[0] != "civil-status"]
        orderly.send(self.declaration)
        orderly.settle()
        for event, entry in self.town.heard_from("civil-status"):
            orderly.send(event, entry)
            orderly.settle()
        for service, register in STANDING[self.group]:
            if service != "civil-status":
                assert orderly.standing(service, register) == self.town.standing(service, register)

    def money(self, void: bool) -> None:
        """Assert that the books say what has become of the case."""
        found = balances(self.town.ledger())
        said = [event for name, event, _ in self.town.said if name == "payments"]
        due = sum(event.due for event in said if isinstance(event, FeeSettled))
        back = sum(event.amount for event in said if isinstance(event, FeeRefunded))
        assert found.get("fee-revenue", 0) == back - due
        if self.told(DeclarationWithdrawn, BirthRefused, DeathRefused):
            assert not any(found.values())
