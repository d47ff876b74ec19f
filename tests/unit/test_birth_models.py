"""Each procedure of a birth as a model: any order, repetition and interleaving, one end.

Two cases run through one office, whose claims they share: of civil status and of the fees they may
be about the same child, of the others about two who are alike in all that numbers are made of.
Revocations and corrections have models of their own (`test_compensation_models`).
"""

from datetime import date

import pytest
from hypothesis import strategies as st

from contracts.birth.events import (
    BirthRefused,
    BirthRegistered,
    HealthCardIssued,
    IdentityCardIssued,
    PremiumFunded,
    ResidenceRegistered,
)
from contracts.birth.process import GROUP
from contracts.common.events import FeeSettled, PersonIdentified
from contracts.envelope import Event
from services.civil_status import birth as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments import birth as payments
from services.payments.rules import RULES as PAYMENTS
from services.population import birth as population
from services.population.rules import RULES as POPULATION
from services.residence import birth as residence
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import birth as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.births import (
    FATHER,
    NOTICE,
    TODAY,
    child,
    form,
    household,
    identified,
    registered,
    settled,
    submitted,
)
from tests.unit.driver import Desk
from tests.unit.fees import REFUSED, balances
from tests.unit.models import CASES, FeeModel, Model, check, said

BUNDLES = st.sampled_from(["usual", "born-abroad"]).map(lambda name: GROUP.bundle(name, TODAY))
CHILDREN = st.builds(
    child,
    born_on=st.dates(min_value=date(2020, 10, 1), max_value=TODAY),
    sex=st.sampled_from(["male", "female"]),
)
AN_AUNT = "001170000009"
HOMES = st.sampled_from(
    [
        household(),
        *(household(owner=AN_AUNT, owner_consents=consents) for consents in (True, False)),
    ]
)


@st.composite
def declarations(draw: st.DrawFn) -> list[Event]:
    """Draw a declaration, right or wrong: of one child, of its twin, or of another's document."""
    of = form(
        child={
            "born_on": draw(st.sampled_from(["2026-11-10", "2026-11-11", "2026-08-10"])),
            "birth_order": draw(st.integers(min_value=1, max_value=2)),
        },
        evidence=draw(
            st.sampled_from([NOTICE, NOTICE | {"code": "01001.GCS.00043.26"}, {"kind": "none"}])
        ),
        certificate_copies=draw(st.integers(min_value=0, max_value=2)),
    )
    return [submitted(of)]


@st.composite
def bills(draw: st.DrawFn) -> list[Event]:
    """Draw a declaration and perhaps its refusal, as the fees hear them."""
    (event,) = draw(declarations())
    return [event, REFUSED] if draw(st.booleans()) else [event]


@st.composite
def registrations(draw: st.DrawFn) -> list[Event]:
    """Draw a registered birth."""
    return [registered(child=draw(CHILDREN), bundle=draw(BUNDLES))]


@st.composite
def identifications(draw: st.DrawFn) -> list[Event]:
    """Draw an identified child and its settled fees; where nobody asked for a home, it has none."""
    bundle = draw(BUNDLES)
    home = draw(HOMES) if draw(st.booleans()) else None
    of = identified(child=draw(CHILDREN), household=home, bundle=bundle)
    return [of, settled()] if draw(st.booleans()) else [settled(), of]


@st.composite
def cards(draw: st.DrawFn) -> list[Event]:
    """Draw an issued health card."""
    months = draw(st.integers(min_value=1, max_value=72))
    return [
        HealthCardIssued(
            personal_id="001226000007",
            card_number=draw(st.sampled_from(["TE1012600000712", "TE1012600000713"])),
            valid_from=draw(st.dates(min_value=date(2024, 7, 1), max_value=TODAY)),
            valid_until=date(2032, 11, 10),
            premium_months=months,
        )
    ]


def own(event: Event, case: str) -> Event:
    """Return the event about the child of this case: whatever else they share, not who they are."""
    if not isinstance(event, PersonIdentified):
        return event
    return event.model_copy(update={"personal_id": f"00122600000{CASES.index(case)}"})


class Registration(Model):
    """Civil status: a child is registered once, and a refused case holds no claim."""

    group, procedure = "birth", civil_status.registration
    figures, histories = CIVIL_STATUS, declarations()

    def holds(self, case: Desk) -> None:
        keys = [set(self.world.of(name)) for name in self.desks]
        assert keys[0].isdisjoint(keys[1])
        if said({"": case}, BirthRefused):
            assert self.world.of(case.case) == set()
            assert not case.records
        entered = [e for e in said(self.desks, BirthRegistered) if isinstance(e, BirthRegistered)]
        assert len({event.registration_number for event in entered}) == len(entered)
        assert len({(event.child.born_on, event.child.birth_order) for event in entered}) == len(
            entered
        )


class Identification(Model):
    """Population: one identifier for each child, and never twice, however alike they are."""

    group, procedure = "birth", population.identification
    figures, histories = POPULATION, registrations()

    def holds(self, case: Desk) -> None:
        found = [e.personal_id for e in said(self.desks, PersonIdentified)]  # type: ignore[attr-defined]
        assert len(set(found)) == len(found)
        for event in said({"": case}, IdentityCardIssued):
            assert vars(event)["card_number"] == case.state.personal_id


class Residence(Model):
    """Residence: with the owner's consent, and not before the child and its fees are known."""

    group, procedure = "birth", residence.registration
    figures, histories = RESIDENCE, identifications()

    def of_case(self, events: list[Event], case: str) -> list[Event]:
        return [own(event, case) for event in events]

    def holds(self, case: Desk) -> None:
        for event in said({"": case}, ResidenceRegistered):
            assert isinstance(event, ResidenceRegistered)
            assert event.household.owner_consents or event.household.owner == FATHER
            assert self.knows(case.case, PersonIdentified, FeeSettled)
        numbers = [
            vars(event)["confirmation_number"] for event in said(self.desks, ResidenceRegistered)
        ]
        assert len(set(numbers)) == len(numbers)


class Card(Model):
    """Social insurance: one card for a child below six, with a number that nobody else has."""

    group, procedure = "birth", social_insurance.health_card
    figures, histories = (
        SOCIAL_INSURANCE,
        identifications().map(
            lambda events: [e for e in events if isinstance(e, PersonIdentified)]
        ),
    )

    def of_case(self, events: list[Event], case: str) -> list[Event]:
        return [own(event, case) for event in events]

    def holds(self, case: Desk) -> None:
        issued = [vars(event)["card_number"] for event in said(self.desks, HealthCardIssued)]
        assert len(set(issued)) == len(issued)
        for event in said({"": case}, HealthCardIssued):
            (heard,) = {e for e in self.events[case.case] if isinstance(e, PersonIdentified)}
            assert heard.child.born_on > date(2020, 11, 20), "below six on the day"
            assert 72 <= vars(event)["premium_months"] <= 81, "to September of the sixth year"


class Premium(Model):
    """Payments: the budget pays each card's premium once, and the ledger says what was said."""

    group, procedure = "birth", payments.premium_funding
    figures, histories = PAYMENTS, cards()

    def holds(self, case: Desk) -> None:
        paid = sum(vars(event)["total"] for event in said({"": case}, PremiumFunded))
        found = balances(case.records)
        assert sum(found.values()) == 0
        assert max(found.values(), default=0) == paid


class Fees(FeeModel):
    group, procedure = "birth", payments.fee_settlement
    figures, histories = PAYMENTS, bills()


@pytest.mark.parametrize(
    "model",
    [Registration, Identification, Residence, Card, Premium, Fees],
    ids=lambda m: m.__name__,
)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Model]) -> None:
    check(model)
