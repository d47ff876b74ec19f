"""A death's fees are settled, and given back where it is not registered.

What was declared, refused and withdrawn may come in any order.
"""

from contracts.common.events import DeclarationSubmitted
from contracts.compensation.events import DeclarationWithdrawn
from contracts.death.events import DeathRefused
from contracts.death.form import DeathForm
from contracts.death.process import FEES, GROUP
from services.chassis.procedure import Context, Decision, Procedure
from services.payments.fees import Fees, give_back, settle
from services.payments.rules import PaymentRules
from services.payments.tariff import death_fee_lines

fee_settlement = Procedure(FEES, initial=Fees())


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
