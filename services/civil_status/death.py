"""A death is declared: examined, and not yet registered by another case -> registered | refused."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.common.review import Review, Reviews, Verdict
from contracts.death.benefits import BenefitRequest
from contracts.death.events import DeathRefused, DeathRegistered
from contracts.death.form import Cause, DeathForm, DeathNotice, Issuer, PlaceKind
from contracts.death.process import DEATH, GROUP
from contracts.model import Name, ProvinceCode, Reason
from services.chassis.gate import Gate
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.civil_status.inquest import examine, open_inquest
from services.civil_status.numbers import NUMBER, as_copied, number_of
from services.civil_status.rules import CivilStatusRules

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


class Registration(State):
    """What is remembered of a declared death."""

    awaits_official: Application | Reason | None = None
    """What was found, while an official has not decided."""
    review: Review | None = None
    outcome: Literal["registered", "refused"] | None = None


REGISTERED, REFUSED = Registration(outcome="registered"), Registration(outcome="refused")

registration = Procedure(DEATH, initial=Registration())
reviews = Reviews("civil-status", DEATH)


@registration.on(DeclarationSubmitted)
def declared(
    state: Registration, event: DeclarationSubmitted, context: Context
) -> Decision[Registration]:
    """Examine the declaration, and decide, unless policy says that an official does.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted, and
    `LookupError` for a deceased whom the event does not carry.
    """
    if event.group != GROUP.name or DEATH not in event.bundle:
        return Decision(state)
    if state.outcome or state.awaits_official:
        return Decision(state)
    rules: CivilStatusRules = context.rules
    found = context.once("found", lambda: find(event, rules))
    received_on = local_date(event.received_at)
    policy = rules.review_of(DEATH, received_on, event.province)
    if policy is None:
        return conclude(found, context)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=event.province,
        persons=(event.declarant, *event.people),
        finding=found if isinstance(found, Reason) else None,
        **policy._asdict(),
    )
    return gate.shut(Registration(awaits_official=found), opened)


def find(event: DeclarationSubmitted, rules: CivilStatusRules) -> Application | Reason:
    """Examine the declaration: what is to be registered, or why it cannot be.

    Raises as `declared`.
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


def decided(state: Registration, verdict: Verdict, context: Context) -> Decision[Registration]:
    """Do as officials have decided; what they approved another case may have registered."""
    assert state.awaits_official is not None
    if verdict.refused:
        return refuse(verdict.refused)
    return conclude(state.awaits_official, context)


gate = Gate(registration, reviews, decided)


def conclude(found: Application | Reason, context: Context) -> Decision[Registration]:
    """Register what passed the examination and refuse what did not."""
    return refuse(found) if isinstance(found, Reason) else register(found, context)


def register(found: Application, context: Context) -> Decision[Registration]:
    """Register the death, unless another case has: everybody dies once.

    The person is claimed first and by every case, so of two declarations of one death one wins.
    Whom the register of people holds as deceased, though no case of ours registered it, is told so
    only then: who declares a death for the second time hears of the first case, also where the
    register of people knows of it by now.
    """
    rules: CivilStatusRules = context.rules
    person = Claim(PERSON, found.deceased.personal_id)
    (case,) = context.claim(person)
    if case is not None:
        return refuse(
            rules.reason("death-registered-before", refers_to=case.case_id, case=case.case_id)
        )
    if found.deceased.deceased_on is not None:
        recorded = rules.reason("recorded-as-deceased", day=found.deceased.deceased_on)
        return refuse(recorded, releases=(person,))
    notice = Claim("notice", found.notice)
    (case,) = context.claim(notice)
    if case is not None:
        used = rules.reason("notice-used-before", refers_to=case.case_id, case=case.case_id)
        return refuse(used, releases=(person,))
    number = context.first_free(NUMBER, lambda k: number_of(REGISTER, found.province, context, k))
    return registered(found, number, local_date(context.now))


def registered(found: Application, number: str, on: date) -> Decision[Registration]:
    """Say that the death is registered, and write it into the register of deaths."""
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
    return Decision(REGISTERED, events=(event,), records=(death_record(event),))


def refuse(reason: Reason, releases: tuple[Claim, ...] = ()) -> Decision[Registration]:
    """Refuse the death's registration, and let go of what was won."""
    return Decision(REFUSED, events=(DeathRefused(reason=reason),), releases=releases)


def death_record(event: DeathRegistered) -> Record:
    """Return the row of the register of deaths; dates as ISO text."""
    return Record(
        "deaths",
        event.registration_number,
        {
            "registered_on": event.registered_on.isoformat(),
            "late": event.late,
            "personal_id": event.deceased.personal_id,
            "full_name": event.deceased.full_name,
            "died_on": event.died_on.isoformat(),
            "place": event.place,
            "cause": event.cause,
            "issuer": event.issuer,
            "province": event.province,
        },
    )


def _key(notice: DeathNotice) -> str:
    """Return the notice's key, without what differs between two clerks who copy the same one."""
    return f"{notice.issuer}/{as_copied(notice.issued_by)}/{as_copied(notice.number)}"
