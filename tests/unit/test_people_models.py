"""Who lives and who has died, as models: at the population register and at social insurance.

What an import reports and what is registered here are heard by one office, whose claims they share:
in any order and again and again. Who is dead at the end does not depend on it.
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
from contracts.model import Reason
from contracts.people.events import (
    BenefitsBarred,
    DeathReported,
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
from tests.unit.requests import JUDGEMENT

WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
REVOKED = RegistrationRevoked(
    request=UUID(int=1),
    by=official().signatory,
    registration_number="KT-33-2026-00000042",
    revoked_on=TODAY,
    judgement=JUDGEMENT,
    reason=WHY,
)
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


class Marks(Model):
    """Population: nobody dies twice, by whoever says so; the newest report is what is recorded."""

    group, cases = "death", (IMPORT, DEATH, SECOND)
    again = (PersonRecorded, DeathReported, DeathRecordCorrected)
    rewritten = ("persons", "deceased")

    def desk(self, case: str, world: World) -> Desk:
        procedure = people.record if case == IMPORT else marks.record
        return Desk(procedure, POPULATION, case, world=world, group=self.group)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        drawn = {case: data.draw(registrations(), case) for case in (DEATH, SECOND)}
        return {**drawn, IMPORT: data.draw(reports(), IMPORT)}

    def deliver(self, desk: Desk, event: Event) -> Decision[Any]:
        if isinstance(event, PersonReported):
            desk.now = NOW + timedelta(hours=int(event.imported_from))
        number = event.decision_number if isinstance(event, DeathCorrected) else "0"
        return desk.hear(event, entry=int(number))

    def holds(self, case: Desk) -> None:
        marked = [each for each in self.desks.values() if stands(each)]
        reported = said(self.desks, DeathReported)
        assert len(marked) + bool(reported) <= 1, "one death"
        owner = self.world.held.get(f"deceased/{DECEASED}")
        if marked or reported:
            assert owner is not None
            assert owner.case_id == (marked[0].case if marked else IMPORT)
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
        """Assert this unless a court has spoken: another case may be marked by then."""
        if not any(self.knows(each, RegistrationRevoked) for each in (DEATH, SECOND)):
            super().same_as_in_order(case, office)

    def outcome(self, office: Desk) -> Any:
        """Return the rows as they are at the end, however often they were written before."""
        return {(record.register, record.key): record.row() for record in office.records}


def stands(case: Desk) -> bool:
    """Return whether a case has marked somebody deceased, and no court has revoked that."""
    found = {"": case}
    return len(said(found, PersonDeceased)) > len(said(found, DeathRecordCancelled))


W_DIED, X_DIED = "death-of-the-payee", "death"


@st.composite
def losses(draw: st.DrawFn) -> dict[str, list[Event]]:
    """Draw a death with a benefit, that of its payee, and whom an import names as deceased.

    The population register marks nobody of whom an import was the first to tell (`Marks`).
    """
    reported = draw(st.sampled_from([DECEASED, WIDOW, SON, SON]))
    died = {
        X_DIED: (DECEASED, draw(st.sampled_from([ALLOWANCE, SUPPORT]))),
        W_DIED: (WIDOW, draw(st.sampled_from([None, SUPPORT | {"payee": SON}]))),
    }
    found: dict[str, list[Event]] = {}
    for case, (who, benefit) in died.items():
        of = registered(deceased=person(who, "Vũ Thị Hạnh"), benefit=benefit)
        marked = [deceased(personal_id=who)] if who != reported else []
        found[case] = [of, *marked, *([REVOKED] if draw(st.booleans()) else [])]
    return {**found, IMPORT: [DeathReported(personal_id=reported, deceased_on=TODAY)]}


class Lives(Model):
    """Social insurance: nothing to the dead, nothing for the living, and nobody dead by mistake.

    Who receives a benefit depends on who has died by then; who is held dead in the end does not.
    """

    group, cases, rewritten = "death", (X_DIED, W_DIED, IMPORT), ("benefits",)

    def desk(self, case: str, world: World) -> Desk:
        procedure = lives.end_of_benefits if case == IMPORT else benefits.benefit
        return Desk(procedure, SOCIAL_INSURANCE, case, world=world, group=self.group)

    def drawn(self, data: st.DataObject) -> dict[str, list[Event]]:
        return data.draw(losses())

    def tell(self, case: str, event: Event) -> list[Event]:
        told = super().tell(case, event)
        for grant in (each for each in told if isinstance(each, GRANTS)):
            assert grant.payee not in self.dead(), "no benefit to the dead"
            assert grant.in_place_of is None or grant.in_place_of in self.dead()
        return told

    def dead(self) -> set[str]:
        """Return who has died by what was heard, and no court has found to live."""
        found = {vars(event)["personal_id"] for event in self.heard[IMPORT]}
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
        if self.knows(case.case, DeathReported):
            assert said({"": case}, BenefitsBarred)

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
