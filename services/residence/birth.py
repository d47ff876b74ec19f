"""A newborn joins a household: identified and fees settled -> registered | refused.

Both facts may come first, and the child's may come for a bundle that does not ask for residence.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from contracts.birth.events import ResidenceRefused, ResidenceRegistered
from contracts.birth.form import BirthForm
from contracts.birth.process import RESIDENCE
from contracts.common.calendar import local_date
from contracts.common.events import FeeSettled, PersonIdentified
from contracts.common.people import Household
from contracts.common.review import Review, Reviews, Supplement, Verdict
from contracts.model import Name, PersonalId, Reason
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.residence.rules import ResidenceRules


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The child, as far as residence needs to know it."""

    personal_id: PersonalId
    full_name: Name
    born_on: date
    household: Household | None
    parents: tuple[PersonalId, ...]
    """The identifiers of the parents as registered; one who is not entered is none."""


class Registration(State):
    """What is remembered of a newborn's residence."""

    newcomer: Newcomer | None = None
    fees_settled: bool = False
    review: Review | None = None
    outcome: Literal["registered", "refused", "not-asked"] | None = None


REGISTERED = Registration(outcome="registered", fees_settled=True)
REFUSED = Registration(outcome="refused", fees_settled=True)

registration = Procedure(RESIDENCE, initial=Registration())
reviews = Reviews("residence", RESIDENCE)


@registration.on(PersonIdentified)
def identified(
    state: Registration, event: PersonIdentified, context: Context
) -> Decision[Registration]:
    """Remember the child, and decide where the fees are settled."""
    if state.newcomer or state.outcome:
        return Decision(state)
    if RESIDENCE not in event.bundle:
        return Decision(Registration(fees_settled=state.fees_settled, outcome="not-asked"))
    return settle(newcomer(event), state.fees_settled, context)


@registration.on(FeeSettled)
def paid(state: Registration, event: FeeSettled, context: Context) -> Decision[Registration]:
    """Remember that the fees are settled, and decide where the child is known."""
    if state.fees_settled or state.outcome:
        return Decision(state)
    return settle(state.newcomer, True, context)


def settle(child: Newcomer | None, fees_settled: bool, context: Context) -> Decision[Registration]:
    """Decide when both facts are there, unless policy says that an official does."""
    if child is None or not fees_settled:
        return Decision(Registration(newcomer=child, fees_settled=fees_settled))
    rules: ResidenceRules = context.rules
    place = child.household.province if child.household else None
    policy = rules.review_of(RESIDENCE, local_date(context.now), place)
    if policy is None:
        return conclude(child, context)
    owner = (child.household.owner,) if child.household else ()
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=place,
        persons=(child.personal_id, *child.parents, *owner),
        finding=objection(child, rules),
        **policy._asdict(),
    )
    return gate.shut(Registration(newcomer=child, fees_settled=True), opened)


def decided(state: Registration, verdict: Verdict, context: Context) -> Decision[Registration]:
    """Do as officials have decided."""
    assert state.newcomer is not None
    if verdict.supplement:
        return examined_again(state, state.newcomer, verdict.supplement, context)
    if verdict.refused:
        return refuse(state.newcomer, verdict.refused)
    return conclude(state.newcomer, context)


def examined_again(
    state: Registration, child: Newcomer, supplement: Supplement, context: Context
) -> Decision[Registration]:
    """Take the household of a corrected form, of which nothing else concerns residence.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted.
    """
    if declared := supplement.event.declaration:
        form = BirthForm.model_validate(declared.form, extra="ignore")
        child = replace(child, household=form.household)
    resumed = reviews.resumed(state.review, supplement, objection(child, context.rules))
    return gate.shut(state.with_(newcomer=child), resumed)


gate = Gate(registration, reviews, decided)


def conclude(child: Newcomer, context: Context) -> Decision[Registration]:
    """Register the child in the household, unless something speaks against it."""
    reason = objection(child, context.rules)
    if reason is not None:
        return refuse(child, reason)
    assert child.household is not None, "without one there is an objection"
    return register(child, child.household, local_date(context.now))


def objection(child: Newcomer, rules: ResidenceRules) -> Reason | None:
    """Return why the child cannot join: there is no household, or its owner does not agree.

    Law on Residence 2020, art. 20: an owner who is a parent as registered need not be asked.
    """
    household = child.household
    if household is None:
        return rules.reason("no-household")
    if not household.owner_consents and household.owner not in child.parents:
        return rules.reason("owner-does-not-consent")
    return None


def register(child: Newcomer, household: Household, on: date) -> Decision[Registration]:
    """Say that the child is a resident, and write it into the register of residents.

    The confirmation number, TT-<year>-<identifier>, needs no claim: identifiers are unique, and a
    newborn is registered once.
    """
    event = ResidenceRegistered(
        personal_id=child.personal_id,
        confirmation_number=f"TT-{on.year}-{child.personal_id}",
        registered_on=on,
        household=household,
    )
    return Decision(REGISTERED, events=(event,), records=(resident_record(child, event),))


def refuse(child: Newcomer, reason: Reason) -> Decision[Registration]:
    """Refuse the residence; the registered birth and the health card stand."""
    event = ResidenceRefused(personal_id=child.personal_id, reason=reason)
    return Decision(REFUSED, events=(event,))


def newcomer(event: PersonIdentified) -> Newcomer:
    """Return what residence needs to know of an identified child."""
    child = event.child
    parents = (child.mother, child.father)
    return Newcomer(
        personal_id=event.personal_id,
        full_name=child.full_name,
        born_on=child.born_on,
        household=event.household,
        parents=tuple(p.personal_id for p in parents if p and p.personal_id),
    )


def resident_record(child: Newcomer, event: ResidenceRegistered) -> Record:
    """Return the row of the register of residents; dates as ISO text.

    A newborn is registered once; where it lives later is for other cases to say.
    """
    household = event.household
    return Record(
        "residents",
        child.personal_id,
        {
            "full_name": child.full_name,
            "born_on": child.born_on.isoformat(),
            "confirmation_number": event.confirmation_number,
            "registered_on": event.registered_on.isoformat(),
            "household_owner": household.owner,
            "province": household.province,
            "commune": household.commune,
            "address": household.address,
        },
        insert_only=True,
    )
