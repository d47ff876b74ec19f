"""A death's fees are settled, and given back where it is not registered; its benefit is paid out.

What was declared, granted, withdrawn and cancelled may come in any order.
"""

from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.compensation.events import BenefitCancelled, DeclarationWithdrawn
from contracts.death.events import (
    BurialSupportGranted,
    DeathRefused,
    FuneralAllowanceGranted,
    PayoutOrdered,
)
from contracts.death.form import DeathForm
from contracts.death.process import FEES, GROUP, PAYOUT
from services.chassis.procedure import Context, Decision, Procedure, Record
from services.payments.fees import Fees, give_back, settle
from services.payments.ledger import allowance_owed, moved, support_owed
from services.payments.recovery import Recoverable, claim_back, refuse
from services.payments.rules import PaymentRules
from services.payments.tariff import death_fee_lines


class Payout(Recoverable):
    """What is remembered of a benefit that is paid out."""


fee_settlement = Procedure(FEES, initial=Fees())
payout = Procedure(PAYOUT, initial=Payout())


@fee_settlement.on(DeclarationSubmitted)
def declared(state: Fees, event: DeclarationSubmitted, context: Context) -> Decision[Fees]:
    """Settle the fees, also where nothing is due; nothing is due once the death is refused.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted.
    """
    if event.group != GROUP.name or state.receipt_number or FEES not in event.bundle:
        return Decision(state)
    rules: PaymentRules = context.rules
    form = DeathForm.model_validate(event.form, extra="ignore")
    return settle(state, death_fee_lines(event, form, rules), form.payment_method, context)


@fee_settlement.on(DeathRefused)
def refused(state: Fees, event: DeathRefused, context: Context) -> Decision[Fees]:
    """Give back what was paid, or charge nothing."""
    return give_back(state, event.reason, context.rules.reason("death-refused"), context)


@fee_settlement.on(DeclarationWithdrawn)
def withdrawn(state: Fees, event: DeclarationWithdrawn, context: Context) -> Decision[Fees]:
    """Give back what was paid, or charge nothing."""
    return give_back(state, event.reason, context.rules.reason("declaration-withdrawn"), context)


@payout.on(FuneralAllowanceGranted)
def allowance_granted(
    state: Payout, event: FuneralAllowanceGranted, context: Context
) -> Decision[Payout]:
    """Owe the family the allowance, which the insurance fund pays."""
    return order(
        state, event, allowance_owed(context, event.amount, event.decision_number), context
    )


@payout.on(BurialSupportGranted)
def support_granted(
    state: Payout, event: BurialSupportGranted, context: Context
) -> Decision[Payout]:
    """Owe the family the support, which the state budget pays."""
    posting = support_owed(context, event.amount, event.decision_number)
    return order(state, event, posting, context)


@payout.on(BenefitCancelled)
def cancelled(state: Payout, event: BenefitCancelled, context: Context) -> Decision[Payout]:
    """Claim back what was paid, or pay nothing."""
    return claim_back(state, event, context)


def order(
    state: Payout,
    event: FuneralAllowanceGranted | BurialSupportGranted,
    posting: Record,
    context: Context,
) -> Decision[Payout]:
    """Order the payment of a benefit, once."""
    if state.decision_number is not None:
        return Decision(state)
    if state.cancelled is not None:
        return refuse(state, event.decision_number, state.cancelled)
    ordered = PayoutOrdered(
        payout_number=payout_number(context),
        decision_number=event.decision_number,
        payee=event.payee,
        payout=event.payout,
        amount=event.amount,
    )
    return Decision(
        Payout(decision_number=event.decision_number),
        events=(ordered,),
        records=(posting,),
        measures=(moved(posting),),
    )


def payout_number(context: Context) -> str:
    """Return the number of the case's payout: CT-<year>-<24 digits>; see `fees.receipt_number`."""
    year = local_date(context.now).year
    return f"CT-{year}-{context.derive('payout-number', 0, 10**24):024}"
