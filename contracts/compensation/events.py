"""The events of second thoughts, which groups share: what is asked for at the door, what civil
status says to it, and what each agency takes back or puts right.
"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.common.deaths import Cause, PlaceKind
from contracts.common.people import Child, Household, Person
from contracts.common.tasks import Official, Signatory
from contracts.envelope import Event
from contracts.model import Name, PersonalId, Reason, Value, Vnd

Asked = Literal["withdrawal", "revocation", "correction"]
Benefit = Literal["allowance", "support"]
AsGiven = Annotated[
    date | None,
    Field(description="As in what is corrected; None in old events, which no paper was made of."),
]


class Judgement(Value):
    """The decision of a court."""

    number: Name
    court: Name
    judged_on: date


class WithdrawalRequested(Event, type="portal.withdrawal-requested.v1", stream="acts"):
    """The declarant, or who has succeeded them, wants to have declared nothing."""

    declarant: PersonalId


class RegistrationAct(Event, stream="acts"):
    """What an official wants done about a registration. Whether it counts, its agency says."""

    procedure: Name
    official: Official
    persons: tuple[PersonalId, ...] = Field(
        default=(),
        description="Whom the declaration or a supplement names, and officials who have adopted"
        " the case: none of them decides about it.",
    )


class RevocationRequested(RegistrationAct, type="portal.revocation-requested.v1"):
    """An official carries out a judgement by which a registration is void."""

    judgement: Judgement


class CorrectionRequested(RegistrationAct, type="portal.correction-requested.v1"):
    """An official puts right what a registration says."""

    decision_number: Name
    changes: dict[str, Any] = Field(description="By the group's own model, checked at the door.")


class RequestDeclined(Event, type="civil-status.request-declined.v1"):
    """A withdrawal, revocation or correction does not count, and why. All stays as it is."""

    request: UUID
    asked: Asked
    reason: Reason


class DeclarationWithdrawn(Event, type="civil-status.declaration-withdrawn.v1"):
    """The declaration was withdrawn before anything was registered."""

    request: UUID
    declarant: PersonalId
    reason: Reason


class RegistrationRevoked(Event, type="civil-status.registration-revoked.v1"):
    """By judgement of a court the registration is void."""

    request: UUID
    by: Signatory
    registration_number: Name
    revoked_on: date
    judgement: Judgement
    reason: Reason


class BirthCorrected(Event, type="civil-status.birth-corrected.v1"):
    """What the registration of a birth says was put right. Carries the child as it is now."""

    request: UUID
    by: Signatory
    registration_number: Name
    decision_number: Name
    corrected: tuple[Name, ...] = Field(description="The names of the fields that changed.")
    child: Child
    registered_on: AsGiven = None


class DeathCorrected(Event, type="civil-status.death-corrected.v1"):
    """What the registration of a death says was put right. Carries the certificate as it is now."""

    request: UUID
    by: Signatory
    registration_number: Name
    decision_number: Name
    personal_id: PersonalId
    died_on: date
    registered_on: AsGiven = None
    deceased: Person | None = None
    place: PlaceKind | None = None
    cause: Cause | None = None


class IdentificationCancelled(Event, type="population.identification-cancelled.v1"):
    """Nobody has this identifier any more, and nobody will have it again."""

    personal_id: PersonalId
    reason: Reason


class IdentityCardCancelled(Event, type="population.identity-card-cancelled.v1"):
    """The identity card is void."""

    personal_id: PersonalId
    card_number: PersonalId
    reason: Reason


class PersonCorrected(Event, type="population.person-corrected.v1"):
    """The population register holds the person as the corrected registration says."""

    personal_id: PersonalId
    registration_number: Name
    child: Child


class IdentityCardCorrected(Event, type="population.identity-card-corrected.v1"):
    """The identity card says what the corrected registration does."""

    personal_id: PersonalId
    card_number: PersonalId
    full_name: Name
    valid_until: date
    issued_on: AsGiven = None


class DeathRecordCancelled(Event, type="population.death-record-cancelled.v1"):
    """The person is not deceased: the register does not hold them so any more."""

    personal_id: PersonalId
    registration_number: Name
    reason: Reason


class DeathRecordCorrected(Event, type="population.death-record-corrected.v1"):
    """The population register holds the corrected day of the death."""

    personal_id: PersonalId
    registration_number: Name
    deceased_on: date


class ResidenceCancelled(Event, type="residence.residence-cancelled.v1"):
    """The permanent residence is void: there is nobody who was registered."""

    personal_id: PersonalId
    confirmation_number: Name
    reason: Reason


class ResidenceCorrected(Event, type="residence.residence-corrected.v1"):
    """The register of residents says what the corrected registration does."""

    personal_id: PersonalId
    confirmation_number: Name
    full_name: Name
    born_on: date
    household: Household
    registered_on: AsGiven = None


class ResidenceRestored(Event, type="residence.residence-restored.v1"):
    """Somebody who was removed as deceased is a permanent resident again."""

    personal_id: PersonalId
    confirmation_number: Name
    reason: Reason


class HealthCardCancelled(Event, type="social-insurance.health-card-cancelled.v1"):
    """The health insurance card is void from that day on."""

    personal_id: PersonalId
    card_number: Name
    cancelled_on: date
    reason: Reason


class HealthCardCorrected(Event, type="social-insurance.health-card-corrected.v1"):
    """The health insurance card says what the corrected registration does."""

    personal_id: PersonalId
    card_number: Name
    full_name: Name
    valid_from: date
    valid_until: date
    premium_months: int = Field(ge=1, le=84)


class BenefitCancelled(Event, type="social-insurance.benefit-cancelled.v1"):
    """The decision about a funeral benefit is void."""

    decision_number: Name
    kind: Benefit
    deceased: PersonalId
    payee: PersonalId
    amount: Vnd
    reason: Reason


class PremiumRecovered(Event, type="payments.premium-recovered.v1"):
    """The state budget has the premium back of the months for which the card is void."""

    card_number: Name
    amount: Vnd
    reason: Reason


class PremiumAdjusted(Event, type="payments.premium-adjusted.v1"):
    """The state budget bears another premium, by the corrected card."""

    card_number: Name
    before: Vnd
    total: Vnd


class PayoutRefused(Event, type="payments.payout-refused.v1"):
    """A benefit that was cancelled before is not paid out."""

    decision_number: Name
    reason: Reason


class RecoveryClaimed(Event, type="payments.recovery-claimed.v1"):
    """A benefit that was paid out, or ordered to be, is claimed back for the fund that bore it."""

    decision_number: Name
    payee: PersonalId
    amount: Vnd
    reason: Reason
