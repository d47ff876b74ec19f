"""Money that was given for what is void now, and is claimed back. Pure.

What a claim stands on is this module's alone: that the benefit was ordered. Where the bank's
confirmation is known too, what was not paid yet is taken back from `benefits-payable` instead.
"""

from typing import TypeVar

from contracts.compensation.events import BenefitCancelled, PayoutRefused, RecoveryClaimed
from contracts.model import Reason
from services.chassis.procedure import Context, Decision, Record, State
from services.payments.ledger import FUNDS, moved, posting


class Recoverable(State):
    """What is remembered of a benefit that may have to be given back."""

    decision_number: str | None = None
    """None until its payment is ordered."""
    cancelled: Reason | None = None


R = TypeVar("R", bound=Recoverable)


def claim_back(state: R, event: BenefitCancelled, context: Context) -> Decision[R]:
    """Claim a benefit back, once; where its payment is not ordered yet, remember not to."""
    if state.cancelled is not None:
        return Decision(state)
    after = state.model_copy(update={"cancelled": event.reason})
    if state.decision_number is None:
        return Decision(after)
    claimed = RecoveryClaimed(
        decision_number=event.decision_number,
        payee=event.payee,
        amount=event.amount,
        reason=event.reason,
    )
    row = recovered(event, context)
    return Decision(after, events=(claimed,), records=(row,), measures=(moved(row),))


def refuse(state: R, decision_number: str, reason: Reason) -> Decision[R]:
    """Pay nothing out for a decision that is void already."""
    refused = PayoutRefused(decision_number=decision_number, reason=reason)
    after = state.model_copy(update={"decision_number": decision_number})
    return Decision(after, events=(refused,))


def recovered(event: BenefitCancelled, context: Context) -> Record:
    """Return the posting: the family owes the amount to the fund that bore it, in dong."""
    accounts = ("benefits-recoverable", FUNDS[event.kind])
    return posting(context, "benefit-recovery", event.decision_number, event.amount, accounts)
