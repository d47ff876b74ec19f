"""A birth's fees are settled, and given back where it is refused; its premium is funded.

The declaration and the refusal may come in either order.
"""

from contracts.birth.events import BirthRefused, HealthCardIssued, PremiumFunded
from contracts.birth.form import BirthForm
from contracts.birth.process import FEES, GROUP, PREMIUM
from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from services.chassis.procedure import Context, Decision, Procedure, State
from services.payments.fees import Fees, give_back, settle
from services.payments.ledger import moved, premium_owed
from services.payments.premium import monthly_premium, total_premium
from services.payments.rules import PaymentRules
from services.payments.tariff import fee_lines


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
    waiver = rules.reason("birth-refused")
    return settle(state, fee_lines(event, form, rules), form.payment_method, waiver, context)


@fee_settlement.on(BirthRefused)
def refused(state: Fees, event: BirthRefused, context: Context) -> Decision[Fees]:
    """Give back what was paid, or charge nothing."""
    return give_back(state, event.reason, context)


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
