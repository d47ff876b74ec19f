"""The events of the birth group."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.common.people import Child, Household
from contracts.envelope import Event
from contracts.model import Name, PersonalId, Reason, Vnd

CardNumber = Annotated[str, StringConstraints(pattern=r"^TE1[0-9]{12}$")]


class BirthRegistered(Event, type="civil-status.birth-registered.v1"):
    """Civil status registered the birth. Carries what the next agencies need."""

    registration_number: Name
    registered_on: date
    late: bool = Field(description="Declared more than 60 days after the birth.")
    child: Child
    household: Household | None = None
    bundle: tuple[Name, ...]


class BirthRefused(Event, type="civil-status.birth-refused.v1"):
    """Civil status did not register the birth."""

    reason: Reason


class IdentityCardIssued(Event, type="population.identity-card-issued.v1"):
    """The child has an identity card, valid until the 14th birthday (Law on Identity 2023)."""

    personal_id: PersonalId
    card_number: PersonalId
    issued_on: date
    valid_until: date


class IdentityCardRefused(Event, type="population.identity-card-refused.v1"):
    """An official refused the child's identity card; the identifier stands."""

    personal_id: PersonalId
    reason: Reason


class ResidenceRegistered(Event, type="residence.residence-registered.v1"):
    """The child is a permanent resident of the household."""

    personal_id: PersonalId
    confirmation_number: Name
    registered_on: date
    household: Household


class ResidenceRefused(Event, type="residence.residence-refused.v1"):
    """The child's permanent residence was not registered; birth and card stand."""

    personal_id: PersonalId
    reason: Reason


class HealthCardIssued(Event, type="social-insurance.health-card-issued.v1"):
    """The child under six has a health insurance card."""

    personal_id: PersonalId
    card_number: CardNumber
    valid_from: date
    valid_until: date
    premium_months: Annotated[int, Field(ge=1, le=84)]


class HealthCardRefused(Event, type="social-insurance.health-card-refused.v1"):
    """No card for a child under six was issued."""

    personal_id: PersonalId
    reason: Reason


class PremiumFunded(Event, type="payments.premium-funded.v1"):
    """The state budget pays the child's health insurance premium."""

    personal_id: PersonalId
    card_number: CardNumber
    months: Annotated[int, Field(ge=1, le=84)]
    monthly: Vnd
    total: Vnd
