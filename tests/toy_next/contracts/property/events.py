"""The events of a property transfer: a parcel may belong to an organisation too."""

from datetime import datetime
from typing import Literal, Self

from contracts.envelope import Event
from contracts.model import Name, PersonalId, Reason, Value, Vnd


class Holder(Value):
    """Who owns a parcel."""

    kind: Literal["person", "organisation"]
    number: str


class TransferRegisteredV1(Event, type="land-registry.transfer-registered.v1"):
    """The parcel belongs to the buyer."""

    parcel: Name
    owner: PersonalId


class TransferRegistered(
    Event, type="land-registry.transfer-registered.v2", replaces=TransferRegisteredV1
):
    """The parcel belongs to the buyer, a person or an organisation."""

    parcel: Name
    owner: Holder

    @classmethod
    def upgrade(cls, earlier: TransferRegisteredV1) -> Self:
        """Return the same transfer: until now, every owner was a person."""
        return cls(parcel=earlier.parcel, owner=Holder(kind="person", number=earlier.owner))


class TransferRefused(Event, type="land-registry.transfer-refused.v1"):
    """The parcel was not transferred."""

    reason: Reason


class TaxAssessed(Event, type="land-registry.tax-assessed.v1"):
    """The cooling-off time is over and the tax is set."""

    parcel: Name
    amount: Vnd
    assessed_at: datetime
