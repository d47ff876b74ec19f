"""Documents as agencies sign them: an authority in a folder, and events signed by its keys."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.birth.events import BirthRegistered
from infra import authority as authorities
from infra.authority import Authority
from services.chassis.signing import Keyring
from services.portal.keys import Keys
from services.portal.printed import Order
from services.portal.verification import compact, key_of
from tests.contract.samples import message

BIRTH = BirthRegistered.type
NUMBER = "KS-01-2026-04718263"
NAME = "Nguyễn Thị Thuỳ Dương Ngọc Ánh Quỳnh Ưởng"


def sample(type: str = BIRTH, **data: Any) -> bytes:
    """Return the golden message of a type as it is published; `data` changes what it says."""
    said = message(type)
    said["data"] |= data
    return json.dumps(said, ensure_ascii=False).encode()


class Registry:
    """Agencies with keys, and a portal that knows them."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.authority.prepare()
        self.portal = Keys.from_environment(self.authority.environment)

    def sign(self, content: bytes, agency: str = "civil-status", who: str | None = None) -> str:
        """Return the compact JWS of a message, by the key of an agency or an official."""
        return compact(content, Keyring.of(self.authority.keys, agency).sign(content, who))

    def order(self, jws: str | None = None) -> Order:
        """Return what the portal prints of a document."""
        signed = jws or self.sign(sample())
        return Order(self.portal.verify(signed), signed, self.portal.key(key_of(signed)), None)

    def seal(self, organisation: str) -> bytes:
        """Return a seal that the authority has certified for somebody."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = authorities._name(organisation, organisation)
        certificate = self.authority._certified(key.public_key(), name)
        return authorities._pem(key) + certificate.public_bytes(Encoding.PEM)
