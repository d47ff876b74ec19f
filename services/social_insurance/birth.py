"""A newborn is insured: identified -> health card issued | refused.

A registration that is revoked makes the card void, and one that is corrected puts it right,
whichever of them is heard first. Whether there is a card at all is decided once, by what is known
then: a later correction changes how long it is valid, and neither gives nor takes it.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from contracts.birth.events import HealthCardIssued, HealthCardRefused
from contracts.birth.process import HEALTH_CARD
from contracts.common.calendar import birthday, local_date, months_begun
from contracts.common.events import PersonIdentified
from contracts.common.review import Review, Reviews, Verdict, persons_of
from contracts.compensation.correction import Correction, newer
from contracts.compensation.events import (
    BirthCorrected,
    HealthCardCancelled,
    HealthCardCorrected,
    RegistrationRevoked,
)
from contracts.model import PersonalId, ProvinceCode, Reason, Value
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.social_insurance.rules import SocialInsuranceRules

INSURANCE_NUMBER = "social-insurance-number"
UNDER_SIX = "TE1"
"""The group of children under six, and its level of benefit."""


@dataclass(frozen=True, slots=True)
class Insured:
    """The child, as far as the card needs to know it."""

    personal_id: PersonalId
    born_on: date
    province: ProvinceCode | None


class Card(Value):
    """A card that was issued, with what was corrected since."""

    issued: HealthCardIssued
    on: date


class HealthCard(State):
    """What is remembered of a child's health card."""

    awaits_official: Insured | None = None
    review: Review | None = None
    outcome: Literal["issued", "refused", "not-asked", "cancelled"] | None = None
    card: Card | None = None
    correction: Correction | None = None
    revoked: Reason | None = None
    """Why there is no such birth any more."""


health_card = Procedure(HEALTH_CARD, initial=HealthCard())
reviews = Reviews("social-insurance", HEALTH_CARD)


@health_card.on(PersonIdentified)
def identified(
    state: HealthCard, event: PersonIdentified, context: Context
) -> Decision[HealthCard]:
    """Decide about the card where the bundle asks for it, unless an official has to."""
    if state.outcome or state.awaits_official:
        return Decision(state)
    if HEALTH_CARD not in event.bundle:
        return Decision(state.with_(outcome="not-asked"))
    known = state.correction.child if state.correction else event.child
    child = Insured(
        personal_id=event.personal_id,
        born_on=known.born_on,
        province=event.household.province if event.household else None,
    )
    if state.revoked is not None:
        return refuse(state, child, state.revoked)
    rules: SocialInsuranceRules = context.rules
    today = local_date(context.now)
    policy = rules.review_of(HEALTH_CARD, today, child.province)
    if policy is None:
        return conclude(state, child, context)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=child.province,
        persons=persons_of(event),
        finding=objection(child, today, rules),
        **policy._asdict(),
    )
    return gate.shut(state.with_(awaits_official=child), opened)


def decided(state: HealthCard, verdict: Verdict, context: Context) -> Decision[HealthCard]:
    """Do as officials have decided; a child may have turned six meanwhile."""
    child = state.awaits_official
    assert child is not None
    if verdict.supplement:
        finding = objection(child, local_date(context.now), context.rules)
        return gate.shut(state, reviews.resumed(state.review, verdict.supplement, finding))
    if verdict.refused:
        return refuse(state, child, verdict.refused)
    return conclude(state, child, context)


gate = Gate(health_card, reviews, decided)


@health_card.on(RegistrationRevoked)
def revoked(
    state: HealthCard, event: RegistrationRevoked, context: Context
) -> Decision[HealthCard]:
    """Cancel the card; where none is issued yet, refuse it when the child is known."""
    if state.revoked is not None:
        return Decision(state)
    after, card = state.with_(revoked=event.reason), state.card
    if card is not None:
        cancelled = HealthCardCancelled(
            personal_id=card.issued.personal_id,
            card_number=card.issued.card_number,
            cancelled_on=local_date(context.now),
            reason=event.reason,
        )
        record = card_record(card.issued, card.on, cancelled=True)
        return Decision(after.with_(outcome="cancelled"), events=(cancelled,), records=(record,))
    if state.outcome is not None or state.awaits_official is None:
        return Decision(after)
    closed = reviews.closed(state.review, event.reason)
    return gate.lifted(refuse(after, state.awaits_official, event.reason), state, closed)


@health_card.on(BirthCorrected)
def corrected(state: HealthCard, event: BirthCorrected, context: Context) -> Decision[HealthCard]:
    """Put the card right, unless something newer is known."""
    correction = newer(state.correction, event, context.cause.entry)
    if correction is None:
        return Decision(state)
    after, born_on = state.with_(correction=correction), event.child.born_on
    if state.awaits_official is not None:
        waiting = replace(state.awaits_official, born_on=born_on)
        finding = objection(waiting, local_date(context.now), context.rules)
        again = reviews.reexamined(state.review, finding)
        return gate.shut(after.with_(awaits_official=waiting), again)
    if state.card is None:
        return Decision(after)
    valid_until = validity_end(born_on, state.card.on, context.rules)
    issued = state.card.issued.with_(
        valid_from=born_on,
        valid_until=valid_until,
        premium_months=months_begun(born_on, valid_until),
    )
    after = after.with_(card=state.card.with_(issued=issued))
    cancelled = state.outcome == "cancelled"
    record = card_record(issued, state.card.on, cancelled=cancelled)
    # A card that is void has a premium all the same, of the time before.
    said = HealthCardCorrected(
        personal_id=issued.personal_id,
        card_number=issued.card_number,
        full_name=event.child.full_name,
        valid_from=issued.valid_from,
        valid_until=issued.valid_until,
        premium_months=issued.premium_months,
    )
    return Decision(after, events=(said,), records=(record,))


def conclude(state: HealthCard, child: Insured, context: Context) -> Decision[HealthCard]:
    """Issue the card, unless something speaks against it."""
    rules: SocialInsuranceRules = context.rules
    today = local_date(context.now)
    if reason := objection(child, today, rules):
        return refuse(state, child, reason)
    number = context.first_free(
        INSURANCE_NUMBER, lambda k: f"{context.derive(INSURANCE_NUMBER, k, 10**10):010}"
    )
    return issue(state, child, f"{UNDER_SIX}{child.province}{number}", today, rules)


def objection(child: Insured, on: date, rules: SocialInsuranceRules) -> Reason | None:
    """Return why there is no card: the child is not under six, or lives nowhere that is known.

    Law on Health Insurance, art. 12 (3).
    """
    age = rules.under_age.in_force(on)
    if on >= birthday(child.born_on, age):
        return rules.reason("six-or-older", age=age)
    return rules.reason("no-residence") if child.province is None else None


def issue(
    state: HealthCard, child: Insured, card_number: str, on: date, rules: SocialInsuranceRules
) -> Decision[HealthCard]:
    """Issue the card, valid from the day of birth however late the birth was declared."""
    valid_until = validity_end(child.born_on, on, rules)
    event = HealthCardIssued(
        personal_id=child.personal_id,
        card_number=card_number,
        valid_from=child.born_on,
        valid_until=valid_until,
        premium_months=months_begun(child.born_on, valid_until),
    )
    changes = {"outcome": "issued", "card": Card(issued=event, on=on), "awaits_official": None}
    after = state.model_copy(update=changes)
    return Decision(after, events=(event,), records=(card_record(event, on),))


def refuse(state: HealthCard, child: Insured, reason: Reason) -> Decision[HealthCard]:
    """Refuse the card; the registered birth and the residence stand."""
    event = HealthCardRefused(personal_id=child.personal_id, reason=reason)
    after = state.with_(outcome="refused", awaits_official=None)
    return Decision(after, events=(event,))


def validity_end(born_on: date, on: date, rules: SocialInsuranceRules) -> date:
    """Return the sixth birthday (72 months), or the 30 September after it in that year.

    Law on Health Insurance 2008, amended 2014, art. 16 (3). `on` is the day of issue, whose rules
    hold.
    """
    turns_six = birthday(born_on, rules.under_age.in_force(on))
    day = rules.school_starts.in_force(on)
    return max(turns_six, date(turns_six.year, day.month, day.day))


def card_record(card: HealthCardIssued, on: date, cancelled: bool = False) -> Record:
    """Return the row of the register of cards; dates as ISO text."""
    return Record(
        "cards",
        card.card_number,
        {
            "personal_id": card.personal_id,
            "cancelled": cancelled,
            "issued_on": on.isoformat(),
            "valid_from": card.valid_from.isoformat(),
            "valid_until": card.valid_until.isoformat(),
            "premium_months": card.premium_months,
        },
    )
