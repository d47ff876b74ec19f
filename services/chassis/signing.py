"""Signatures over what a service says: detached JWS, by the service's key or that of who decided.

What is signed are the bytes of an event, as they are stored in the journal and published. The
signature stands beside them, in the entry and in a header of the message: a compact JWS (RFC 7515)
without its payload (appendix F), by Ed25519 (RFC 8037). It follows from bytes and key alone, and is
stored with the decision: what is published again is the same.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import to_json

from services.chassis.settings import SettingsError, why

HEADER = "signature"
"""The header of a message that has the signature, and the field of the stored event."""
ALGORITHM = "EdDSA"
VARIABLE = "ONESTOP_SIGNING_KEYS"


class KeyMissing(LookupError):
    """There is no key of who decided; the message says whose."""


class PrivateKey(BaseModel):
    """A private key as a JWK (RFC 8037), and whose it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    kid: str = Field(pattern=r"^[\x21-\x7e]{1,120}$")
    d: SecretStr
    signatory: str | None = None
    """Who signs by it, by their id; None: the service itself."""


class _Keys(BaseModel):
    keys: tuple[PrivateKey, ...]


class Keyring:
    """The private keys of one service, in a JWKS (RFC 7517) that nobody else can read.

    Of several keys of one signatory the last one signs. A signatory who is not known is looked for
    in the file again, for officials come and go while a service runs.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at: int | None = None
        self._keys: Mapping[str | None, tuple[bytes, Ed25519PrivateKey]] = {}

    @classmethod
    def of(cls, folder: Path, service: str) -> Self:
        """Return the keys in `<folder>/<service>.json`.

        Raises `SettingsError` for a file that cannot be used, or has no key of the service itself.
        """
        keyring = cls(folder / f"{service}.json")
        keyring._read()
        if None not in keyring._keys:
            raise SettingsError(f"{VARIABLE}: {keyring._file} has no key of {service} itself")
        return keyring

    def sign(self, content: bytes, signatory: str | None = None) -> str:
        """Return the detached JWS over these bytes. Raises `KeyMissing`, `SettingsError`."""
        header, key = self._key(signatory)
        signature = key.sign(b"%b.%b" % (header, _encoded(content)))
        return f"{header.decode()}..{_encoded(signature).decode()}"

    def _key(self, signatory: str | None) -> tuple[bytes, Ed25519PrivateKey]:
        if signatory not in self._keys:
            self._read()
        try:
            return self._keys[signatory]
        except KeyError:
            raise KeyMissing(
                f"{self._file.name} has no key of {signatory}, who decided: add it, and replay"
            ) from None

    def _read(self) -> None:
        try:
            changed_at = self._file.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            found = _Keys.model_validate_json(self._file.read_bytes())
            self._keys = {key.signatory: _ready(key) for key in found.keys}
            self._read_at = changed_at
        except (OSError, ValueError) as error:
            raise SettingsError(f"{VARIABLE}: {self._file} cannot be used: {why(error)}") from None


class Signer:
    """Signs some types of events of one service."""

    def __init__(self, keyring: Keyring, types: frozenset[str]) -> None:
        self._keyring, self._types = keyring, types

    def signature(self, type: str, content: bytes, signatory: str | None) -> str | None:
        """Return the signature of an event, or None for a type that is not signed.

        Raises as `Keyring.sign`.
        """
        return self._keyring.sign(content, signatory) if type in self._types else None


def _ready(key: PrivateKey) -> tuple[bytes, Ed25519PrivateKey]:
    header = to_json({"alg": ALGORITHM, "kid": key.kid})
    secret = urlsafe_b64decode(key.d.get_secret_value() + "=")
    return _encoded(header), Ed25519PrivateKey.from_private_bytes(secret)


def _encoded(content: bytes) -> bytes:
    """Return base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=")
