"""Each procedure of a death as a model: any order, repetition and interleaving, one end.

Two cases about the same person run through one office, whose claims they share. Events are heard in
any order and again and again, by either case; then everything is heard once more by both.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st

from contracts.death.events import (
    DeathRefused,
    DeathRegistered,
    FuneralAllowanceGranted,
    ResidenceRemoved,
)
from contracts.death.process import GROUP
from contracts.envelope import Event
from contracts.people.events import PersonDeceased
from services.civil_status import death as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments import death as payments
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
    form,
    notice,
    people,
    registered,
    submitted,
)
from tests.unit.driver import Desk
from tests.unit.models import CASES, GRANTS, FeeModel, Model, check, said

ANOTHER = "034056000009"
DAYS = st.dates(min_value=date(2021, 7, 1), max_value=date(2026, 11, 20))
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


class Registration(Model):
    """Civil status: one death, and a refused case holds no claim."""

    group = "death"
    procedure, figures, histories = civil_status.registration, CIVIL_STATUS, declarations()

    def holds(self, case: Desk) -> None:
        assert len(said(self.desks, DeathRegistered)) <= 1
        if said({"": case}, DeathRefused):
            assert self.world.of(case.case) == set()
            assert not case.records

    def outcome(self, office: Desk) -> Any:
        """Return what is said, without the reason of a refusal.

        Of somebody whom the register of people holds as deceased a declaration is refused in any
        order; that another case was registered before is told only where it was.
        """
        return [each for each in office.events if not isinstance(each, DeathRefused)]


class TwoDead(Model):
    """Two people die: of one nobody registers two deaths at a time (`test_two_deaths_model`)."""

    def of_case(self, events: list[Event], case: str) -> list[Event]:
        return events if case == CASES[0] else [of_another(event) for event in events]


def of_another(event: Event) -> Event:
    """Return the same news of somebody else."""
    if isinstance(event, DeathRegistered):
        return event.with_(deceased=event.deceased.with_(personal_id=ANOTHER))
    return event.with_(personal_id=ANOTHER)


class DeathRecord(TwoDead):
    """Population: marked once."""

    group = "death"
    procedure, figures = population.record, POPULATION
    histories = registrations().map(lambda events: events[:1])

    def holds(self, case: Desk) -> None:
        assert len(said({"": case}, PersonDeceased)) == self.knows(case.case, DeathRegistered)


class Removal(Model):
    """Residence: nobody is removed who may live."""

    group = "death"
    procedure, figures, histories = residence.removal, RESIDENCE, registrations()

    def holds(self, case: Desk) -> None:
        if said({"": case}, ResidenceRemoved):
            assert self.knows(case.case, DeathRegistered, PersonDeceased)


class Benefit(TwoDead):
    """Social insurance: no benefit to the living, never two, a refused case holds no claim."""

    group = "death"
    procedure, figures, histories = social_insurance.benefit, SOCIAL_INSURANCE, registrations()

    def holds(self, case: Desk) -> None:
        assert len(said({"": case}, *GRANTS)) <= 1
        if said({"": case}, *GRANTS):
            assert self.knows(case.case, DeathRegistered, PersonDeceased)
        held = {id for id in self.world.of(case.case) if not id.startswith("life/")}
        assert len(held) == 2 * len(said({"": case}, *GRANTS))
        for event in said({"": case}, FuneralAllowanceGranted):
            assert isinstance(event, FuneralAllowanceGranted)
            assert event.amount in (14_900_000, 18_000_000, 23_400_000, 25_300_000)


class Fees(FeeModel):
    group = "death"
    procedure, figures, histories = payments.fee_settlement, PAYMENTS, bills()


@pytest.mark.parametrize(
    "model", [Registration, DeathRecord, Removal, Benefit, Fees], ids=lambda m: m.__name__
)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Model]) -> None:
    check(model)
