"""A demonstration issuer of tokens: its key is made here and never leaves the machine.

An official who gets a token can decide, and signs what they decide: with the first token they get a
key, of the authority that has the folder beside the issuer's.

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
from infra.authority import FOLDER as AUTHORITY
from infra.authority import Authority
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
        self.authority = Authority(folder.parent / AUTHORITY)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name all keys to the services, unless others are set."""
        jwks = os.environ.get(JWKS_VARIABLE) or str(self.jwks)
        return {JWKS_VARIABLE: jwks, **self.authority.environment}

    def prepare(self) -> None:
        """Make the keys, its own and the authority's, unless they are there."""
        self.authority.prepare()
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
        """Return a token by which the portal knows this official, who gets a key to sign by.

        Raises `OnestopError` where there are no keys.
        """
        token = self._signed(claims_of(official), valid)
        self.authority.enrol(official)
        return token

    def citizen(self, person_id: str, valid: timedelta = VALID) -> str:
        """Return a token by which the portal knows this person, as VNeID would vouch for them.

        Raises `OnestopError` where there are no keys.
        """
        return self._signed({"sub": person_id, "name": person_id}, valid)

    def _signed(self, claims: Mapping[str, Any], valid: timedelta) -> str:
        try:
            key: object = load_pem_private_key(self._key.read_bytes(), password=None)
            (public,) = json.loads(self.jwks.read_text("utf-8"))["keys"]
            kid = public["kid"]
        except OSError:
            raise OnestopError(
                f"there are no issuer's keys in {self._key.parent}: `onestop up` makes its own, and"
                " `onestop issuer` others"
            ) from None
        except (ValueError, KeyError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise OnestopError(
                f"the issuer's keys in {self._key.parent} cannot be used: `onestop issuer` makes"
                " others in a new folder"
            )
        now = datetime.now(UTC)
        times = {"iss": DEMONSTRATION_ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + valid}
        return jwt.encode({**claims, **times}, key, ALGORITHM, {"kid": kid})
