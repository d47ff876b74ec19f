"""What a family may ask for after a death: the funeral allowance or burial support, never both.

They are in the form and in events: values, so that events can grow (see `contracts.common.people`).
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.common.payouts import Payout
from contracts.model import PersonalId, Value, shaped

InsuranceNumber = Annotated[
    str,
    shaped(
        r"^[0-9]{10}$",
        vi="Mã số bảo hiểm xã hội gồm 10 chữ số.",
        en="A social insurance number has 10 digits.",
    ),
    Field(description="Social insurance number, as in the insured person's book."),
]
Basis = Literal["contributions", "pension", "work-accident"]
"""What entitles to the funeral allowance (Law on Social Insurance 2024, art. 85)."""
Ground = Literal["social-assistance", "disaster"]
"""What entitles to burial support (DOMAIN.md, burial support)."""


class Relative(Value):
    """A relative of the deceased, and whether they agree that the payee receives the allowance."""

    personal_id: PersonalId
    consents: bool


class FuneralAllowanceRequest(Value):
    """The funeral allowance for somebody who was insured, asked for by who buries them."""

    kind: Literal["funeral-allowance"]
    insurance_number: InsuranceNumber
    basis: Basis
    contribution_months: Annotated[
        int, Field(ge=0, le=900, description="Months of compulsory contributions, by the book.")
    ] = 0
    payee: PersonalId
    relatives: Annotated[tuple[Relative, ...], Field(max_length=20)] = ()
    no_other_relatives: Annotated[
        bool,
        Field(description="The declarant states that no relative but the payee is there to agree."),
    ] = False
    payout: Payout


class BurialSupportRequest(Value):
    """Burial support from social assistance."""

    kind: Literal["burial-support"]
    ground: Ground
    payee: PersonalId
    payout: Payout


BenefitRequest = Annotated[
    FuneralAllowanceRequest | BurialSupportRequest, Field(discriminator="kind")
]


def heirs(request: FuneralAllowanceRequest | BurialSupportRequest) -> tuple[PersonalId, ...]:
    """Return who is paid in the payee's place, should the payee have died: the first who lives.

    The relatives on the form who consent, in its order; there are none for burial support. A rule
    of ours (services/social_insurance/README.md).
    """
    if isinstance(request, BurialSupportRequest):
        return ()
    return tuple(relative.personal_id for relative in request.relatives if relative.consents)
