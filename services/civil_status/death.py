"""A death is declared: examined, and not yet registered by another case -> registered | refused."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

from contracts.common.calendar import local_date
from contracts.common.deaths import Cause, PlaceKind
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.compensation.events import CorrectionRequested, DeathCorrected
from contracts.death.benefits import BenefitRequest
from contracts.death.correction import DeathCorrection
from contracts.death.events import DeathRefused, DeathRegistered
from contracts.death.form import DeathForm, DeathNotice, Issuer
from contracts.death.process import DEATH, GROUP
from contracts.model import Name, PersonalId, ProvinceCode, Reason
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record
from services.civil_status.inquest import examine, open_inquest
from services.civil_status.numbers import NUMBER, as_copied, number_of
from services.civil_status.registrar import Registrar
from services.civil_status.rules import CivilStatusRules
from services.civil_status.second_thoughts import Entered, Objection, Proceeding

REGISTER = "KT"
"""With which the numbers of deaths begin."""
PERSON = "death"
"""The kind of claim of which everybody has one: their death."""


@dataclass(frozen=True, slots=True)
class Application:
    """A death that passed the examination: what its registration will say."""

    deceased: Person
    died_on: date
    place: PlaceKind
    cause: Cause
    issuer: Issuer
    late: bool
    province: ProvinceCode
    benefit: BenefitRequest | None
    bundle: tuple[Name, ...]
    notice: str
    """Tells the notice apart from all others, by who issued it and its number."""


class Death(Entered):
    """A registered death."""

    application: Application

    @property
    def province(self) -> ProvinceCode:
        """Whose office has it."""
        return self.application.province

    @property
    def persons(self) -> tuple[PersonalId, ...]:
        """The deceased, and who receives a benefit."""
        benefit = self.application.benefit
        payee = (benefit.payee,) if benefit else ()
        return (self.application.deceased.personal_id, *payee)

    @property
    def held(self) -> tuple[Claim, ...]:
        """The person, who will die once more, and the notice."""
        return person_claim(self.application), notice_claim(self.application)

    def record(self, revoked_by: str | None = None) -> Record:
        """Return the row of the register of deaths."""
        return death_record(self, revoked_by)

    def corrected(self, changes: dict[str, Any], context: Context) -> Self | Objection:
        """Return the death with the other date, unless that is none on which they died."""
        found, died_on = self.application, DeathCorrection.model_validate(changes).died_on
        if died_on == found.died_on:
            return Objection("nothing-changes")
        if died_on > self.registered_on:
            return Objection("corrected-after-registration")
        if died_on < found.deceased.born_on:
            return Objection("corrected-before-birth")
        if found.benefit and died_on.replace(day=1) != found.died_on.replace(day=1):
            return Objection("month-decides-benefit")
        return self.with_(application=replace(found, died_on=died_on))

    def told(self, act: CorrectionRequested, request: UUID, before: Self) -> DeathCorrected:
        """Say when they died, with all that the certificate says."""
        found = self.application
        return DeathCorrected(
            request=request,
            by=act.official.signatory,
            registration_number=self.number,
            decision_number=act.decision_number,
            personal_id=found.deceased.personal_id,
            died_on=found.died_on,
            registered_on=self.registered_on,
            deceased=found.deceased,
            place=found.place,
            cause=found.cause,
        )


class Registration(Proceeding[Death, Application]):
    """What is remembered of a declared death."""


REFUSED = Registration(outcome="refused")

registration = Procedure(DEATH, initial=Registration())


def find(event: DeclarationSubmitted, rules: CivilStatusRules) -> Application | Reason:
    """Examine the declaration: what is to be registered, or why it cannot be.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted, and
    `LookupError` for a deceased whom the event does not carry.
    """
    form = DeathForm.model_validate(event.form, extra="ignore")
    inquest = open_inquest(event, form, rules)
    reason = examine(inquest)
    if reason is not None:
        return reason
    assert isinstance(form.evidence, DeathNotice)  # nothing else passes the examination
    return Application(
        deceased=inquest.deceased,
        died_on=form.died_on,
        place=form.place.kind,
        cause=form.cause,
        issuer=form.evidence.issuer,
        late=inquest.late,
        province=event.province,
        benefit=form.benefit,
        bundle=event.bundle,
        notice=_key(form.evidence),
    )


def register(found: Application, context: Context) -> Decision[Registration]:
    """Register the death, unless another case has: everybody dies once.

    The person is claimed first and by every case, so of two declarations of one death one wins.
    Whom the register of people holds as deceased, though no case of ours registered it, is told so
    only then: who declares a death for the second time hears of the first case, also where the
    register of people knows of it by now.
    """
    rules: CivilStatusRules = context.rules
    person = person_claim(found)
    (case,) = context.claim(person)
    if case is not None:
        return refuse(
            rules.reason("death-registered-before", refers_to=case.case_id, case=case.case_id)
        )
    if found.deceased.deceased_on is not None:
        recorded = rules.reason("recorded-as-deceased", day=found.deceased.deceased_on)
        return refuse(recorded, releases=(person,))
    notice = notice_claim(found)
    (case,) = context.claim(notice)
    if case is not None:
        used = rules.reason("notice-used-before", refers_to=case.case_id, case=case.case_id)
        return refuse(used, releases=(person,))
    number = context.first_free(NUMBER, lambda k: number_of(REGISTER, found.province, context, k))
    return registered(found, number, local_date(context.now))


def person_claim(found: Application) -> Claim:
    """Return what is claimed of who has died: everybody dies once."""
    return Claim(PERSON, found.deceased.personal_id)


def notice_claim(found: Application) -> Claim:
    """Return what is claimed of a notice: it is of one death."""
    return Claim("notice", found.notice)


def registered(found: Application, number: str, on: date) -> Decision[Registration]:
    """Say that the death is registered, and write it into the register of deaths."""
    death = Death(number=number, registered_on=on, application=found)
    event = DeathRegistered(
        registration_number=number,
        registered_on=on,
        late=found.late,
        deceased=found.deceased,
        died_on=found.died_on,
        place=found.place,
        cause=found.cause,
        issuer=found.issuer,
        province=found.province,
        benefit=found.benefit,
        bundle=found.bundle,
    )
    after = Registration(entered=death, outcome="registered")
    return Decision(after, events=(event,), records=(death.record(),))


def refuse(reason: Reason, releases: tuple[Claim, ...] = ()) -> Decision[Registration]:
    """Refuse the death's registration, and let go of what was won."""
    return Decision(REFUSED, events=(DeathRefused(reason=reason),), releases=releases)


def death_record(death: Death, revoked_by: str | None) -> Record:
    """Return the row of the register of deaths; dates as ISO text."""
    found = death.application
    return Record(
        "deaths",
        death.number,
        {
            "registered_on": death.registered_on.isoformat(),
            "revoked_by": revoked_by,
            "late": found.late,
            "personal_id": found.deceased.personal_id,
            "full_name": found.deceased.full_name,
            "died_on": found.died_on.isoformat(),
            "place": found.place,
            "cause": found.cause,
            "issuer": found.issuer,
            "province": found.province,
        },
    )


def _key(notice: DeathNotice) -> str:
    """Return the notice's key, without what differs between two clerks who copy the same one."""
    return f"{notice.issuer}/{as_copied(notice.issued_by)}/{as_copied(notice.number)}"


registrar = Registrar(registration, GROUP.name, find=find, register=register, refuse=refuse)
