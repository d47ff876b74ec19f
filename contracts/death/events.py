"""The events of the death group."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.common.asking import Awaiting, FamilyAnswered, FamilyAsked
from contracts.common.deaths import Cause, PlaceKind
from contracts.common.payouts import Payout
from contracts.common.people import Person
from contracts.death.benefits import Basis, BenefitRequest, Ground, InsuranceNumber
from contracts.death.form import Issuer
from contracts.envelope import Event
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Vnd

_PAYOUT = "benefit-payout"
Replaced = Annotated[
    PersonalId | None,
    Field(description="The payee on the form, who has died: where to pay is to be asked anew."),
]


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
    in_place_of: Replaced = None


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
    in_place_of: Replaced = None


class BenefitRefused(Event, type="social-insurance.benefit-refused.v1"):
    """Neither allowance nor support is granted; the registered death stands."""

    personal_id: PersonalId
    reason: Reason


class PayoutOrdered(FamilyAnswered, Awaiting, type="payments.payout-ordered.v1"):
    """The benefit is to be paid, from the fund that bears it; the bank has still to confirm it."""

    procedure: ClassVar[str] = _PAYOUT

    payout_number: Name
    decision_number: Name
    payee: PersonalId
    payout: Payout
    amount: Vnd
    payment_id: Name | None = Field(
        default=None, description="The bank's order: a second one, where the first was rejected."
    )
    rejected: Name | None = Field(
        default=None, description="The payment that was rejected before this one."
    )
    instructed_at: AwareDatetime | None = Field(
        default=None, description="When the family said where to; null: as it was granted."
    )

    @property
    def question(self) -> str:
        """Where else than by the payment before, or than by the grant."""
        return self.rejected or self.payout_number

    @property
    def answered_at(self) -> datetime | None:
        """When the portal took the family's word."""
        return self.instructed_at


class PaymentReported(Event, type="payments.payment-reported.v1", stream="bank"):
    """The bank has said what became of a payment, as our adapter took it from there.

    On a topic of its own: no decision stands behind it, and nearly nobody needs to hear it.
    """

    payment_id: Name
    outcome: Literal["paid", "rejected"]
    reported_at: AwareDatetime = Field(description="When it happened, by the bank's books.")
    reference: Name = Field(description="The bank's own number of the payment.")
    cause: Name | None = Field(default=None, description="Why it was rejected, in the bank's code.")


class PayoutConfirmed(Event, type="payments.payout-confirmed.v1"):
    """The bank has confirmed that the money arrived: the benefit is paid."""

    payout_number: Name
    decision_number: Name
    payment_id: Name
    payee: PersonalId
    payout: Payout
    amount: Vnd
    paid_at: AwareDatetime
    reference: Name


class DestinationRequested(FamilyAsked, type="payments.destination-requested.v1"):
    """The money cannot be paid where it was to go: the family is asked where else."""

    procedure: ClassVar[str] = _PAYOUT

    payout_number: Name
    payment_id: Name | None = Field(default=None, description="The payment that was rejected.")
    reason: Reason

    @property
    def question(self) -> str:
        """Where else than by the payment before, or than by the grant."""
        return self.payment_id or self.payout_number


class OverpaymentFound(Event, type="payments.overpayment-found.v1"):
    """The bank has paid what was not owed any more; it has to give it back."""

    payout_number: Name
    payment_id: Name
    amount: Vnd
    reference: Name
