"""What civil status examines before it registers a birth; the first finding is why it is refused.

The checks are in the order of `CHECKS`. Whether the child is registered already is no check: only
the claims of `birth` can tell.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from unicodedata import normalize

from contracts.birth.form import (
    BirthForm,
    Commitment,
    ForeignCertificate,
    FoundlingRecord,
)
from contracts.common.calendar import add_months, birthday, local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Parent, ParentRef, Person
from contracts.model import Reason
from services.civil_status.numbers import as_copied
from services.civil_status.rules import CivilStatusRules


class Dossier(NamedTuple):
    """A declaration with what the register of people says about its parents."""

    form: BirthForm
    declarant: str
    received_on: date
    rules: CivilStatusRules
    mother: Parent | None
    father: Parent | None
    """Who is to be entered as father: None where he neither is married nor recognises the child."""
    mother_known: Person | None
    father_known: Person | None
    """What the register of people holds of those who are entered and have an identifier."""
    notice: Mapping[str, Any] | None
    """The form as far as the hospital's notice fills it in, where one is known."""


def open_dossier(event: DeclarationSubmitted, form: BirthForm, rules: CivilStatusRules) -> Dossier:
    """Return everything that is examined.

    Raises `LookupError` where the declaration does not carry a parent named by identifier: the
    portal promised to look everybody up, so its fault must not become the family's refusal.
    """
    entered = form.father if form.parents_married or form.father_recognises else None
    mother = _person(form.mother, event)
    father = _person(entered, event)
    return Dossier(
        form=form,
        declarant=event.declarant,
        received_on=local_date(event.received_at),
        rules=rules,
        mother=_parent(form.mother, mother),
        father=_parent(entered, father),
        mother_known=mother,
        father_known=father,
        notice=event.proposal.form if event.proposal else None,
    )


def examine(dossier: Dossier) -> Reason | None:
    """Return why the birth cannot be registered, or None."""
    for check in CHECKS:
        reason = check(dossier)
        if reason is not None:
            return reason
    return None


def late(dossier: Dossier) -> bool:
    """Say whether the birth is declared late (Law on Civil Status 2014, art. 15 (1))."""
    limit = dossier.rules.late_after_days.in_force(dossier.received_on)
    return (dossier.received_on - dossier.form.child.born_on).days > limit


def _entitled(dossier: Dossier) -> Reason | None:
    """A parent is the parent of the form; others are taken at their word (art. 15 (1)).

    An abandoned child has no known relatives: its carer declares (Decree 123/2015, art. 14).
    """
    form = dossier.form
    if isinstance(form.evidence, FoundlingRecord):
        entitled = form.relation == "carer"
    elif form.relation == "mother":
        entitled = _is(form.mother, dossier.declarant)
    elif form.relation == "father":
        entitled = _is(form.father, dossier.declarant)
    else:
        entitled = True
    return None if entitled else dossier.rules.reason("declarant-not-entitled")


def _born(dossier: Dossier) -> Reason | None:
    born_on, received_on, rules = dossier.form.child.born_on, dossier.received_on, dossier.rules
    if born_on > received_on:
        return rules.reason("born-in-future")
    years = rules.oldest_years.in_force(received_on)
    if add_months(received_on, -12 * years) > born_on:
        return rules.reason("born-too-long-ago", years=years)
    return None


def _vietnamese(dossier: Dossier) -> Reason | None:
    """A child is a citizen by one citizen among its parents; a foundling by being found.

    Law on Nationality 2008, art. 15–18.
    """
    nationalities = [parent.nationality for parent in (dossier.mother, dossier.father) if parent]
    by_parents = not nationalities or "VN" in nationalities
    if dossier.form.child.nationality == "VN" and by_parents:
        return None
    return dossier.rules.reason("child-not-vietnamese")


def _plausible(dossier: Dossier) -> Reason | None:
    """The identifiers of the parents are theirs: the sex fits, and their age at the birth."""
    mother, father = dossier.mother_known, dossier.father_known
    if (mother and mother.sex != "female") or (father and father.sex != "male"):
        return dossier.rules.reason("parent-of-other-sex")
    years = dossier.rules.youngest_parent_years.in_force(dossier.received_on)
    for parent in (dossier.mother, dossier.father):
        if parent and birthday(parent.born_on, years) > dossier.form.child.born_on:
            return dossier.rules.reason("parent-too-young", years=years)
    return None


def _evidence(dossier: Dossier) -> Reason | None:
    """Something proves the birth, and it speaks of this one.

    Law on Civil Status 2014, art. 16 (1); Decree 123/2015, art. 29 for births abroad.
    """
    form, evidence = dossier.form, dossier.form.evidence
    if evidence.kind == "none":
        return dossier.rules.reason("evidence-missing")
    abroad = form.child.place.country != "VN"
    fits = not abroad
    if isinstance(evidence, ForeignCertificate):
        fits = abroad and evidence.country == form.child.place.country
    elif isinstance(evidence, Commitment):
        fits = not abroad and form.child.born_on <= evidence.signed_on <= dossier.received_on
    elif isinstance(evidence, FoundlingRecord):
        fits = not abroad and form.mother is None and form.father is None
    return None if fits else dossier.rules.reason("evidence-not-accepted")


def _as_the_hospital_says(dossier: Dossier) -> Reason | None:
    """Nothing is declared otherwise than the hospital signed, where its notice is known.

    Law on Civil Status 2014, art. 16 (1): the notice is what the registration rests on. Which fact
    differs is not said: whoever has but the code of a notice would learn the others by asking.
    """
    notice = dossier.notice
    if notice is None:
        return None
    declared, said = dossier.form.child.model_dump(mode="json"), notice["child"]
    place, born_in = declared["place"], said["place"]
    same = all(declared[name] == said[name] for name in ("sex", "born_on", "birth_order"))
    same = same and all(place[name] == born_in[name] for name in ("country", "province"))
    if same and _is_the_mother(ParentRef.model_validate(notice["mother"]), dossier):
        return None
    return dossier.rules.reason("not-as-the-hospital-says")


def _is_the_mother(said: ParentRef, dossier: Dossier) -> bool:
    """Say whether the hospital means the mother of the form, however two clerks write her name."""
    ref, mother = dossier.form.mother, dossier.mother
    if ref is None or mother is None or said.details is None:
        return ref is not None and ref.personal_id == said.personal_id
    if ref.details is not None:
        documents = [as_copied(each.document_number, "") for each in (ref.details, said.details)]
        same = ref.details.nationality == said.details.nationality
        return same and documents[0] == documents[1]
    # She has an identifier by now, or had it not at hand.
    names = [_words(name) for name in (mother.full_name, said.details.full_name)]
    return names[0] == names[1] and mother.born_on == said.details.born_on


def _posted(dossier: Dossier) -> Reason | None:
    evidence = dossier.form.evidence
    if not isinstance(evidence, FoundlingRecord):
        return None
    days = dossier.rules.posting_days.in_force(dossier.received_on)
    from_day = evidence.posted_on + timedelta(days=days + 1)
    if dossier.received_on >= from_day:
        return None
    return dossier.rules.reason("posting-not-over", days=days, from_day=from_day)


def _surrogacy(dossier: Dossier) -> Reason | None:
    """The commissioning couple are the parents, and are married (Marriage and Family, art. 95).

    Who gave birth is named by the hospital's notice alone.
    """
    if dossier.form.surrogacy_confirmation is None or dossier.form.parents_married:
        return None
    return dossier.rules.reason("surrogacy-not-married")


def _alive(dossier: Dossier) -> Reason | None:
    born_on = dossier.form.child.born_on
    mother, father = _deceased_on(dossier.mother_known), _deceased_on(dossier.father_known)
    days = dossier.rules.born_after_fathers_death_days.in_force(dossier.received_on)
    mother_died = mother is not None and mother < born_on
    if mother_died or (father is not None and (born_on - father).days > days):
        return dossier.rules.reason("parent-deceased-before-birth")
    return None


def _somebody_entered(dossier: Dossier) -> Reason | None:
    """A father who declares without a mother must recognise the child (Decree 123, art. 15 (3))."""
    named = dossier.form.father is not None
    if named and dossier.father is None and dossier.mother is None:
        return dossier.rules.reason("father-not-recognising")
    return None


def _surname(dossier: Dossier) -> Reason | None:
    """The father's or the mother's surname; hers where he is not entered.

    Civil Code 2015, art. 26 (2); Decree 123/2015, art. 15 (2). A foundling has no surname to check.
    """
    mother, father = dossier.mother, dossier.father
    surname = _words(dossier.form.child.full_name)[0]
    for parent in (mother, father):
        if parent is not None and surname in _surnames(parent):
            return None
    if father is not None:
        return dossier.rules.reason("surname-not-a-parents")
    return dossier.rules.reason("surname-not-mothers") if mother is not None else None


CHECKS: tuple[Callable[[Dossier], Reason | None], ...] = (
    _entitled,
    _born,
    _vietnamese,
    _plausible,
    _evidence,
    _as_the_hospital_says,
    _posted,
    _surrogacy,
    _alive,
    _somebody_entered,
    _surname,
)


def _deceased_on(person: Person | None) -> date | None:
    return person.deceased_on if person else None


def _is(parent: ParentRef | None, declarant: str) -> bool:
    return parent is not None and parent.personal_id == declarant


def _person(parent: ParentRef | None, event: DeclarationSubmitted) -> Person | None:
    if parent is None or parent.personal_id is None:
        return None
    person = event.people.get(parent.personal_id)
    if person is None:
        raise LookupError("the declaration does not carry a parent whom its form names")
    return person


def _parent(ref: ParentRef | None, person: Person | None) -> Parent | None:
    """Return the parent as the certificate names them."""
    if person is not None:
        return Parent(
            full_name=person.full_name,
            born_on=person.born_on,
            nationality=person.nationality,
            ethnicity=person.ethnicity,
            personal_id=person.personal_id,
        )
    if ref is None or ref.details is None:
        return None
    details = ref.details
    return Parent(
        full_name=details.full_name, born_on=details.born_on, nationality=details.nationality
    )


def _surnames(parent: Parent) -> list[str]:
    """Return what may be the surname: of a Vietnamese the first word, else any of the words."""
    words = _words(parent.full_name)
    return words[:1] if parent.nationality == "VN" else words


def _words(name: str) -> list[str]:
    # The same name may be typed with composed or with combining accents.
    return normalize("NFC", name).casefold().split() or [""]
