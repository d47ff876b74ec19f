"""Somebody has died: registered and marked deceased -> allowance or support granted | refused.

Both facts may come first, and they come for a bundle that does not ask for a benefit too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.common.calendar import local_date
from contracts.common.review import Review, Reviews, Verdict
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest, heirs
from contracts.death.events import (
    BenefitRefused,
    BurialSupportGranted,
    DeathRegistered,
    FuneralAllowanceGranted,
)
from contracts.death.form import Cause
from contracts.death.process import BENEFIT
from contracts.model import PersonalId, ProvinceCode, Reason
from contracts.people.events import PersonDeceased
from services.chassis.gate import Gate
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.social_insurance.funeral import Amount, allowance, examine, support
from services.social_insurance.rules import SocialInsuranceRules

PERSON = "funeral-benefit"
"""The kind of claim that makes allowance and support exclude each other."""
NUMBER = "decision-number"
LIFE, DIED, RECEIVES = "life", "died", "receives"
"""Of everybody who has died the case of their death claims the life, for ever."""


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for, and what is known of the death."""

    deceased: PersonalId
    died_on: date
    cause: Cause
    province: ProvinceCode
    request: BenefitRequest


class Benefit(State):
    """What is remembered of a benefit that is asked for."""

    application: Application | None = None
    deceased: bool = False
    """Whether the population register has marked the person deceased."""
    review: Review | None = None
    outcome: Literal["granted", "refused", "not-asked"] | None = None


GRANTED = Benefit(outcome="granted", deceased=True)
REFUSED = Benefit(outcome="refused", deceased=True)
NOT_ASKED = Benefit(outcome="not-asked")

benefit = Procedure(BENEFIT, initial=Benefit())
reviews = Reviews("social-insurance", BENEFIT)


@benefit.on(DeathRegistered)
def registered(state: Benefit, event: DeathRegistered, context: Context) -> Decision[Benefit]:
    """Remember what is asked for, and decide where the population register knows of the death."""
    if state.application or state.outcome:
        return Decision(state)
    if event.benefit is None or BENEFIT not in event.bundle:
        return Decision(NOT_ASKED.with_(deceased=state.deceased))
    application = Application(
        deceased=event.deceased.personal_id,
        died_on=event.died_on,
        cause=event.cause,
        province=event.province,
        request=event.benefit,
    )
    return settle(application, state.deceased, context)


@benefit.on(PersonDeceased)
def deceased(state: Benefit, event: PersonDeceased, context: Context) -> Decision[Benefit]:
    """Remember that the population register knows it, and decide where the death is registered.

    Whoever has died receives nothing from then on, in any case: that is claimed here, in the case
    of their death, and looked up in theirs.
    """
    if state.deceased:
        return Decision(state)
    context.claim(Claim(LIFE, event.personal_id, DIED))
    if state.outcome:
        return Decision(state.with_(deceased=True))
    return settle(state.application, True, context)


def settle(application: Application | None, deceased: bool, context: Context) -> Decision[Benefit]:
    """Decide when both facts are there, unless policy says that an official does.

    Nothing is granted for somebody who may live: the population register says who does not.
    """
    if application is None or not deceased:
        return Decision(Benefit(application=application, deceased=deceased))
    rules: SocialInsuranceRules = context.rules
    policy = rules.review_of(BENEFIT, local_date(context.now), application.province)
    if policy is None:
        return conclude(application, context)
    opened = reviews.opened(
        context.case_id,
        context.now,
        province=application.province,
        persons=persons_of(application),
        finding=objection(application, rules),
        **policy._asdict(),
    )
    return gate.shut(Benefit(application=application, deceased=True), opened)


def decided(state: Benefit, verdict: Verdict, context: Context) -> Decision[Benefit]:
    """Do as officials have decided; what they approved may still have nobody to go to."""
    assert state.application is not None
    if verdict.refused:
        return refuse(state.application, verdict.refused)
    return conclude(state.application, context)


gate = Gate(benefit, reviews, decided)


def conclude(application: Application, context: Context) -> Decision[Benefit]:
    """Grant what there is a right to, unless another case was granted either benefit."""
    rules: SocialInsuranceRules = context.rules
    reason = objection(application, rules)
    if reason is not None:
        return refuse(application, reason)
    (case,) = context.claim(Claim(PERSON, application.deceased))
    if case is not None:
        before = rules.reason("granted-before", refers_to=case.case_id, case=case.case_id)
        return refuse(application, before)
    payee = living_payee(application.request, context)
    if payee is None:
        nobody = rules.reason("payee-deceased")
        return refuse(application, nobody, releases=(Claim(PERSON, application.deceased),))
    number = context.first_free(NUMBER, lambda k: number_of(application, context, k))
    return grant(granted(application, payee, number, context), releases=(_life_of(payee),))


def living_payee(request: BenefitRequest, context: Context) -> PersonalId | None:
    """Return who receives the benefit: the payee, or the first of the heirs who lives, or nobody.

    Who lives is what nobody has claimed as the case of their death does. The claim that tells is
    let go of again by the same entry, so that the news of a death can still take it.
    """
    for person in (request.payee, *heirs(request)):
        (holder,) = context.claim(_life_of(person))
        if holder is None or holder.subject != DIED:
            return person
    return None


def _life_of(person: PersonalId) -> Claim:
    return Claim(LIFE, person, RECEIVES)


def objection(application: Application, rules: SocialInsuranceRules) -> Reason | None:
    """Return why there is no right to what is asked for, as far as the file alone tells."""
    return examine(application.request, application.died_on, application.cause, rules)


def persons_of(application: Application) -> tuple[PersonalId, ...]:
    """Return whom the case is about, as far as it is known here: none of them decides about it."""
    request = application.request
    relatives = request.relatives if isinstance(request, FuneralAllowanceRequest) else ()
    named = (each.personal_id for each in relatives)
    return tuple(dict.fromkeys((application.deceased, request.payee, *named)))


def granted(
    application: Application, payee: PersonalId, number: str, context: Context
) -> FuneralAllowanceGranted | BurialSupportGranted:
    """Return the decision, with everything that it was reckoned from."""
    request = application.request
    if isinstance(request, FuneralAllowanceRequest):
        return allowance_event(application, request, payee, number, context)
    amount = support(request, application.died_on, context.rules)
    return BurialSupportGranted(
        decision_number=number,
        decided_on=local_date(context.now),
        deceased=application.deceased,
        payee=payee,
        in_place_of=_replaced(request, payee),
        payout=request.payout,
        ground=request.ground,
        month=amount.month,
        standard=amount.base,
        multiple=amount.multiple,
        amount=amount.total,
    )


def allowance_event(
    application: Application,
    request: FuneralAllowanceRequest,
    payee: PersonalId,
    number: str,
    context: Context,
) -> FuneralAllowanceGranted:
    """Return the decision about an allowance."""
    amount: Amount = allowance(application.died_on, context.rules)
    return FuneralAllowanceGranted(
        decision_number=number,
        decided_on=local_date(context.now),
        deceased=application.deceased,
        payee=payee,
        in_place_of=_replaced(request, payee),
        payout=request.payout,
        insurance_number=request.insurance_number,
        basis=request.basis,
        contribution_months=request.contribution_months,
        month=amount.month,
        reference_level=amount.base,
        multiple=amount.multiple,
        amount=amount.total,
    )


def _replaced(request: BenefitRequest, payee: PersonalId) -> PersonalId | None:
    return None if payee == request.payee else request.payee


def grant(
    event: FuneralAllowanceGranted | BurialSupportGranted, releases: tuple[Claim, ...]
) -> Decision[Benefit]:
    """Say that the benefit is granted, and write it into the register of benefits."""
    records = (benefit_record(event),)
    return Decision(GRANTED, events=(event,), records=records, releases=releases)


def refuse(
    application: Application, reason: Reason, releases: tuple[Claim, ...] = ()
) -> Decision[Benefit]:
    """Refuse the benefit; the registered death and the removal of residence stand."""
    event = BenefitRefused(personal_id=application.deceased, reason=reason)
    return Decision(REFUSED, events=(event,), releases=releases)


def number_of(application: Application, context: Context, k: int) -> str:
    """Return the k-th candidate for the decision's number: MT-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"MT-{application.province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def benefit_record(event: FuneralAllowanceGranted | BurialSupportGranted) -> Record:
    """Return the row of the register of benefits: the decision, whole; dates as ISO text."""
    fields = event.model_dump(mode="json", exclude={"decision_number", "payout"})
    kind = "allowance" if isinstance(event, FuneralAllowanceGranted) else "support"
    return Record("benefits", event.decision_number, {"kind": kind, **fields})
