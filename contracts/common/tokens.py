"""The token by which an official is known: the claims of a JWT (RFC 7519).

Signed with Ed25519 (RFC 8037) by an issuer that the portal trusts. What somebody may do is in the
claims, and so data of the issuer's.
"""

from typing import Any

from contracts.common.tasks import Anywhere, Official
from contracts.model import Name, PersonalId, ProvinceCode, Value

ALGORITHM = "EdDSA"
AUDIENCE = "onestop-portal"
DEMONSTRATION_ISSUER = "urn:onestop:demonstration-issuer"
OFFICIAL = "official"
"""The role of whoever may have tasks."""
REQUIRED = ("iss", "aud", "sub", "iat", "exp")


class Claims(Value):
    """What a token says besides when and for whom it was issued. `sub` is the person."""

    sub: PersonalId
    name: Name
    roles: tuple[Name, ...] = ()
    agency: Name | None = None
    provinces: tuple[ProvinceCode | Anywhere, ...] = ()
    procedures: tuple[Name, ...] = ()

    def official(self) -> Official | None:
        """Return the official, or None for somebody who is none."""
        if OFFICIAL not in self.roles or self.agency is None:
            return None
        return Official(
            person_id=self.sub,
            name=self.name,
            agency=self.agency,
            provinces=self.provinces,
            procedures=self.procedures,
        )


def claims_of(official: Official) -> dict[str, Any]:
    """Return the claims by which an official is known, as JSON has them."""
    claims = Claims(
        sub=official.person_id, roles=(OFFICIAL,), **official.model_dump(exclude={"person_id"})
    )
    return claims.model_dump(mode="json")
