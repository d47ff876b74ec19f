"""Who lives and who has died, as models: at the population register and at social insurance.

What an import reports and what is registered here are heard by one office, whose claims they share:
in any order and again and again. That all offices agree is `test_two_deaths_model`.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from contracts.compensation.events import (
    BenefitCancelled,
    DeathCorrected,
    DeathRecordCancelled,
    DeathRecordCorrected,
    RegistrationRevoked,
)
from contracts.death.events import BenefitRefused, DeathRecordRefused, DeathRegistered
from contracts.envelope import Event
from contracts.people.events import (
    BenefitsBarred,
    BenefitsResumed,
    DeathReported,
    DeathReportWithdrawn,
    PersonDeceased,
    PersonRecorded,
    PersonReported,
)
from services.chassis.procedure import Decision, Owner
from services.population import death as marks
from services.population import people
from services.population.rules import RULES as POPULATION
from services.social_insurance import death as benefits
from services.social_insurance import lives
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.deaths import (
    ALLOWANCE,
    DECEASED,
    SON,
    SUPPORT,
    TODAY,
    WIDOW,
    deceased,
    person,
    registered,
)
from tests.unit.driver import NOW, Desk, World
from tests.unit.models import GRANTS, Model, check, said
from tests.unit.officials import official
from tests.unit.requests import REVOKED

IMPORT, DEATH, SECOND = "import", "death", "second-death"
DAYS = st.dates(min_value=date(2026, 11, 1), max_value=TODAY)


def corrected(entry: int, day: date) -> DeathCorrected:
    """Return a correction, which names the entry by which civil status says it."""
    return DeathCorrected(
        request=UUID(int=entry),
        by=official().signatory,
        registration_number="KT-33-2026-00000042",
        decision_number=str(entry),
        personal_id=DECEASED,
        died_on=day,
    )


@st.composite
def reports(draw: st.DrawFn) -> list[Event]:
    """Draw what imports say of somebody, the oldest first: alive, or dead since some day."""
    days = draw(st.lists(st.none() | DAYS, min_size=1, max_size=3))
    return [
        PersonReported(
            person=person(DECEASED, "Phạm Văn Lợi", address=f"Số {n}", deceased_on=day),
            imported_from=str(n),
        )
        for n, day in enumerate(days)
    ]


@st.composite
def registrations(draw: st.DrawFn) -> list[Event]:
    """Draw a registered death, perhaps corrected, perhaps revoked."""
    days = draw(st.lists(DAYS, max_size=2))
    found: list[Event] = [registered(died_on=draw(DAYS))]
    found += [corrected(n, day) for n, day in enumerate(days, start=2)]
    return [*found, REVOKED] if draw(st.booleans()) else found


@st.composite
def deaths(draw: st.DrawFn) -> dict[str, list[Event]]:
    """Draw what civil status says of one person's deaths: a second one, where the first is void."""
    first = draw(registrations())
    return {DEATH: first, SECOND: draw(registrations()) if REVOKED in first else []}


class Marks(Model):
    """Population: nobody dies twice, by whoever says so; the newest report is what is recorded."""

    group, cases = "death", (IMPORT, DEATH, SECOND)
    again = (PersonRecorded, DeathReported, DeathReportWithdrawn, DeathRecordCorrected)
    rewritten = ("persons", "deceased")

    def desk(self, case: str, world: World) -> Desk:
        procedure = people.record if case == IMPORT else marks.record
        return Desk(procedure, POPULATION, case, world=world, group=self.group)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        return {**data.draw(deaths()), IMPORT: data.draw(st.just([]) | reports(), IMPORT)}

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        if isinstance(event, PersonReported):
            desk.now = NOW + timedelta(hours=int(event.imported_from))
        number = event.decision_number if isinstance(event, DeathCorrected) else "0"
        return desk.hear(event, entry=int(number))

    def holds(self, case: Desk) -> None:
        marked = [each.case for each in self.desks.values() if stands(each)]
        owner = self.world.held.get(f"deceased/{DECEASED}")
        assert marked == ([owner.case_id] if owner else []), "one death"
        if said({"": case}, DeathRecordRefused, DeathRecordCancelled):
            assert self.world.of(case.case) == set()
        if self.knows(case.case, RegistrationRevoked):
            assert not stands(case)
        if case.case == IMPORT and self.heard[IMPORT]:
            newest = max(self.heard[IMPORT], key=lambda event: vars(event)["imported_from"])
            assert case.records[-1].row()["address"] == vars(newest)["person"].address
        elif stands(case):
            # Numbers of corrections are those of their entries.
            days = {
                vars(event).get("decision_number", ""): event.died_on
                for event in self.heard[case.case]
                if isinstance(event, DeathRegistered | DeathCorrected)
            }
            assert case.records[-1].row()["deceased_on"] == days[max(days)].isoformat()

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert who is marked, where no import has told of a death: it may have come before."""
        if case != IMPORT and not said(self.desks, DeathReported):
            registered = self.knows(case, DeathRegistered)
            assert stands(office) == (registered and not self.knows(case, RegistrationRevoked))


def stands(case: Desk) -> bool:
    """Return whether a case marks somebody deceased, by the last that it said of it."""
    kinds = (PersonDeceased, DeathRecordCancelled, DeathReported, DeathReportWithdrawn)
    last = said({"": case}, *kinds)[-1:]
    return any(isinstance(event, PersonDeceased | DeathReported) for event in last)


W_DIED, X_DIED = "death-of-the-payee", "death"


@st.composite
def losses(draw: st.DrawFn) -> dict[str, list[Event]]:
    """Draw a death with a benefit, that of its payee, and whom imports name as deceased.

    The population register marks nobody twice at a time (`Marks`): while imports name somebody, no
    death of theirs stands, before or after.
    """
    reported = draw(st.sampled_from([DECEASED, WIDOW, SON, SON]))
    said_of_them = draw(st.integers(min_value=0, max_value=4))
    died = {
        X_DIED: (DECEASED, draw(st.sampled_from([ALLOWANCE, SUPPORT]))),
        W_DIED: (WIDOW, draw(st.sampled_from([None, SUPPORT | {"payee": SON}]))),
    }
    found: dict[str, list[Event]] = {}
    for case, (who, benefit) in died.items():
        of = registered(deceased=person(who, "Vũ Thị Hạnh"), benefit=benefit)
        void = draw(st.booleans())
        may = who != reported or void or said_of_them % 2 == 0
        marked = [deceased(personal_id=who)] if may else []
        found[case] = [of, *marked, *([REVOKED] if void else [])]
    by_turns = (
        DeathReported(personal_id=reported, deceased_on=TODAY),
        DeathReportWithdrawn(personal_id=reported),
    )
    # Copies: the same is said again, which is another event.
    imported: list[Event] = [by_turns[n % 2].model_copy() for n in range(said_of_them)]
    return {**found, IMPORT: imported}


class Lives(Model):
    """Social insurance: nothing to the dead, nothing for the living, and nobody dead by mistake.

    Who receives a benefit depends on who has died by then; who is held dead in the end does not.
    """

    group, cases, rewritten = "death", (X_DIED, W_DIED, IMPORT), ("benefits",)
    again = (BenefitsBarred, BenefitsResumed)

    def desk(self, case: str, world: World) -> Desk:
        procedure = lives.end_of_benefits if case == IMPORT else benefits.benefit
        return Desk(procedure, SOCIAL_INSURANCE, case, world=world, group=self.group)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        return data.draw(losses())

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        # A withdrawal is the last that its entry says.
        return desk.hear(event, self.number(event) // 2 if desk.case == IMPORT else 0)

    def number(self, event: Event) -> int:
        """Return the how-manieth event of the import it is."""
        (number,) = (n for n, each in enumerate(self.events[IMPORT]) if each is event)
        return number

    def tell(self, case: str, event: Event) -> list[Event]:
        told = super().tell(case, event)
        for grant in (each for each in told if isinstance(each, GRANTS)):
            assert grant.payee not in self.dead(), "no benefit to the dead"
            assert grant.in_place_of is None or grant.in_place_of in self.dead()
        return told

    def dead(self) -> set[str]:
        """Return who has died by what was heard, and no court has found to live."""
        newest = max(self.heard[IMPORT], key=self.number, default=None)
        found = {newest.personal_id} if isinstance(newest, DeathReported) else set()
        for case in (X_DIED, W_DIED):
            if not self.knows(case, RegistrationRevoked):
                news = (e for e in self.heard[case] if isinstance(e, PersonDeceased))
                found |= {event.personal_id for event in news}
        return found

    def holds(self, case: Desk) -> None:
        held = {(id.partition("/")[2], owner.subject) for id, owner in self.lives().items()}
        assert held == {(who, lives.DIED) for who in self.dead()}
        granted = len(said({"": case}, *GRANTS)) - len(said({"": case}, BenefitCancelled))
        assert granted in (0, 1)
        if granted:
            assert self.knows(case.case, DeathRegistered, PersonDeceased)
            assert not self.knows(case.case, RegistrationRevoked), "no benefit for the living"
        kept = {id for id in self.world.of(case.case) if id.startswith(f"{benefits.PERSON}/")}
        assert len(kept) == granted, "what is refused or cancelled holds no claim"
        if case.case == IMPORT:
            last = said({"": case}, BenefitsBarred, BenefitsResumed)[-1:]
            barred = any(isinstance(event, BenefitsBarred) for event in last)
            assert barred == (lives.DIED in {o.subject for o in self.held_by(IMPORT)})

    def held_by(self, case: str) -> list[Owner]:
        """Return as whom a case holds what it does."""
        return [owner for owner in self.world.held.values() if owner.case_id == case]

    def lives(self) -> dict[str, Owner]:
        """Return who holds whose life."""
        return {id: o for id, o in self.world.held.items() if id.startswith(f"{lives.LIFE}/")}

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert that it has an answer, if it asked for something; `holds` says who is dead."""
        asked = [e for e in self.events[case] if isinstance(e, DeathRegistered) and e.benefit]
        known = asked if self.knows(case, PersonDeceased) else []
        known = asked if self.knows(case, RegistrationRevoked) else known
        assert len(said({"": office}, *GRANTS, BenefitRefused)) == len(known)


@pytest.mark.parametrize("model", [Marks, Lives], ids=lambda m: m.__name__)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Model]) -> None:
    check(model)
