"""A benefit is granted -> ordered at the bank -> paid, once the bank confirms it.

What the bank rejects is ordered anew, where the family says where else. The grant, what the bank
reports and what the family instructs may come in any order: each is noted, and then everything that
follows is done (`STEPS`), one thing after the other.

Each order is a payment of its own, under an id that follows from the case: told again, it is the
same payment, to the bank too. What is paid while nothing is owed any more has to come back.

Of a benefit that is cancelled nothing more is ordered. Once the bank has confirmed a payment, it is
claimed back from the family; where none is under way, nothing is paid (`recovery`).
"""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.common.calendar import local_date
from contracts.common.events import PayoutInstructed
from contracts.common.payouts import Payout
from contracts.compensation.events import BenefitCancelled
from contracts.death.events import (
    BurialSupportGranted,
    DestinationRequested,
    FuneralAllowanceGranted,
    OverpaymentFound,
    PaymentReported,
    PayoutConfirmed,
    PayoutOrdered,
)
from contracts.death.process import PAYOUT
from contracts.model import Name, PersonalId, Reason, Value, Vnd
from services.chassis.procedure import Context, Decision, Procedure, Record
from services.payments.ledger import allowance_owed, benefit_paid, moved, overpaid, support_owed
from services.payments.recovery import Recoverable, claim_back, refuse
from services.payments.rules import PaymentRules
from services.payments.transfers import settled, transfer


class Owed(Value):
    """What is to be paid, to whom and where; None where that has to be asked."""

    payout_number: Name
    decision_number: Name
    payee: PersonalId
    amount: Vnd
    payout: Payout | None


class Payment(Value):
    """One order to the bank. `instruction` is the event that said where, if not the grant."""

    id: Name
    payout: Payout
    instruction: UUID | None = None


class Instruction(Value):
    """Where else the money may go, by the family; of several the latest counts."""

    id: UUID
    at: AwareDatetime
    by: PersonalId | None
    """None: who has the case, for its declarant named the payee."""
    payout: Payout


class Payouts(Recoverable):
    """What is remembered of a benefit that is paid out."""

    owed: Owed | None = None
    payments: tuple[Payment, ...] = ()
    paid: dict[str, PaymentReported] = Field(default={})
    """What the bank has confirmed, by payment."""
    rejected: dict[str, PaymentReported] = Field(default={})
    instructed: tuple[Instruction, ...] = ()
    """What was not needed yet."""
    asked: int | None = None
    """How many payments there were when the family was asked last."""
    counted: tuple[str, ...] = ()
    """Payments that the bank has confirmed and the books know: the first paid what was owed."""


payout = Procedure(PAYOUT, initial=Payouts())


@payout.on(FuneralAllowanceGranted)
def allowance_granted(
    state: Payouts, event: FuneralAllowanceGranted, context: Context
) -> Decision[Payouts]:
    """Owe the family the allowance, which the insurance fund pays."""
    posting = allowance_owed(context, event.amount, event.decision_number)
    return owe(state, event, posting, context)


@payout.on(BurialSupportGranted)
def support_granted(
    state: Payouts, event: BurialSupportGranted, context: Context
) -> Decision[Payouts]:
    """Owe the family the support, which the state budget pays."""
    posting = support_owed(context, event.amount, event.decision_number)
    return owe(state, event, posting, context)


@payout.on(BenefitCancelled)
def cancelled(state: Payouts, event: BenefitCancelled, context: Context) -> Decision[Payouts]:
    """Note that nothing is to be paid, and claim back what was."""
    if state.cancelled is not None:
        return Decision(state)
    return go_on(state.with_(cancelled=event), context)


@payout.on(PaymentReported)
def reported(state: Payouts, event: PaymentReported, context: Context) -> Decision[Payouts]:
    """Note what the bank says of a payment; what it says again changes nothing."""
    known = state.paid if event.outcome == "paid" else state.rejected
    if event.payment_id in known:
        return Decision(state)
    noted = {event.outcome: {**known, event.payment_id: event}}
    decision = go_on(state.with_(**noted), context)
    if event.payment_id in {**state.paid, **state.rejected}:
        return decision
    return decision._replace(records=(*decision.records, settled(event)))


@payout.on(PayoutInstructed)
def instructed(state: Payouts, event: PayoutInstructed, context: Context) -> Decision[Payouts]:
    """Note where else the money may go, for when a payment is rejected or nowhere was named."""
    id = context.cause.id
    used = (payment.instruction for payment in state.payments)
    if id in (*used, *(one.id for one in state.instructed)):
        return Decision(state)
    by = None if event.declared else event.by
    new = Instruction(id=id, at=context.cause.time, by=by, payout=event.payout)
    return go_on(state.with_(instructed=(*state.instructed, new)), context)


def owe(
    state: Payouts,
    event: FuneralAllowanceGranted | BurialSupportGranted,
    posting: Record,
    context: Context,
) -> Decision[Payouts]:
    """Owe a benefit, once."""
    if state.owed is not None:
        return Decision(state)
    owed = Owed(
        payout_number=payout_number(context),
        decision_number=event.decision_number,
        payee=event.payee,
        amount=event.amount,
        payout=None if event.in_place_of else event.payout,
    )
    decision = go_on(state.with_(owed=owed), context)
    return decision._replace(
        records=(posting, *decision.records), measures=(moved(posting), *decision.measures)
    )


def go_on(state: Payouts, context: Context) -> Decision[Payouts]:
    """Do everything that follows from what is noted."""
    done = Decision(state)
    while state.owed is not None:
        further = next((d for step in STEPS if (d := step(done.state, state.owed, context))), None)
        if further is None:
            break
        done = Decision(
            further.state,
            events=(*done.events, *further.events),
            records=(*done.records, *further.records),
            measures=(*done.measures, *further.measures),
        )
    return done


def confirm(state: Payouts, owed: Owed, context: Context) -> Decision[Payouts] | None:
    """Count the first payment that the bank has confirmed; what nobody is owed has to come back."""
    for payment in state.payments:
        report = state.paid.get(payment.id)
        if report is None or payment.id in state.counted:
            continue
        after = state.with_(counted=(*state.counted, payment.id))
        if state.counted or state.undone == "refused":
            posting = overpaid(context, owed.amount, payment.id)
            found = OverpaymentFound(
                payout_number=owed.payout_number,
                payment_id=payment.id,
                amount=owed.amount,
                reference=report.reference,
            )
            return Decision(after, (found,), (posting,), measures=(moved(posting),))
        posting = benefit_paid(context, owed.amount, payment.id)
        confirmed = PayoutConfirmed(
            payout_number=owed.payout_number,
            decision_number=owed.decision_number,
            payment_id=payment.id,
            payee=owed.payee,
            payout=payment.payout,
            amount=owed.amount,
            paid_at=report.reported_at,
            reference=report.reference,
        )
        return Decision(after, (confirmed,), (posting,), measures=(moved(posting),))
    return None


def undo(state: Payouts, owed: Owed, context: Context) -> Decision[Payouts] | None:
    """Claim a cancelled benefit back, or refuse to pay it; wait while a payment is under way."""
    if state.cancelled is None or state.undone:
        return None
    if state.counted:
        return claim_back(state, state.cancelled, context)
    return refuse(state, state.cancelled, context) if is_stuck(state) else None


def order(state: Payouts, owed: Owed, context: Context) -> Decision[Payouts] | None:
    """Order a payment, where none is under way and it is known where to."""
    if not is_stuck(state):
        return None
    first = owed.payout if not state.payments else None
    entitled = (one for one in state.instructed if one.by in (None, owed.payee))
    newest = max(entitled, key=_moment, default=None)
    if first is not None:
        payment = Payment(id=payment_id(state, context), payout=first)
    elif newest is not None:
        payment = Payment(
            id=payment_id(state, context), payout=newest.payout, instruction=newest.id
        )
    else:
        return None
    left = tuple(one for one in state.instructed if one.id != payment.instruction)
    ordered = PayoutOrdered(
        payout_number=owed.payout_number,
        decision_number=owed.decision_number,
        payee=owed.payee,
        payout=payment.payout,
        amount=owed.amount,
        payment_id=payment.id,
        rejected=state.payments[-1].id if state.payments else None,
        instructed_at=newest.at if newest is not None and payment.instruction else None,
    )
    return Decision(
        state.with_(payments=(*state.payments, payment), instructed=left),
        (ordered,),
        (transfer(ordered, context),),
    )


def ask(state: Payouts, owed: Owed, context: Context) -> Decision[Payouts] | None:
    """Ask the family where else, once for each payment that was rejected."""
    if not is_stuck(state) or state.asked == len(state.payments):
        return None
    rejected = state.rejected[state.payments[-1].id] if state.payments else None
    requested = DestinationRequested(
        payout_number=owed.payout_number,
        payment_id=rejected and rejected.payment_id,
        reason=why(rejected, context.rules),
    )
    return Decision(state.with_(asked=len(state.payments)), (requested,))


STEPS = (confirm, undo, order, ask)


def is_stuck(state: Payouts) -> bool:
    """Return whether money is owed and no payment of it is under way."""
    if state.counted or state.undone:
        return False
    return not state.payments or state.payments[-1].id in state.rejected


def why(rejected: PaymentReported | None, rules: PaymentRules) -> Reason:
    """Return why the family has to say where to; the bank's codes are its own, and may be new."""
    if rejected is None:
        return rules.reason("payee-changed")
    if rejected.cause == "account-closed":
        return rules.reason("account-closed")
    if rejected.cause == "account-unknown":
        return rules.reason("account-unknown")
    return rules.reason("payment-rejected")


def payment_id(state: Payouts, context: Context) -> str:
    """Return the id of the next payment: the same, whenever and by whomever it is decided."""
    return f"{context.case_id}.{len(state.payments) + 1}"


def payout_number(context: Context) -> str:
    """Return the number of the case's payout: CT-<year>-<24 digits>; see `fees.receipt_number`."""
    year = local_date(context.now).year
    return f"CT-{year}-{context.derive('payout-number', 0, 10**24):024}"


def _moment(instruction: Instruction) -> tuple[datetime, str]:
    return instruction.at, str(instruction.id)
