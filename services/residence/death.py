"""Somebody has died: registered and marked deceased -> residence removed | refused.

Both facts may come first, and they come for a bundle that does not ask for the removal too.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.common.calendar import local_date
from contracts.common.review import Review, Reviews, Verdict
from contracts.death.events import DeathRegistered, RemovalRefused, ResidenceRemoved
from contracts.death.process import REMOVAL
from contracts.model import CountryCode, PersonalId, ProvinceCode, Reason
from contracts.people.events import PersonDeceased
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.residence.rules import ResidenceRules


@dataclass(frozen=True, slots=True)
class Resident:
    """The deceased, as far as residence needs to know them."""

    personal_id: PersonalId
    nationality: CountryCode
    province: ProvinceCode
    household_owner: PersonalId | None


class Removal(State):
    """What is remembered of a removal."""

    resident: Resident | None = None
    deceased: bool = False
    """Whether the population register has marked the person deceased."""
    review: Review | None = None
    outcome: Literal["removed", "refused", "not-asked"] | None = None


REMOVED = Removal(outcome="removed", deceased=True)
REFUSED = Removal(outcome="refused", deceased=True)
NOT_ASKED = Removal(outcome="not-asked")

removal = Procedure(REMOVAL, initial=Removal())
reviews = Reviews("residence", REMOVAL)


@removal.on(DeathRegistered)
def registered(state: Removal, event: DeathRegistered, context: Context) -> Decision[Removal]:
    """Remember who died, and decide where the population register knows it."""
    if state.resident or state.outcome:
        return Decision(state)
    if REMOVAL not in event.bundle:
        return Decision(NOT_ASKED)
    person = event.deceased
    resident = Resident(
        personal_id=person.personal_id,
        nationality=person.nationality,
        province=person.province,
        household_owner=person.household_owner,
    )
    return settle(resident, state.deceased, context)


@removal.on(PersonDeceased)
def deceased(state: Removal, event: PersonDeceased, context: Context) -> Decision[Removal]:
    """Remember that the population register knows it, and decide where the death is registered."""
    if state.deceased or state.outcome:
        return Decision(state)
    return settle(state.resident, True, context)


def settle(resident: Resident | None, deceased: bool, context: Context) -> Decision[Removal]:
    """Decide when both facts are there, unless policy says that an official does."""
    if resident is None or not deceased:
        return Decision(Removal(resident=resident, deceased=deceased))
    rules: ResidenceRules = context.rules
    policy = rules.review_of(REMOVAL, local_date(context.now), resident.province)
    if policy is None:
        return conclude(resident, context)
    owner = resident.household_owner
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=resident.province,
        persons=(resident.personal_id, *((owner,) if owner else ())),
        finding=objection(resident, rules),
        **policy._asdict(),
    )
    return gate.shut(Removal(resident=resident, deceased=True), opened)


def decided(state: Removal, verdict: Verdict, context: Context) -> Decision[Removal]:
    """Do as officials have decided."""
    assert state.resident is not None
    if verdict.refused:
        return refuse(state.resident, verdict.refused)
    return conclude(state.resident, context)


gate = Gate(removal, reviews, decided)


def conclude(resident: Resident, context: Context) -> Decision[Removal]:
    """Remove the permanent residence, where there is one."""
    reason = objection(resident, context.rules)
    return remove(resident, context) if reason is None else refuse(resident, reason)


def objection(resident: Resident, rules: ResidenceRules) -> Reason | None:
    """Return why there is nothing to remove: permanent residence is a citizen's.

    A reading of ours; DOMAIN.md says nothing of foreigners.
    """
    return None if resident.nationality == "VN" else rules.reason("no-permanent-residence")


def remove(resident: Resident, context: Context) -> Decision[Removal]:
    """Say that the deceased is a resident no more, and write it into the register of removals.

    The confirmation number, XT-<year>-<identifier>, needs no claim: everybody dies once.
    """
    on = local_date(context.now)
    event = ResidenceRemoved(
        personal_id=resident.personal_id,
        confirmation_number=f"XT-{on.year}-{resident.personal_id}",
        removed_on=on,
        owned_household=resident.household_owner == resident.personal_id,
    )
    return Decision(REMOVED, events=(event,), records=(removal_record(event),))


def refuse(resident: Resident, reason: Reason) -> Decision[Removal]:
    """Refuse the removal; the registered death and the benefit stand."""
    event = RemovalRefused(personal_id=resident.personal_id, reason=reason)
    return Decision(REFUSED, events=(event,))


def removal_record(event: ResidenceRemoved) -> Record:
    """Return the row of the register of removals; dates as ISO text.

    A register of its own: the row of a resident belongs to the case that registered them.
    """
    return Record(
        "removals",
        event.personal_id,
        {
            "confirmation_number": event.confirmation_number,
            "removed_on": event.removed_on.isoformat(),
            "owned_household": event.owned_household,
        },
    )
