"""The events of a property transfer."""

from datetime import datetime

from contracts.envelope import Event
from contracts.model import Name, PersonalId, Reason, Vnd


class TransferRegistered(Event, type="land-registry.transfer-registered.v1"):
    """The parcel belongs to the buyer."""

    parcel: Name
    owner: PersonalId


class TransferRefused(Event, type="land-registry.transfer-refused.v1"):
    """The parcel was not transferred."""

    reason: Reason


class TaxAssessed(Event, type="land-registry.tax-assessed.v1"):
    """The cooling-off time is over and the tax is set."""

    parcel: Name
    amount: Vnd
    assessed_at: datetime
