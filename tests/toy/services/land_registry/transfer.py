"""A parcel has one owner at a time; its tax is assessed when the buyer can no longer step back."""

from datetime import timedelta

from contracts.common.events import DeclarationSubmitted
from contracts.model import Reason
from contracts.property.events import TaxAssessed, TransferRefused, TransferRegistered
from services.chassis.procedure import (
    Claim,
    Context,
    Deadline,
    Decision,
    Procedure,
    Record,
    State,
)

COOLING_OFF = timedelta(seconds=1)


class Transfer(State):
    """Where a transfer stands."""

    outcome: str | None = None


class Tax(State):
    """What is to be taxed."""

    parcel: str | None = None
    assessed: bool = False


registration = Procedure("transfer-registration", initial=Transfer())
tax = Procedure("tax-assessment", initial=Tax())


@registration.on(DeclarationSubmitted)
def declared(state: Transfer, event: DeclarationSubmitted, context: Context) -> Decision[Transfer]:
    """Register the parcel for the first who declares it; tell everybody else who that was."""
    parcel, buyer = event.form["parcel"], event.form["buyer"]
    (holder,) = context.claim(Claim("parcel", parcel))
    if holder is not None:
        reason = Reason(
            code="parcel-taken",
            vi="Thửa đất đã được đăng ký.",
            en="The parcel is registered already.",
            refers_to=holder.case_id,
        )
        return Decision(Transfer(outcome="refused"), events=(TransferRefused(reason=reason),))
    return Decision(
        Transfer(outcome="registered"),
        events=(TransferRegistered(parcel=parcel, owner=buyer),),
        records=(Record("parcels", parcel, {"owner": buyer}),),
    )


@tax.on(TransferRegistered)
def registered(state: Tax, event: TransferRegistered, context: Context) -> Decision[Tax]:
    """Wait until the buyer can no longer step back."""
    cooling_off = Deadline("cooling-off", context.now + COOLING_OFF)
    return Decision(Tax(parcel=event.parcel), deadlines=(cooling_off,))


@tax.on_deadline("cooling-off")
def cooled_off(state: Tax, context: Context) -> Decision[Tax]:
    """Assess the tax."""
    assert state.parcel is not None
    assessed = TaxAssessed(parcel=state.parcel, amount=500_000, assessed_at=context.now)
    return Decision(state.with_(assessed=True), events=(assessed,))
