"""Somebody has died: registered and marked deceased -> allowance or support granted | refused.

Both facts may come first, and they come for a bundle that does not ask for a benefit too. Where the
registration is revoked, before or after, nobody has a right to a benefit.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from contracts.common.calendar import local_date
from contracts.compensation.events import BenefitCancelled, RegistrationRevoked
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest
from contracts.death.events import (
    BenefitRefused,
    BurialSupportGranted,
    DeathRegistered,
    FuneralAllowanceGranted,
)
from contracts.death.form import Cause
from contracts.death.process import BENEFIT
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Value
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


class Grant(Value):
    """A benefit that was granted, and its row in the register."""

    decision_number: Name
    row: dict[str, Any]

    def cancelled(self, reason: Reason) -> BenefitCancelled:
        """Say that the decision is void."""
        fields = {name: self.row[name] for name in ("kind", "deceased", "payee", "amount")}
        return BenefitCancelled(decision_number=self.decision_number, reason=reason, **fields)

    def record(self, cancelled: bool = False) -> Record:
        """Return the row of the register of benefits."""
        return Record("benefits", self.decision_number, {**self.row, "cancelled": cancelled})


class Benefit(State):
    """What is remembered of a benefit that is asked for."""

    application: Application | None = None
    deceased: bool = False
    """Whether the population register has marked the person deceased."""
    outcome: Literal["granted", "refused", "not-asked", "awaits-official", "cancelled"] | None = (
        None
    )
    grant: Grant | None = None
    revoked: Reason | None = None
    """Why there is no such death any more."""


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
    return settle(state.with_(application=application), context)


@benefit.on(PersonDeceased)
def deceased(state: Benefit, event: PersonDeceased, context: Context) -> Decision[Benefit]:
    """Remember that the population register knows it, and decide where the death is registered."""
    if state.deceased or state.outcome:
        return Decision(state)
    return settle(state.with_(deceased=True), context)


@benefit.on(RegistrationRevoked)
def revoked(state: Benefit, event: RegistrationRevoked, context: Context) -> Decision[Benefit]:
    """Cancel the benefit, and let another case ask for one; refuse what is not granted yet."""
    if state.revoked is not None:
        return Decision(state)
    after, grant = state.with_(revoked=event.reason), state.grant
    if grant is not None:
        return Decision(
            after.with_(outcome="cancelled"),
            events=(grant.cancelled(event.reason),),
            records=(grant.record(cancelled=True),),
            releases=(Claim(PERSON, grant.row["deceased"]),),
        )
    if state.application is not None and state.outcome in (None, "awaits-official"):
        return refuse(after, state.application, event.reason)
    return Decision(after)


def settle(state: Benefit, context: Context) -> Decision[Benefit]:
    """Decide when both facts are there, unless policy says that an official does.

    Nothing is granted for somebody who may live: the population register says who does not.
    """
    application = state.application
    if application is not None and state.revoked is not None:
        return refuse(state, application, state.revoked)
    if application is None or not state.deceased:
        return Decision(state)
    rules: SocialInsuranceRules = context.rules
    if rules.approval_of(BENEFIT, local_date(context.now), application.province) == "review":
        return Decision(state.with_(outcome="awaits-official"))
    return conclude(state, application, context)


# The seam for an official: the handler of the official's decision calls
# `conclude(state, state.application, context)`, or `refuse` with the official's own reason.
def conclude(state: Benefit, application: Application, context: Context) -> Decision[Benefit]:
    """Grant what there is a right to, unless another case was granted either benefit."""
    rules: SocialInsuranceRules = context.rules
    request, died_on = application.request, application.died_on
    reason = examine(request, died_on, application.cause, rules)
    if reason is not None:
        return refuse(state, application, reason)
    (case,) = context.claim(Claim(PERSON, application.deceased))
    if case is not None:
        before = rules.reason("granted-before", refers_to=case.case_id, case=case.case_id)
        return refuse(state, application, before)
    number = context.first_free(NUMBER, lambda k: number_of(application, context, k))
    if isinstance(request, FuneralAllowanceRequest):
        return grant(state, allowance_event(application, request, number, context))
    amount = support(request, died_on, rules)
    return grant(
        state,
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
        ),
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


def grant(
    state: Benefit, event: FuneralAllowanceGranted | BurialSupportGranted
) -> Decision[Benefit]:
    """Say that the benefit is granted, and write it into the register of benefits."""
    made = Grant(decision_number=event.decision_number, row=benefit_row(event))
    after = state.with_(outcome="granted", grant=made)
    return Decision(after, events=(event,), records=(made.record(),))


def refuse(state: Benefit, application: Application, reason: Reason) -> Decision[Benefit]:
    """Refuse the benefit; the registered death and the removal of residence stand."""
    event = BenefitRefused(personal_id=application.deceased, reason=reason)
    return Decision(state.with_(outcome="refused"), events=(event,))


def number_of(application: Application, context: Context, k: int) -> str:
    """Return the k-th candidate for the decision's number: MT-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"MT-{application.province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def benefit_row(event: FuneralAllowanceGranted | BurialSupportGranted) -> dict[str, Any]:
    """Return what the register of benefits has: the decision, whole; dates as ISO text."""
    fields = event.model_dump(mode="json", exclude={"decision_number", "payout"})
    kind = "allowance" if isinstance(event, FuneralAllowanceGranted) else "support"
    return {"kind": kind, **fields}
