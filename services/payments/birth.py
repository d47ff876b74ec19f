"""A birth's fees are settled, and given back where it is refused; its premium is funded.

The declaration and the refusal may come in either order.
"""

from contracts.birth.events import BirthRefused, HealthCardIssued, PremiumFunded
from contracts.birth.form import BirthForm
from contracts.birth.process import FEES, GROUP, PREMIUM
from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted, FeeRefunded, FeeSettled, PaymentMethod
from contracts.model import Reason, Vnd
from services.chassis.procedure import Context, Decision, Procedure, State
from services.payments.ledger import fees_charged, fees_refunded, moved, premium_owed, waived
from services.payments.premium import monthly_premium, total_premium
from services.payments.rules import PaymentRules
from services.payments.tariff import all_waived, fee_lines


class Fees(State):
    """What is remembered of a declaration's fees."""

    refused: bool = False
    receipt_number: str | None = None
    """None until the fees are settled."""
    paid: Vnd = 0
    method: PaymentMethod = "online"


class Premium(State):
    """What is remembered of a child's premium."""

    card_number: str | None = None


fee_settlement = Procedure(FEES, initial=Fees())
premium_funding = Procedure(PREMIUM, initial=Premium())


@fee_settlement.on(DeclarationSubmitted)
def declared(state: Fees, event: DeclarationSubmitted, context: Context) -> Decision[Fees]:
    """Settle the fees, also where nothing is due; nothing is due once the birth is refused.

    Raises `pydantic.ValidationError` for a form that the portal should not have accepted.
    """
    if event.group != GROUP.name or state.receipt_number or FEES not in event.bundle:
        return Decision(state)
    rules: PaymentRules = context.rules
    form = BirthForm.model_validate(event.form, extra="ignore")
    lines = fee_lines(event, form, rules)
    if state.refused:
        lines = all_waived(lines, rules.reason("birth-refused"))
    receipt, due = receipt_number(context), sum(line.due for line in lines)
    settled = FeeSettled(
        receipt_number=receipt,
        lines=lines,
        due=due,
        waived=sum(line.waived for line in lines),
        method=form.payment_method,
    )
    postings = (fees_charged(context, due, form.payment_method, receipt),) if due else ()
    return Decision(
        Fees(refused=state.refused, receipt_number=receipt, paid=due, method=form.payment_method),
        events=(settled,),
        records=postings,
        measures=(*map(moved, postings), waived(settled.waived)),
    )


@fee_settlement.on(BirthRefused)
def refused(state: Fees, event: BirthRefused, context: Context) -> Decision[Fees]:
    """Give back what was paid; where the fees are not settled yet, remember to charge nothing."""
    if state.refused:
        return Decision(state)
    if state.receipt_number is None or not state.paid:
        return Decision(state.model_copy(update={"refused": True}))
    return refund(state, state.receipt_number, event.reason, context)


def refund(state: Fees, receipt: str, reason: Reason, context: Context) -> Decision[Fees]:
    """Give everything back that the receipt was for."""
    event = FeeRefunded(receipt_number=receipt, amount=state.paid, reason=reason)
    posting = fees_refunded(context, state.paid, state.method, receipt)
    return Decision(
        state.model_copy(update={"refused": True, "paid": 0}),
        events=(event,),
        records=(posting,),
        measures=(moved(posting),),
    )


@premium_funding.on(HealthCardIssued)
def card_issued(state: Premium, event: HealthCardIssued, context: Context) -> Decision[Premium]:
    """Order the premium of all months of the card from the state budget."""
    if state.card_number is not None:
        return Decision(state)
    rules: PaymentRules = context.rules
    total = total_premium(event.valid_from, event.premium_months, rules)
    funded = PremiumFunded(
        personal_id=event.personal_id,
        card_number=event.card_number,
        months=event.premium_months,
        monthly=monthly_premium(local_date(context.now), rules),
        total=total,
    )
    posting = premium_owed(context, total, event.card_number)
    return Decision(
        Premium(card_number=event.card_number),
        events=(funded,),
        records=(posting,),
        measures=(moved(posting),),
    )


def receipt_number(context: Context) -> str:
    """Return the number of the case's receipt: BL-<year>-<24 digits>.

    It is derived, not claimed: of a thousand million receipts two are alike with a chance of one in
    two million, and the ledger does not rely on it.
    """
    year = local_date(context.now).year
    return f"BL-{year}-{context.derive('receipt-number', 0, 10**24):024}"
