"""The tax is assessed when the buyer can no longer step back."""

from datetime import timedelta

from contracts.property.events import TaxAssessed, TransferRegistered
from services.chassis.procedure import Context, Deadline, Decision, Procedure, State

COOLING_OFF = timedelta(seconds=1)


class Tax(State):
    """What is to be taxed."""

    parcel: str | None = None
    assessed: bool = False


assessment = Procedure("tax-assessment", initial=Tax())


@assessment.on(TransferRegistered)
def registered(state: Tax, event: TransferRegistered, context: Context) -> Decision[Tax]:
    """Wait until the buyer can no longer step back."""
    cooling_off = Deadline("cooling-off", context.now + COOLING_OFF)
    return Decision(Tax(parcel=event.parcel), deadlines=(cooling_off,))


@assessment.on_deadline("cooling-off")
def cooled_off(state: Tax, context: Context) -> Decision[Tax]:
    """Assess the tax."""
    assert state.parcel is not None
    assessed = TaxAssessed(parcel=state.parcel, amount=500_000, assessed_at=context.now)
    return Decision(state.with_(assessed=True), events=(assessed,))
