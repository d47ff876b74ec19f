"""The fees of a declaration: settled once, and given back where what they are for is not done.

The declaration and its refusal or withdrawal may come in either order.
"""

from collections.abc import Sequence

from contracts.common.calendar import local_date
from contracts.common.events import FeeLine, FeeRefunded, FeeSettled, PaymentMethod
from contracts.model import Reason, Vnd
from services.chassis.procedure import Context, Decision, State
from services.payments.ledger import fees_charged, fees_refunded, moved, waived
from services.payments.tariff import all_waived


class Fees(State):
    """What is remembered of a declaration's fees."""

    waiver: Reason | None = None
    """Why nothing is to be paid: what the fees are for was refused, or withdrawn."""
    receipt_number: str | None = None
    """None until the fees are settled."""
    paid: Vnd = 0
    method: PaymentMethod = "online"


def settle(
    state: Fees,
    lines: Sequence[FeeLine],
    method: PaymentMethod,
    context: Context,
) -> Decision[Fees]:
    """Settle the fees, also where nothing is due, as once what they are for is not done."""
    if state.waiver is not None:
        lines = all_waived(lines, state.waiver)
    receipt, due = receipt_number(context), sum(line.due for line in lines)
    settled = FeeSettled(
        receipt_number=receipt,
        lines=tuple(lines),
        due=due,
        waived=sum(line.waived for line in lines),
        method=method,
    )
    postings = (fees_charged(context, due, method, receipt),) if due else ()
    return Decision(
        Fees(waiver=state.waiver, receipt_number=receipt, paid=due, method=method),
        events=(settled,),
        records=postings,
        measures=(*map(moved, postings), waived(settled.waived)),
    )


def give_back(state: Fees, reason: Reason, waiver: Reason, context: Context) -> Decision[Fees]:
    """Give back what was paid; where the fees are not settled yet, remember to charge nothing.

    `waiver` is the reason that is given then.
    """
    if state.waiver is not None:
        return Decision(state)
    after = state.model_copy(update={"waiver": waiver})
    if state.receipt_number is None or not state.paid:
        return Decision(after)
    return refund(after, state.receipt_number, reason, context)


def refund(state: Fees, receipt: str, reason: Reason, context: Context) -> Decision[Fees]:
    """Give everything back that the receipt was for."""
    event = FeeRefunded(receipt_number=receipt, amount=state.paid, reason=reason)
    posting = fees_refunded(context, state.paid, state.method, receipt)
    return Decision(
        state.model_copy(update={"paid": 0}),
        events=(event,),
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
