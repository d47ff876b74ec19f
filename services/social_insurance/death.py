"""Somebody has died: registered and marked deceased -> allowance or support granted | refused.

Both facts may come first, and they come for a bundle that does not ask for a benefit too.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.common.calendar import local_date
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest
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
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.social_insurance.funeral import Amount, allowance, examine, support
from services.social_insurance.rules import SocialInsuranceRules

PERSON = "funeral-benefit"
"""The kind of claim that makes allowance and support exclude each other."""
NUMBER = "decision-number"


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
    outcome: Literal["granted", "refused", "not-asked", "awaits-official"] | None = None


GRANTED = Benefit(outcome="granted", deceased=True)
REFUSED = Benefit(outcome="refused", deceased=True)
NOT_ASKED = Benefit(outcome="not-asked")

benefit = Procedure(BENEFIT, initial=Benefit())


@benefit.on(DeathRegistered)
def registered(state: Benefit, event: DeathRegistered, context: Context) -> Decision[Benefit]:
    """Remember what is asked for, and decide where the population register knows of the death."""
    if state.application or state.outcome:
        return Decision(state)
    if event.benefit is None or BENEFIT not in event.bundle:
        return Decision(NOT_ASKED)
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
    """Remember that the population register knows it, and decide where the death is registered."""
    if state.deceased or state.outcome:
        return Decision(state)
    return settle(state.application, True, context)


def settle(application: Application | None, deceased: bool, context: Context) -> Decision[Benefit]:
    """Decide when both facts are there, unless policy says that an official does.

    Nothing is granted for somebody who may live: the population register says who does not.
    """
    if application is None or not deceased:
        return Decision(Benefit(application=application, deceased=deceased))
    rules: SocialInsuranceRules = context.rules
    if rules.approval_of(BENEFIT, local_date(context.now), application.province) == "review":
        waiting = Benefit(application=application, deceased=True, outcome="awaits-official")
        return Decision(waiting)
    return conclude(application, context)


# The seam for an official: the handler of the official's decision calls
# `conclude(state.application, context)`, or `refuse` with the official's own reason.
def conclude(application: Application, context: Context) -> Decision[Benefit]:
    """Grant what there is a right to, unless another case was granted either benefit."""
    rules: SocialInsuranceRules = context.rules
    request, died_on = application.request, application.died_on
    reason = examine(request, died_on, application.cause, rules)
    if reason is not None:
        return refuse(application, reason)
    (case,) = context.claim(Claim(PERSON, application.deceased))
    if case is not None:
        before = rules.reason("granted-before", refers_to=case.case_id, case=case.case_id)
        return refuse(application, before)
    number = context.first_free(NUMBER, lambda k: number_of(application, context, k))
    if isinstance(request, FuneralAllowanceRequest):
        return grant(allowance_event(application, request, number, context))
    amount = support(request, died_on, rules)
    return grant(
        BurialSupportGranted(
            decision_number=number,
            decided_on=local_date(context.now),
            deceased=application.deceased,
            payee=request.payee,
            payout=request.payout,
            ground=request.ground,
            month=amount.month,
            standard=amount.base,
            multiple=amount.multiple,
            amount=amount.total,
        )
    )


def allowance_event(
    application: Application, request: FuneralAllowanceRequest, number: str, context: Context
) -> FuneralAllowanceGranted:
    """Return the decision, with everything that it was reckoned from."""
    amount: Amount = allowance(application.died_on, context.rules)
    return FuneralAllowanceGranted(
        decision_number=number,
        decided_on=local_date(context.now),
        deceased=application.deceased,
        payee=request.payee,
        payout=request.payout,
        insurance_number=request.insurance_number,
        basis=request.basis,
        contribution_months=request.contribution_months,
        month=amount.month,
        reference_level=amount.base,
        multiple=amount.multiple,
        amount=amount.total,
    )


def grant(event: FuneralAllowanceGranted | BurialSupportGranted) -> Decision[Benefit]:
    """Say that the benefit is granted, and write it into the register of benefits."""
    return Decision(GRANTED, events=(event,), records=(benefit_record(event),))


def refuse(application: Application, reason: Reason) -> Decision[Benefit]:
    """Refuse the benefit; the registered death and the removal of residence stand."""
    event = BenefitRefused(personal_id=application.deceased, reason=reason)
    return Decision(REFUSED, events=(event,))


def number_of(application: Application, context: Context, k: int) -> str:
    """Return the k-th candidate for the decision's number: MT-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"MT-{application.province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def benefit_record(event: FuneralAllowanceGranted | BurialSupportGranted) -> Record:
    """Return the row of the register of benefits: the decision, whole; dates as ISO text."""
    fields = event.model_dump(mode="json", exclude={"decision_number", "payout"})
    kind = "allowance" if isinstance(event, FuneralAllowanceGranted) else "support"
    return Record("benefits", event.decision_number, {"kind": kind, **fields})
