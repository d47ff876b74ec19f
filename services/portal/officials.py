"""Who is asking: an official is known by a signed token, and by nothing in a body or a query."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ValidationError

from contracts.common.tasks import Official
from contracts.common.tokens import ALGORITHM, AUDIENCE, DEMONSTRATION_ISSUER, REQUIRED, Claims
from contracts.model import PersonalId
from services.chassis.settings import SettingsError, why
from services.portal.problems import Problem, refused
from services.portal.sentences import sentence

KEYS, ISSUER = "ONESTOP_JWKS", "ONESTOP_TOKEN_ISSUER"

_bearer = HTTPBearer(auto_error=False, description="An official's token: a JWT, Ed25519.")


class Tokens:
    """Verifies tokens by the public keys of one issuer."""

    def __init__(self, keys: jwt.PyJWKSet | None, issuer: str) -> None:
        self._keys, self._issuer = keys, issuer

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Tokens":
        """Return those of the JWKS file (RFC 7517) that ONESTOP_JWKS names; without, none is good.

        Raises `SettingsError` for a file that cannot be read or has no such key.
        """
        named = environment.get(KEYS)
        return cls(
            _keys_in(named) if named else None, environment.get(ISSUER) or DEMONSTRATION_ISSUER
        )

    def official(self, token: str | None) -> Official:
        """Return whose token it is. Raises `Problem` 401 for a bad one, 403 for a citizen's."""
        if token is None:
            raise refused(401, "not-identified")
        official = self._claims(token).official()
        if official is None:
            raise refused(403, "not-an-official")
        return official

    def person(self, token: str | None) -> PersonalId:
        """Return whose token it is, in office or not. Raises `Problem` 401 for a bad one."""
        if token is None:
            raise refused(401, "not-identified")
        return self._claims(token).sub

    def _claims(self, token: str) -> Claims:
        if self._keys is None:
            raise Problem(401, "not-identified", sentence("no-issuer", setting=KEYS))
        try:
            key = self._keys[jwt.get_unverified_header(token).get("kid", "")]
            said = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": list(REQUIRED)},
            )
            return Claims.model_validate(said)
        except KeyError:
            raise _not_accepted("signed by a key that is not known here") from None
        except jwt.InvalidTokenError as error:
            raise _not_accepted(str(error)) from None
        except ValidationError as error:
            claim = ".".join(map(str, error.errors()[0]["loc"]))
            raise _not_accepted(f"its claim {claim} says nothing") from None


def asking(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
) -> Official:
    """Return the official who asks. Raises as `Tokens.official`."""
    tokens: Tokens = request.app.state.tokens
    return tokens.official(bearer.credentials if bearer else None)


Asking = Annotated[Official, Depends(asking)]


def _not_accepted(why: str) -> Problem:
    return Problem(401, "not-identified", sentence("token-not-accepted", why=why))


def _keys_in(path: str) -> jwt.PyJWKSet:
    try:
        return jwt.PyJWKSet.from_json(Path(path).read_text("utf-8"))
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise SettingsError(f"{KEYS} cannot be used: {path}: {why(error)}") from None
