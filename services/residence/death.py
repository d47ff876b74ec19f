"""Somebody has died: registered and marked deceased -> residence removed | refused.

Both facts may come first, and they come for a bundle that does not ask for the removal too. Where
the registration is revoked, before or after, the person stays a resident, or is one again.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.common.calendar import local_date
from contracts.common.review import Review, Reviews, Verdict
from contracts.compensation.events import RegistrationRevoked, ResidenceRestored
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
    outcome: Literal["removed", "refused", "not-asked", "restored"] | None = None
    removed: ResidenceRemoved | None = None
    """What was removed."""
    revoked: Reason | None = None
    """Why there is no such death any more."""


NUMBER = "confirmation-number"
"""The kind of claim on a removal's number. It stays used, also where the residence is restored."""
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
    return settle(state.with_(resident=resident), context)


@removal.on(PersonDeceased)
def deceased(state: Removal, event: PersonDeceased, context: Context) -> Decision[Removal]:
    """Remember that the population register knows it, and decide where the death is registered."""
    if state.deceased or state.outcome:
        return Decision(state)
    return settle(state.with_(deceased=True), context)


@removal.on(RegistrationRevoked)
def revoked(state: Removal, event: RegistrationRevoked, context: Context) -> Decision[Removal]:
    """Restore the residence; where it is not removed yet, refuse that."""
    if state.revoked is not None:
        return Decision(state)
    after, removed = state.with_(revoked=event.reason), state.removed
    if removed is not None:
        restored = ResidenceRestored(
            personal_id=removed.personal_id,
            confirmation_number=removed.confirmation_number,
            reason=event.reason,
        )
        record = removal_record(removed, context.case_id, cancelled=True)
        after = after.with_(outcome="restored")
        return Decision(after, events=(restored,), records=(record,))
    if state.resident is None or state.outcome is not None:
        return Decision(after)
    closed = reviews.closed(state.review, event.reason)
    return gate.lifted(refuse(after, state.resident, event.reason), state, closed)


def settle(state: Removal, context: Context) -> Decision[Removal]:
    """Decide when both facts are there, unless policy says that an official does."""
    resident = state.resident
    if resident is not None and state.revoked is not None:
        return refuse(state, resident, state.revoked)
    if resident is None or not state.deceased:
        return Decision(state)
    rules: ResidenceRules = context.rules
    policy = rules.review_of(REMOVAL, local_date(context.now), resident.province)
    if policy is None:
        return conclude(state, resident, context)
    owner = resident.household_owner
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=resident.province,
        persons=(resident.personal_id, *((owner,) if owner else ())),
        finding=objection(resident, rules),
        **policy._asdict(),
    )
    return gate.shut(state, opened)


def decided(state: Removal, verdict: Verdict, context: Context) -> Decision[Removal]:
    """Do as officials have decided."""
    assert state.resident is not None
    if verdict.supplement:
        finding = objection(state.resident, context.rules)
        return gate.shut(state, reviews.resumed(state.review, verdict.supplement, finding))
    if verdict.refused:
        return refuse(state, state.resident, verdict.refused)
    return conclude(state, state.resident, context)


gate = Gate(removal, reviews, decided)


def conclude(state: Removal, resident: Resident, context: Context) -> Decision[Removal]:
    """Remove the permanent residence, where there is one."""
    reason = objection(resident, context.rules)
    if reason is not None:
        return refuse(state, resident, reason)
    return remove(state, resident, context)


def objection(resident: Resident, rules: ResidenceRules) -> Reason | None:
    """Return why there is nothing to remove: permanent residence is a citizen's.

    A reading of ours; DOMAIN.md says nothing of foreigners.
    """
    return None if resident.nationality == "VN" else rules.reason("no-permanent-residence")


def remove(state: Removal, resident: Resident, context: Context) -> Decision[Removal]:
    """Say that the deceased is a resident no more, and write it into the register of removals.

    The confirmation number is the case's own: whose death was revoked will be removed once more.
    """
    on = local_date(context.now)
    number = context.first_free(NUMBER, lambda k: number_of(resident, context, k))
    event = ResidenceRemoved(
        personal_id=resident.personal_id,
        confirmation_number=number,
        removed_on=on,
        owned_household=resident.household_owner == resident.personal_id,
    )
    after = state.with_(outcome="removed", removed=event)
    return Decision(after, events=(event,), records=(removal_record(event, context.case_id),))


def number_of(resident: Resident, context: Context, k: int) -> str:
    """Return the k-th candidate for a removal's number: XT-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"XT-{resident.province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def refuse(state: Removal, resident: Resident, reason: Reason) -> Decision[Removal]:
    """Refuse the removal; the registered death and the benefit stand."""
    event = RemovalRefused(personal_id=resident.personal_id, reason=reason)
    return Decision(state.with_(outcome="refused"), events=(event,))


def removal_record(event: ResidenceRemoved, case_id: str, cancelled: bool = False) -> Record:
    """Return the row of the register of removals; dates as ISO text.

    A register of its own: the row of a resident belongs to the case that registered them. Its key
    is the case: who was removed by mistake will be removed once more, in another.
    """
    return Record(
        "removals",
        case_id,
        {
            "personal_id": event.personal_id,
            "cancelled": cancelled,
            "confirmation_number": event.confirmation_number,
            "removed_on": event.removed_on.isoformat(),
            "owned_household": event.owned_household,
        },
    )
