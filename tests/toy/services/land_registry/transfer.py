"""A parcel has one owner at a time: the first who declares it."""

from contracts.common.events import DeclarationSubmitted
from contracts.model import Reason
from contracts.property.events import TransferRefused, TransferRegistered
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State


class Transfer(State):
    """Where a transfer stands."""

    outcome: str | None = None


registration = Procedure("transfer-registration", initial=Transfer())


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
