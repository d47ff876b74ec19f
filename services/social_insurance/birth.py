"""A newborn is insured: identified -> health card issued | refused."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.birth.events import HealthCardIssued, HealthCardRefused
from contracts.birth.process import HEALTH_CARD
from contracts.common.calendar import birthday, local_date, months_begun
from contracts.common.events import PersonIdentified
from contracts.common.review import Review, Reviews, Verdict, persons_of
from contracts.model import PersonalId, ProvinceCode, Reason
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


class HealthCard(State):
    """What is remembered of a child's health card."""

    awaits_official: Insured | None = None
    review: Review | None = None
    outcome: Literal["issued", "refused", "not-asked"] | None = None


NOT_ASKED = HealthCard(outcome="not-asked")
ISSUED, REFUSED = HealthCard(outcome="issued"), HealthCard(outcome="refused")

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
        return Decision(NOT_ASKED)
    child = Insured(
        personal_id=event.personal_id,
        born_on=event.child.born_on,
        province=event.household.province if event.household else None,
    )
    rules: SocialInsuranceRules = context.rules
    today = local_date(context.now)
    policy = rules.review_of(HEALTH_CARD, today, child.province)
    if policy is None:
        return conclude(child, context)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=child.province,
        persons=persons_of(event),
        finding=objection(child, today, rules),
        **policy._asdict(),
    )
    return gate.shut(HealthCard(awaits_official=child), opened)


def decided(state: HealthCard, verdict: Verdict, context: Context) -> Decision[HealthCard]:
    """Do as officials have decided; a child may have turned six meanwhile."""
    child = state.awaits_official
    assert child is not None
    if verdict.supplement:
        finding = objection(child, local_date(context.now), context.rules)
        return gate.shut(state, reviews.resumed(state.review, verdict.supplement, finding))
    if verdict.refused:
        return refuse(child, verdict.refused)
    return conclude(child, context)


gate = Gate(health_card, reviews, decided)


def conclude(child: Insured, context: Context) -> Decision[HealthCard]:
    """Issue the card, unless something speaks against it."""
    rules: SocialInsuranceRules = context.rules
    today = local_date(context.now)
    if reason := objection(child, today, rules):
        return refuse(child, reason)
    number = context.first_free(
        INSURANCE_NUMBER, lambda k: f"{context.derive(INSURANCE_NUMBER, k, 10**10):010}"
    )
    return issue(child, f"{UNDER_SIX}{child.province}{number}", today, rules)


def objection(child: Insured, on: date, rules: SocialInsuranceRules) -> Reason | None:
    """Return why there is no card: the child is not under six, or lives nowhere that is known.

    Law on Health Insurance, art. 12 (3).
    """
    age = rules.under_age.in_force(on)
    if on >= birthday(child.born_on, age):
        return rules.reason("six-or-older", age=age)
    return rules.reason("no-residence") if child.province is None else None


def issue(
    child: Insured, card_number: str, on: date, rules: SocialInsuranceRules
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
    return Decision(ISSUED, events=(event,), records=(card_record(event, on),))


def refuse(child: Insured, reason: Reason) -> Decision[HealthCard]:
    """Refuse the card; the registered birth and the residence stand."""
    event = HealthCardRefused(personal_id=child.personal_id, reason=reason)
    return Decision(REFUSED, events=(event,))


def validity_end(born_on: date, on: date, rules: SocialInsuranceRules) -> date:
    """Return the sixth birthday (72 months), or the 30 September after it in that year.

    Law on Health Insurance 2008, amended 2014, art. 16 (3). `on` is the day of issue, whose rules
    hold.
    """
    turns_six = birthday(born_on, rules.under_age.in_force(on))
    day = rules.school_starts.in_force(on)
    return max(turns_six, date(turns_six.year, day.month, day.day))


def card_record(card: HealthCardIssued, on: date) -> Record:
    """Return the row of the register of cards; dates as ISO text."""
    return Record(
        "cards",
        card.card_number,
        {
            "personal_id": card.personal_id,
            "issued_on": on.isoformat(),
            "valid_from": card.valid_from.isoformat(),
            "valid_until": card.valid_until.isoformat(),
            "premium_months": card.premium_months,
        },
    )
