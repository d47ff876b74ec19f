"""The events of the death group."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.common.people import Person
from contracts.death.benefits import Basis, BenefitRequest, Ground, InsuranceNumber, Payout
from contracts.death.form import Cause, Issuer, PlaceKind
from contracts.envelope import Event
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Vnd


class DeathRegistered(Event, type="civil-status.death-registered.v1"):
    """Civil status registered the death. Carries what the next agencies need."""

    registration_number: Name
    registered_on: date
    late: bool = Field(description="Declared more than 15 days after the death.")
    deceased: Person = Field(description="As the population register held them in life.")
    died_on: date
    place: PlaceKind
    cause: Cause
    issuer: Issuer
    province: ProvinceCode
    benefit: BenefitRequest | None = None
    bundle: tuple[Name, ...]


class DeathRefused(Event, type="civil-status.death-refused.v1"):
    """Civil status did not register the death."""

    reason: Reason


class DeathRecordRefused(Event, type="population.death-record-refused.v1"):
    """The population register does not mark the person deceased: it did so before."""

    personal_id: PersonalId
    reason: Reason


class ResidenceRemoved(Event, type="residence.residence-removed.v1"):
    """The deceased is a permanent resident no more."""

    personal_id: PersonalId
    confirmation_number: Name
    removed_on: date
    owned_household: bool = Field(description="The household has to name another owner.")


class RemovalRefused(Event, type="residence.removal-refused.v1"):
    """There was no permanent residence to remove; the registered death stands."""

    personal_id: PersonalId
    reason: Reason


class FuneralAllowanceGranted(Event, type="social-insurance.funeral-allowance-granted.v1"):
    """Social insurance grants the allowance. What it was reckoned from is frozen here."""

    decision_number: Name
    decided_on: date
    deceased: PersonalId
    payee: PersonalId
    payout: Payout
    insurance_number: InsuranceNumber
    basis: Basis
    contribution_months: Annotated[int, Field(ge=0)]
    month: date = Field(description="The first day of the month of death, whose level counts.")
    reference_level: Vnd
    multiple: Annotated[int, Field(ge=1)]
    amount: Vnd


class BurialSupportGranted(Event, type="social-insurance.burial-support-granted.v1"):
    """Social assistance supports the burial. What it was reckoned from is frozen here."""

    decision_number: Name
    decided_on: date
    deceased: PersonalId
    payee: PersonalId
    payout: Payout
    ground: Ground
    month: date = Field(description="The first day of the month of death, whose standard counts.")
    standard: Vnd
    multiple: Annotated[int, Field(ge=1)]
    amount: Vnd


class BenefitRefused(Event, type="social-insurance.benefit-refused.v1"):
    """Neither allowance nor support is granted; the registered death stands."""

    personal_id: PersonalId
    reason: Reason


class PayoutOrdered(Event, type="payments.payout-ordered.v1"):
    """The benefit is to be paid, from the fund that bears it. This does not say that it arrived."""

    payout_number: Name
    decision_number: Name
    payee: PersonalId
    payout: Payout
    amount: Vnd
