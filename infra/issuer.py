"""A demonstration issuer of tokens: its key is made here and never leaves the machine.

In its place stands, in a real system, whoever vouches for officials and citizens:
the portal needs only the JWKS of the issuer's public keys (ONESTOP_JWKS).
"""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from contracts.common.tasks import Official
from contracts.common.tokens import ALGORITHM, AUDIENCE, DEMONSTRATION_ISSUER, claims_of
from infra.errors import OnestopError

FOLDER = "issuer"
"""Within the folder of a stack's data."""
JWKS_VARIABLE = "ONESTOP_JWKS"
VALID = timedelta(hours=8)


class Issuer:
    """The issuer whose keys are in a folder: `key.pem`, and `jwks.json` for everybody."""

    def __init__(self, folder: Path) -> None:
        self.jwks = folder / "jwks.json"
        self._key = folder / "key.pem"

    @property
    def environment(self) -> dict[str, str]:
        """The variable that names the keys to the portal, unless another issuer's are set."""
        return {JWKS_VARIABLE: os.environ.get(JWKS_VARIABLE) or str(self.jwks)}

    def prepare(self) -> None:
        """Make the keys, unless they are there."""
        if self._key.exists() and self.jwks.exists():
            return
        self._key.parent.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key.unlink(missing_ok=True)
        with os.fdopen(os.open(self._key, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(pem)
        public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        named = {**public, "kid": public["x"][:8], "alg": ALGORITHM, "use": "sig"}
        self.jwks.write_text(json.dumps({"keys": [named]}, indent=2), encoding="utf-8")

    def token(self, official: Official, valid: timedelta = VALID) -> str:
        """Return a token by which the portal knows this official.

        Raises `OnestopError` where there are no keys.
        """
        return self._signed(claims_of(official), valid)

    def citizen(self, person_id: str, valid: timedelta = VALID) -> str:
        """Return a token by which the portal knows this person, as VNeID would vouch for them.

        Raises `OnestopError` where there are no keys.
        """
        return self._signed({"sub": person_id, "name": person_id}, valid)

    def _signed(self, claims: Mapping[str, Any], valid: timedelta) -> str:
        try:
            key = load_pem_private_key(self._key.read_bytes(), password=None)
            (public,) = json.loads(self.jwks.read_text("utf-8"))["keys"]
        except (OSError, ValueError, KeyError) as error:
            raise OnestopError(
                f"no issuer's keys in {self._key.parent}: `onestop up` makes them ({error})"
            ) from None
        assert isinstance(key, Ed25519PrivateKey)
        now = datetime.now(UTC)
        times = {"iss": DEMONSTRATION_ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + valid}
        headers = {"kid": public["kid"]}
        return jwt.encode({**claims, **times}, key, ALGORITHM, headers)
