"""A birth is declared: examined, and not yet registered by another case -> registered | refused."""

from datetime import date
from typing import NamedTuple

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.form import (
    BirthForm,
    ForeignCertificate,
    FoundlingRecord,
    HospitalNotice,
)
from contracts.birth.process import BIRTH, GROUP
from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Child, ParentRef
from contracts.model import Reason
from services.chassis.procedure import Claim, Context, Decision, Owner, Procedure
from services.civil_status.examination import Dossier, examine, late, open_dossier
from services.civil_status.numbers import NUMBER, as_copied, number_of
from services.civil_status.registered_birth import Application, Birth, child_claims
from services.civil_status.registrar import Registrar
from services.civil_status.rules import CivilStatusRules
from services.civil_status.second_thoughts import Proceeding

REGISTER = "KS"
"""With which the numbers of births begin."""


class Registration(Proceeding[Birth, Application]):
    """What is remembered of a declared birth."""


class Claims(NamedTuple):
    """What a registration claims: the child, by all that tells it apart, and a number."""

    child: tuple[Claim, ...]
    number: Claim


REFUSED = Registration(outcome="refused")

registration = Procedure(BIRTH, initial=Registration())


def find(event: DeclarationSubmitted, rules: CivilStatusRules) -> Application | Reason:
    """Examine the declaration: what is to be registered, or why it cannot be.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted, and
    `LookupError` for a parent that the event does not carry.
    """
    dossier = open_dossier(event, BirthForm.model_validate(event.form, extra="ignore"), rules)
    return examine(dossier) or application(dossier, event)


def register(found: Application, context: Context) -> Decision[Registration]:
    """Register the birth, unless another case holds this child already."""
    claims = context.once("claims", lambda: claims_of(found, context))
    *held_by, number_held_by = context.claim(*claims.child, claims.number)
    holders = [holder for holder in held_by if holder]
    if holders:
        asked = zip((*claims.child, claims.number), (*held_by, number_held_by), strict=True)
        won = tuple(claim for claim, holder in asked if holder is None)
        return duplicate(holders[0], context, won=won)
    certificate = claims.number.key
    if number_held_by:
        certificate = context.first_free(
            NUMBER, lambda k: number_of(REGISTER, found.province, context, k)
        )
    return registered(found, certificate, local_date(context.now))


def claims_of(found: Application, context: Context) -> Claims:
    """Return what the registration claims, with the first candidate for its number."""
    return Claims(
        child=child_claims(found.keys),
        number=Claim(NUMBER, number_of(REGISTER, found.province, context, 0)),
    )


def registered(found: Application, number: str, on: date) -> Decision[Registration]:
    """Say that the birth is registered, and write it into the register of births."""
    birth = Birth(number=number, registered_on=on, application=found)
    event = BirthRegistered(
        registration_number=number,
        registered_on=on,
        late=found.late,
        child=found.child,
        household=found.household,
        bundle=found.bundle,
    )
    after = Registration(entered=birth, outcome="registered")
    return Decision(after, events=(event,), records=(birth.record(),))


def duplicate(holder: Owner, context: Context, *, won: tuple[Claim, ...]) -> Decision[Registration]:
    """Refuse a second declaration, say which was the first, and let go of what was won."""
    rules: CivilStatusRules = context.rules
    case = holder.case_id
    return refuse(rules.reason("duplicate-declaration", refers_to=case, case=case), releases=won)


def refuse(reason: Reason, releases: tuple[Claim, ...] = ()) -> Decision[Registration]:
    """Refuse the birth's registration."""
    return Decision(REFUSED, events=(BirthRefused(reason=reason),), releases=releases)


def application(dossier: Dossier, event: DeclarationSubmitted) -> Application:
    """Return what is to be registered, after an examination without finding."""
    form = dossier.form
    declared = form.child
    return Application(
        child=Child(
            full_name=declared.full_name,
            sex=declared.sex,
            born_on=declared.born_on,
            birth_order=declared.birth_order,
            place=declared.place,
            nationality=declared.nationality,
            ethnicity=declared.ethnicity,
            hometown=declared.hometown,
            mother=dossier.mother,
            father=dossier.father,
        ),
        household=form.household,
        bundle=event.bundle,
        late=late(dossier),
        province=event.province,
        keys=(*keys_of(form, dossier.father is not None), *_of_notices(event, form)),
    )


def keys_of(form: BirthForm, father_entered: bool) -> tuple[str, ...]:
    """Return what tells the child apart: its document, and a parent with day and order of birth.

    A child without a numbered document is known by each parent who is entered, for each of them may
    declare it alone. A father of two such children, of two mothers on one day, needs an official.
    """
    document = document_of(form)
    parents = [("mother", form.mother), ("father", form.father if father_entered else None)]
    named = [_parent_key(role, parent, form) for role, parent in parents if parent]
    if document is None:
        return tuple(named)
    return (*named[:1], document)


def _parent_key(role: str, parent: ParentRef, form: BirthForm) -> str:
    by = parent.personal_id
    if parent.details is not None:
        by = f"{parent.details.nationality}:{as_copied(parent.details.document_number)}"
    return f"{role}/{by}/{form.child.born_on}/{form.child.birth_order}"


def _of_notices(event: DeclarationSubmitted, form: BirthForm) -> tuple[str, ...]:
    """Return the keys by the other notices of the same birth: of those, one replaces another, and
    what was wrong in the first may be day or mother."""
    if event.proposal is None:
        return ()
    codes = dict.fromkeys((event.proposal.key, *(event.replaced or ())))
    keys = map(_notice_key, codes)
    return tuple(key for key in keys if key != document_of(form))


def _notice_key(code: str) -> str:
    return f"hospital-notice/{code}"


def document_of(form: BirthForm) -> str | None:
    """Return the key of the child by the number of what proves its birth, or None."""
    evidence = form.evidence
    if isinstance(evidence, HospitalNotice):
        return _notice_key(evidence.code)
    if isinstance(evidence, ForeignCertificate):
        return f"foreign-certificate/{evidence.country}/{as_copied(evidence.number)}"
    if isinstance(evidence, FoundlingRecord):
        # Communes of two provinces share names, and number their records each from 1.
        place = form.child.place.province
        return (
            f"foundling/{place}/{as_copied(evidence.commune)}/{as_copied(evidence.record_number)}"
        )
    return None


registrar = Registrar(registration, GROUP.name, find=find, register=register, refuse=refuse)
