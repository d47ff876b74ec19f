"""Facts by which somebody pays no fee, and that no register known here holds: papers prove them."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.model import Input, Name

Ground = Literal["disability", "poor-household"]
"""DOMAIN.md, residence registration fee: the disabled and the poor pay nothing."""


class Exemption(Input):
    """Why whoever is registered pays nothing, and the number of the certificate that says so."""

    ground: Ground
    certificate: Name


Exemptions = Annotated[
    tuple[Exemption, ...],
    Field(
        max_length=2,
        description="Of the person who is registered: a disability, or a poor household.",
    ),
]
