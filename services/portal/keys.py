"""The public keys by which documents are verified, and the authority that stands behind them."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from pydantic import BaseModel, ValidationError

from services.chassis.settings import SettingsError, why
from services.portal.verification import (
    Invalid,
    PublicKey,
    Statement,
    key_of,
    signed_by,
    verify,
)

KEYS, AUTHORITY = "ONESTOP_RESULT_KEYS", "ONESTOP_AUTHORITY"


class KeySet(BaseModel):
    """A JWKS (RFC 7517)."""

    keys: tuple[PublicKey, ...] = ()


class Keys:
    """Those of a JWKS file, and the certificate of the authority.

    A key that is not known is looked for in the file again: agencies change theirs while the portal
    runs. Keys that were in use stay in the file, or what they signed can no longer be verified.
    """

    def __init__(self, file: Path | None, authority: x509.Certificate | None) -> None:
        self._file, self.authority = file, authority
        self._read_at: int | None = None
        self._keys: dict[str, PublicKey] = {}
        self._read()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return those that ONESTOP_RESULT_KEYS and ONESTOP_AUTHORITY name, or none.

        Raises `SettingsError` for a file that cannot be used.
        """
        file, authority = environment.get(KEYS), environment.get(AUTHORITY)
        return cls(Path(file) if file else None, certificate_in(authority) if authority else None)

    @property
    def published(self) -> KeySet:
        """All public keys, for everybody. Raises `SettingsError`."""
        self._read()
        return KeySet(keys=tuple(self._keys.values()))

    def key(self, kid: str) -> PublicKey:
        """Return the key of that id. Raises `Invalid` where there is none, and `SettingsError`."""
        if kid not in self._keys:
            self._read()
        if kid not in self._keys:
            raise Invalid(f"no key {kid} is known here, or it counts no longer")
        return self._keys[kid]

    def verify(self, jws: str) -> Statement:
        """Return what was signed. Raises `Invalid`, and `SettingsError`."""
        if self.authority is None:
            raise Invalid(f"nothing can be verified here: {AUTHORITY} names no certificate")
        return verify(jws, self.key(key_of(jws)), self.authority)

    def check(self, jws: str, by: str, at: datetime) -> None:
        """Raise `Invalid` unless that organisation has signed this, by a key that is valid then.

        A key that was taken out of the file counts no more. Raises `SettingsError`.
        """
        self._read()
        if self.authority is None:
            raise SettingsError(f"nothing can be verified here: {AUTHORITY} names no certificate")
        signed_by(jws, self.key(key_of(jws)), self.authority, by, at)

    def _read(self) -> None:
        if self._file is None:
            return
        try:
            changed_at = self._file.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            found = KeySet.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError) as error:
            raise SettingsError(f"{KEYS} cannot be used: {self._file}: {why(error)}") from None
        self._keys = {key.kid: key for key in found.keys}
        self._read_at = changed_at


def certificate_in(path: str | Path) -> x509.Certificate:
    """Return the certificate in a PEM file. Raises `SettingsError`."""
    try:
        return x509.load_pem_x509_certificate(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{AUTHORITY} cannot be used: {path}: {why(error)}") from None
