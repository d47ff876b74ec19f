"""A birth's fees are settled, and given back where it is not registered; its premium is funded.

What was declared, granted, withdrawn, corrected and cancelled may come in any order.
"""

from datetime import date

from contracts.birth.events import BirthRefused, HealthCardIssued, PremiumFunded
from contracts.birth.form import BirthForm
from contracts.birth.process import FEES, GROUP, PREMIUM
from contracts.common.calendar import local_date, months_begun
from contracts.common.events import DeclarationSubmitted
from contracts.compensation.events import (
    DeclarationWithdrawn,
    HealthCardCancelled,
    HealthCardCorrected,
    PremiumAdjusted,
    PremiumRecovered,
)
from contracts.envelope import Event
from contracts.model import Reason, Value, Vnd
from services.chassis.procedure import Context, Decision, Procedure, State
from services.payments.fees import Fees, give_back, settle
from services.payments.ledger import moved, premium_changed, premium_owed
from services.payments.premium import monthly_premium, total_premium
from services.payments.rules import PaymentRules
from services.payments.tariff import fee_lines


class Terms(Value):
    """What a premium is reckoned by, as social insurance had it after that entry of its journal."""

    entry: int
    valid_from: date
    months: int


class Cancelled(Value):
    """From when on a card is void, and why."""

    on: date
    reason: Reason


class Premium(State):
    """What is remembered of a child's premium."""

    card_number: str | None = None
    """None until the premium is funded."""
    terms: Terms | None = None
    cancelled: Cancelled | None = None
    borne: Vnd = 0
    """What the state budget bears."""


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
    return settle(state, fee_lines(event, form, rules), form.payment_method, context)


@fee_settlement.on(BirthRefused)
def refused(state: Fees, event: BirthRefused, context: Context) -> Decision[Fees]:
    """Give back what was paid, or charge nothing."""
    return give_back(state, event.reason, context.rules.reason("birth-refused"), context)


@fee_settlement.on(DeclarationWithdrawn)
def withdrawn(state: Fees, event: DeclarationWithdrawn, context: Context) -> Decision[Fees]:
    """Give back what was paid, or charge nothing."""
    return give_back(state, event.reason, context.rules.reason("declaration-withdrawn"), context)


@premium_funding.on(HealthCardIssued)
def card_issued(state: Premium, event: HealthCardIssued, context: Context) -> Decision[Premium]:
    """Order the premium of all months of the card from the state budget.

    Of a card that is void already, the rest is taken back at once.
    """
    if state.card_number is not None:
        return Decision(state)
    terms = state.terms or Terms(
        entry=context.cause.entry, valid_from=event.valid_from, months=event.premium_months
    )
    total = total_premium(terms.valid_from, terms.months, context.rules)
    funded = PremiumFunded(
        personal_id=event.personal_id,
        card_number=event.card_number,
        months=terms.months,
        monthly=monthly_premium(local_date(context.now), context.rules),
        total=total,
    )
    row = premium_owed(context, total, event.card_number)
    changes = {"card_number": event.card_number, "terms": terms, "borne": total}
    rest = reckon_anew(state.model_copy(update=changes), context)
    return rest._replace(
        events=(funded, *rest.events),
        records=(row, *rest.records),
        measures=(moved(row), *rest.measures),
    )


@premium_funding.on(HealthCardCorrected)
def card_corrected(
    state: Premium, event: HealthCardCorrected, context: Context
) -> Decision[Premium]:
    """Let the budget bear what the corrected card costs, unless a newer one is known."""
    entry = context.cause.entry
    if state.terms is not None and entry <= state.terms.entry:
        return Decision(state)
    terms = Terms(entry=entry, valid_from=event.valid_from, months=event.premium_months)
    return reckon_anew(state.with_(terms=terms), context)


@premium_funding.on(HealthCardCancelled)
def card_cancelled(
    state: Premium, event: HealthCardCancelled, context: Context
) -> Decision[Premium]:
    """Give the budget back what it has paid for the months in which the card is void."""
    if state.cancelled is not None:
        return Decision(state)
    cancelled = Cancelled(on=event.cancelled_on, reason=event.reason)
    return reckon_anew(state.with_(cancelled=cancelled), context)


def reckon_anew(state: Premium, context: Context) -> Decision[Premium]:
    """Move the difference between what the budget bears and what it has to.

    So it does not matter in which order a card was corrected and cancelled.
    """
    if state.card_number is None or state.terms is None:
        return Decision(state)
    before, cancelled = state.borne, state.cancelled
    total = due(state.terms, cancelled, context.rules)
    if total == before:
        return Decision(state)
    said: Event = PremiumAdjusted(card_number=state.card_number, before=before, total=total)
    if cancelled is not None and total < before:
        said = PremiumRecovered(
            card_number=state.card_number, amount=before - total, reason=cancelled.reason
        )
    row = premium_changed(context, total - before, state.card_number)
    after = state.model_copy(update={"borne": total})
    return Decision(after, events=(said,), records=(row,), measures=(moved(row),))


def due(terms: Terms, cancelled: Cancelled | None, rules: PaymentRules) -> int:
    """Return the premium of the months of a card that have begun before it was void, in dong."""
    months = terms.months
    if cancelled is not None:
        months = min(months, months_begun(terms.valid_from, cancelled.on))
    return total_premium(terms.valid_from, months, rules)
