"""A newborn joins a household: identified and fees settled -> registered | refused.

Both facts may come first, and the child's may come for a bundle that does not ask for residence.
A registration that is revoked takes the residence back, and one that is corrected puts it right,
whichever of them is heard first.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from contracts.birth.events import ResidenceRefused, ResidenceRegistered
from contracts.birth.form import BirthForm
from contracts.birth.process import RESIDENCE
from contracts.common.calendar import local_date
from contracts.common.events import FeeSettled, PersonIdentified
from contracts.common.people import Child, Household
from contracts.common.review import Review, Reviews, Supplement, Verdict
from contracts.compensation.correction import Correction, newer
from contracts.compensation.events import (
    BirthCorrected,
    RegistrationRevoked,
    ResidenceCancelled,
    ResidenceCorrected,
)
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
    outcome: Literal["registered", "refused", "not-asked", "cancelled"] | None = None
    residence: ResidenceRegistered | None = None
    """What was registered."""
    correction: Correction | None = None
    revoked: Reason | None = None
    """Why there is no such birth any more."""


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
        # Whether the fees are settled matters to nobody now, whichever was heard first.
        return Decision(state.with_(outcome="not-asked", fees_settled=False))
    child = newcomer(event)
    if state.correction is not None:
        child = put_right(child, state.correction.child)
    return settle(state.model_copy(update={"newcomer": child}), context)


@registration.on(FeeSettled)
def paid(state: Registration, event: FeeSettled, context: Context) -> Decision[Registration]:
    """Remember that the fees are settled, and decide where the child is known."""
    if state.fees_settled or state.outcome:
        return Decision(state)
    return settle(state.model_copy(update={"fees_settled": True}), context)


def settle(state: Registration, context: Context) -> Decision[Registration]:
    """Decide when both facts are there, unless policy says that an official does."""
    child = state.newcomer
    if child is not None and state.revoked is not None:
        return refuse(state, child, state.revoked)
    if child is None or not state.fees_settled:
        return Decision(state)
    rules: ResidenceRules = context.rules
    place = child.household.province if child.household else None
    policy = rules.review_of(RESIDENCE, local_date(context.now), place)
    if policy is None:
        return conclude(state, child, context)
    owner = (child.household.owner,) if child.household else ()
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=place,
        persons=(child.personal_id, *child.parents, *owner),
        finding=objection(child, rules),
        **policy._asdict(),
    )
    return gate.shut(state, opened)


def decided(state: Registration, verdict: Verdict, context: Context) -> Decision[Registration]:
    """Do as officials have decided."""
    assert state.newcomer is not None
    if verdict.supplement:
        return examined_again(state, state.newcomer, verdict.supplement, context)
    if verdict.refused:
        return refuse(state, state.newcomer, verdict.refused)
    return conclude(state, state.newcomer, context)


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


@registration.on(RegistrationRevoked)
def revoked(
    state: Registration, event: RegistrationRevoked, context: Context
) -> Decision[Registration]:
    """Cancel the residence; where none is registered yet, refuse it when the child is known."""
    if state.revoked is not None:
        return Decision(state)
    after, child = state.with_(revoked=event.reason), state.newcomer
    if state.residence is not None and child is not None:
        cancelled = ResidenceCancelled(
            personal_id=child.personal_id,
            confirmation_number=state.residence.confirmation_number,
            reason=event.reason,
        )
        record = resident_record(child, state.residence, later=True, cancelled=True)
        after = after.with_(outcome="cancelled")
        return Decision(after, events=(cancelled,), records=(record,))
    if child is None or state.outcome is not None:
        return Decision(after)
    closed = reviews.closed(state.review, event.reason)
    return gate.lifted(refuse(after, child, event.reason), state, closed)


@registration.on(BirthCorrected)
def corrected(
    state: Registration, event: BirthCorrected, context: Context
) -> Decision[Registration]:
    """Put the register of residents right, unless something newer is known."""
    correction = newer(state.correction, event, context.cause.entry)
    if correction is None:
        return Decision(state)
    after = state.with_(correction=correction)
    if state.newcomer is None:
        return Decision(after)
    child, residence = put_right(state.newcomer, event.child), state.residence
    after = after.with_(newcomer=child)
    if residence is None:
        again = reviews.reexamined(state.review, objection(child, context.rules))
        return gate.lifted(Decision(after), state, again)
    cancelled = state.outcome == "cancelled"
    record = resident_record(child, residence, later=True, cancelled=cancelled)
    if cancelled:
        return Decision(after, records=(record,))
    said = ResidenceCorrected(
        personal_id=child.personal_id,
        confirmation_number=residence.confirmation_number,
        full_name=child.full_name,
        born_on=child.born_on,
        household=residence.household,
        registered_on=residence.registered_on,
    )
    return Decision(after, events=(said,), records=(record,))


def conclude(state: Registration, child: Newcomer, context: Context) -> Decision[Registration]:
    """Register the child in the household, unless something speaks against it."""
    reason = objection(child, context.rules)
    if reason is not None:
        return refuse(state, child, reason)
    assert child.household is not None, "without one there is an objection"
    return register(state, child, child.household, local_date(context.now))


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


def register(
    state: Registration, child: Newcomer, household: Household, on: date
) -> Decision[Registration]:
    """Say that the child is a resident, and write it into the register of residents.

    The confirmation number, TT-<year>-<identifier>, needs no claim: an identifier is of one case,
    for a child that is declared again after a judgement is given another one.
    """
    event = ResidenceRegistered(
        personal_id=child.personal_id,
        confirmation_number=f"TT-{on.year}-{child.personal_id}",
        registered_on=on,
        household=household,
    )
    after = state.model_copy(update={"outcome": "registered", "residence": event})
    return Decision(after, events=(event,), records=(resident_record(child, event),))


def refuse(state: Registration, child: Newcomer, reason: Reason) -> Decision[Registration]:
    """Refuse the residence; the registered birth and the health card stand."""
    event = ResidenceRefused(personal_id=child.personal_id, reason=reason)
    return Decision(state.with_(outcome="refused"), events=(event,))


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


def put_right(child: Newcomer, corrected: Child) -> Newcomer:
    """Return the child with what civil status has put right."""
    return replace(child, full_name=corrected.full_name, born_on=corrected.born_on)


def resident_record(
    child: Newcomer, event: ResidenceRegistered, *, later: bool = False, cancelled: bool = False
) -> Record:
    """Return the row of the register of residents; dates as ISO text.

    A newborn is registered once; where it lives later is for other cases to say. So the row is only
    inserted, which is cheap, but for what is said `later`, which replaces it.
    """
    household = event.household
    return Record(
        "residents",
        child.personal_id,
        {
            "cancelled": cancelled,
            "full_name": child.full_name,
            "born_on": child.born_on.isoformat(),
            "confirmation_number": event.confirmation_number,
            "registered_on": event.registered_on.isoformat(),
            "household_owner": household.owner,
            "province": household.province,
            "commune": household.commune,
            "address": household.address,
        },
        insert_only=not later,
    )
