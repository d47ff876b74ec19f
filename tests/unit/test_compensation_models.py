"""Second thoughts as a model: whatever crosses whatever on its way, one end, and no promise broken.

A whole town hears of one case: each desk hears each event in any order and again and again, while
the declarant withdraws, officials decide, correct and revoke. Civil status alone decides by what it
hears first, because somebody has to; what stands in the end follows from what it has said, and is
what stands in a town where everything came in order.
"""

from datetime import date
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

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.process import BIRTH, HEALTH_CARD, RESIDENCE
from contracts.common.events import FeeRefunded, FeeSettled
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    DeclarationWithdrawn,
    RegistrationRevoked,
    RequestDeclined,
)
from contracts.death.events import DeathRefused, DeathRegistered
from contracts.death.process import DEATH
from contracts.envelope import Event
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments.birth import Cancelled, Terms, due
from services.payments.rules import RULES as PAYMENTS
from services.residence.rules import RULES as RESIDENCE_RULES
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import deaths
from tests.unit.births import TODAY, form, submitted
from tests.unit.fees import LATE, balances
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
        policies = {agency: self.reviews[agency] for agency in chosen}
        self.rules = {agency: reviewed(rules, name) for agency, (name, rules) in policies.items()}
        self.town = Town(self.group, self.rules)
        self.declaration = data.draw(st.sampled_from(self.declared))
        self.town.send(self.declaration)
        self.asked = 0

    @rule(number=WHATEVER)
    def hear(self, number: int) -> None:
        """One desk hears one event that is on its way."""
        if self.town.waiting:
            self.town.deliver(self.town.waiting.pop(number % len(self.town.waiting)))

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
        if agency in self.rules:
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
        self.town.settle()
        for agency in self.rules:
            self.decide(agency, approves=True)
            self.town.settle()
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
        if self.rules.keys() - {"civil-status"}:
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


class Birth(Case):
    """A birth: the budget bears the premium of the months in which there was a card."""

    group, name = "birth", BIRTH
    declared: ClassVar[list[Event]] = [
        submitted(),
        submitted(form(certificate_copies=2)),
        submitted(form(LATE)),
    ]
    corrections: ClassVar[list[dict[str, Any]]] = [
        {"full_name": "Trần Gia Khoa"},
        {"born_on": "2026-08-30"},
        {"born_on": "2026-08-29", "ethnicity": "Tày"},
    ]
    reviews: ClassVar[dict[str, tuple[str, Any]]] = {
        "civil-status": (BIRTH, CIVIL_STATUS),
        "residence": (RESIDENCE, RESIDENCE_RULES),
        "social-insurance": (HEALTH_CARD, SOCIAL_INSURANCE),
    }

    def in_the_end(self) -> None:
        """Assert this too: every copy says what the newest correction does."""
        super().in_the_end()
        corrected = self.told(BirthCorrected)
        if corrected and not self.told(RegistrationRevoked):
            child = vars(corrected[-1])["child"]
            for register in ("persons", "residents"):
                service = "population" if register == "persons" else "residence"
                for row in self.town.standing(service, register):
                    assert row["full_name"] == child.full_name
                    assert row["born_on"] == child.born_on.isoformat()
            for row in self.town.standing("social-insurance", "cards"):
                assert row["valid_from"] == child.born_on.isoformat()
            for row in self.town.rows("portal", "corrections").values():
                assert row["full_name"] == child.full_name

    def money(self, void: bool) -> None:
        super().money(void)
        borne = balances(self.town.ledger()).get("state-budget", 0)
        cards = self.town.rows("social-insurance", "cards").values()
        expected = 0
        for row in cards:
            terms = Terms(
                entry=0,
                valid_from=date.fromisoformat(row["valid_from"]),
                months=row["premium_months"],
            )
            revoked = self.told(RegistrationRevoked)
            reason = vars(revoked[0])["reason"] if revoked else None
            cancelled = Cancelled(on=TODAY, reason=reason) if row["cancelled"] else None
            expected += due(terms, cancelled, PAYMENTS)
        assert borne == expected


class Death(Case):
    """A death: of a revoked one no fund bears anything."""

    group, name = "death", DEATH
    declared: ClassVar[list[Event]] = [
        deaths.submitted(),
        deaths.submitted(deaths.form(benefit=deaths.SUPPORT, certificate_copies=2)),
        deaths.submitted(
            deaths.form(benefit=None),
            bundle=deaths.GROUP.bundle("without-benefit", deaths.TODAY),
        ),
    ]
    corrections: ClassVar[list[dict[str, Any]]] = [
        {"died_on": "2026-11-15"},
        {"died_on": "2026-11-14"},
        {"died_on": "2026-11-21"},
    ]

    def in_the_end(self) -> None:
        """Assert this too: who copied the date of death has the newest one."""
        super().in_the_end()
        corrected = self.told(DeathCorrected)
        if corrected and not self.told(RegistrationRevoked):
            for service in ("population", "portal"):
                for row in self.town.standing(service, "deceased"):
                    assert row["deceased_on"] == vars(corrected[-1])["died_on"].isoformat()

    def money(self, void: bool) -> None:
        super().money(void)
        found = balances(self.town.ledger())
        if void:
            assert found.get("social-insurance-fund", 0) == found.get("state-budget", 0) == 0
            owed = found.get("benefits-recoverable", 0) + found.get("benefits-payable", 0)
            assert owed == 0, "what is claimed back is what was ordered"


@pytest.mark.parametrize("model", [Birth, Death], ids=lambda model: model.__name__)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Case]) -> None:
    steps = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(model, settings=steps)


def test_the_model_reaches_what_it_is_about() -> None:
    """A town in order: declared, corrected, revoked; each agency has taken part."""
    town = Town("birth")
    for event in (submitted(), correction(BIRTH, {"born_on": "2026-11-09"}), revocation(BIRTH)):
        town.send(event)
        town.settle()
    said = {event.type.rpartition(".")[0] for _, event, _ in town.said}
    assert not [event for _, event, _ in town.said if isinstance(event, RequestDeclined)]
    assert said >= {
        "civil-status.birth-corrected",
        "civil-status.registration-revoked",
        "population.person-corrected",
        "population.identity-card-corrected",
        "population.identification-cancelled",
        "population.identity-card-cancelled",
        "residence.residence-corrected",
        "residence.residence-cancelled",
        "social-insurance.health-card-corrected",
        "social-insurance.health-card-cancelled",
        "payments.premium-recovered",
    }
    town = Town("death")
    for event in (deaths.submitted(), revocation(DEATH)):
        town.send(event)
        town.settle()
    said = {event.type.rpartition(".")[0] for _, event, _ in town.said}
    assert said >= {
        "population.death-record-cancelled",
        "residence.residence-restored",
        "social-insurance.benefit-cancelled",
        "payments.recovery-claimed",
    }
