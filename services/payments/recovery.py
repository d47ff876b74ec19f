"""A benefit that is cancelled: what is paid is claimed back, and what is not never will be. Pure.

Which of the two it is, the bank tells: until it says what became of a payment that it was asked
for, the cancellation waits, and nothing more is ordered.
"""

from typing import Literal, TypeVar

from contracts.compensation.events import BenefitCancelled, PayoutRefused, RecoveryClaimed
from services.chassis.procedure import Context, Decision, State
from services.payments.ledger import moved, owed_no_more, recoverable


class Recoverable(State):
    """What is remembered of a benefit that may have to be given back."""

    cancelled: BenefitCancelled | None = None
    undone: Literal["refused", "claimed-back"] | None = None
    """What has followed from that."""


R = TypeVar("R", bound=Recoverable)


def claim_back(state: R, cancelled: BenefitCancelled, context: Context) -> Decision[R]:
    """Claim back what was paid: the family owes it to the fund that bore it."""
    posting = recoverable(context, cancelled.kind, cancelled.amount, cancelled.decision_number)
    claimed = RecoveryClaimed(
        decision_number=cancelled.decision_number,
        payee=cancelled.payee,
        amount=cancelled.amount,
        reason=cancelled.reason,
    )
    after = state.with_(undone="claimed-back")
    return Decision(after, (claimed,), (posting,), measures=(moved(posting),))


def refuse(state: R, cancelled: BenefitCancelled, context: Context) -> Decision[R]:
    """Pay nothing out: the fund does not owe it any more."""
    posting = owed_no_more(context, cancelled.kind, cancelled.amount, cancelled.decision_number)
    refused = PayoutRefused(decision_number=cancelled.decision_number, reason=cancelled.reason)
    after = state.with_(undone="refused")
    return Decision(after, (refused,), (posting,), measures=(moved(posting),))
