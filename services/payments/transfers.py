"""The orders to the bank as rows of a register: what the adapter (`paying.py`) works through."""

from typing import Any

from contracts.death.events import PaymentReported, PayoutOrdered
from services.chassis.procedure import Context, Record

TRANSFERS = "transfers"
"""The register, by the ids of payments. A row is *open* until the bank has said what became of it,
or where it was made anew of the journal, and `REJECTED` for a while where it was rejected; `due` is
when the bank is to be spoken to about it next."""
REJECTED = "rejected"
"""What `open` says of a payment that the bank has rejected, and may still carry out."""
SETTLED = "settled_payments"
"""The register of what the bank has said, by the ids of payments. What is in it is never ordered:
a row of `transfers` that was made anew from the journal is open again, and banks forget ids."""


def transfer(ordered: PayoutOrdered, context: Context) -> Record:
    """Return the row of an order, which names the case that the bank's answer is about.

    It is insert-only: written again, it takes back nothing of what the adapter has noted.
    """
    cause = context.cause
    fields: dict[str, Any] = {
        "case_id": context.case_id,
        "group": cause.group,
        "correlation": str(cause.correlation or cause.id),
        "cause": str(cause.id),
        "traceparent": cause.traceparent,
        "amount": ordered.amount,
        "payee": ordered.payee,
        "about": ordered.decision_number,
        "payout": ordered.payout.model_dump(mode="json"),
        "ordered_at": context.now,
        "open": True,
        "due": context.now,
        "tries": 0,
    }
    assert ordered.payment_id is not None
    return Record(TRANSFERS, ordered.payment_id, fields, insert_only=True)


def settled(reported: PaymentReported) -> Record:
    """Return the row of a payment that the bank has settled; its first word counts here."""
    fields = {"outcome": reported.outcome, "at": reported.reported_at}
    return Record(SETTLED, reported.payment_id, fields, insert_only=True)
