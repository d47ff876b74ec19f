"""Who an official is: told by the issuer's signature, and by nothing else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from contracts.common.tokens import AUDIENCE, DEMONSTRATION_ISSUER, claims_of
from infra.errors import OnestopError
from infra.issuer import Issuer
from services.chassis.settings import SettingsError
from services.portal.officials import Tokens
from services.portal.problems import Problem
from tests.unit.officials import official

WHO = official(provinces=("12", "42"), procedures=("birth-registration",))


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    made = Issuer(tmp_path / "issuer")
    made.prepare()
    return made


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    return Tokens.from_environment({"ONESTOP_JWKS": str(issuer.jwks)})


def signed(issuer: Issuer, algorithm: str = "EdDSA", **changes: Any) -> str:
    """Return a token with other claims; None leaves one out."""
    now = datetime.now(UTC)
    times = {"iss": DEMONSTRATION_ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + timedelta(1)}
    said = {name: v for name, v in {**claims_of(WHO), **times, **changes}.items() if v is not None}
    kid = json.loads(issuer.jwks.read_text())["keys"][0]["kid"]
    key: Any = (issuer.jwks.parent / "key.pem").read_bytes() if algorithm == "EdDSA" else "x" * 32
    return jwt.encode(said, key, algorithm, {"kid": kid})


def test_an_official_is_known_by_the_claims_of_a_token(issuer: Issuer, tokens: Tokens) -> None:
    assert tokens.official(issuer.token(WHO)) == WHO


AN_HOUR, A_YEAR = timedelta(hours=1), timedelta(days=365)
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": datetime.now(UTC) - AN_HOUR}, "expired"),
    "of the future": ({"iat": datetime.now(UTC) + A_YEAR}, "not yet valid"),
    "for another audience": ({"aud": "another"}, "Audience"),
    "of another issuer": ({"iss": "another"}, "issuer"),
    "without an end": ({"exp": None}, '"exp"'),
    "of nobody": ({"sub": None}, '"sub"'),
    "of no person": ({"sub": "admin"}, "sub"),
    "of a strange province": ({"provinces": ["everywhere"]}, "provinces"),
}


@pytest.mark.parametrize(("changes", "why"), BAD.values(), ids=BAD.keys())
def test_a_bad_token_is_not_accepted(
    issuer: Issuer, tokens: Tokens, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(Problem, match=why) as refused:
        tokens.official(signed(issuer, **changes))
    assert refused.value.status == 401
    assert refused.value.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_what_is_no_token_is_not_accepted(tokens: Tokens, token: str | None) -> None:
    with pytest.raises(Problem) as refused:
        tokens.official(token)
    assert refused.value.status == 401


def test_a_changed_token_is_not_accepted(issuer: Issuer, tokens: Tokens) -> None:
    head, _, signature = issuer.token(WHO).split(".")
    other = issuer.token(official(2)).split(".")[1]
    with pytest.raises(Problem, match="Signature"):
        tokens.official(f"{head}.{other}.{signature}")


def test_neither_another_algorithm_nor_another_key_is_accepted(
    issuer: Issuer, tokens: Tokens, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="alg"):
        tokens.official(signed(issuer, "HS256"))
    stranger = Issuer(tmp_path / "stranger")
    stranger.prepare()
    with pytest.raises(Problem, match="not known here"):
        tokens.official(stranger.token(WHO))


@pytest.mark.parametrize("changes", [{"roles": ["citizen"]}, {"agency": None}])
def test_a_citizen_is_no_official(issuer: Issuer, tokens: Tokens, changes: dict[str, Any]) -> None:
    with pytest.raises(Problem) as refused:
        tokens.official(signed(issuer, **changes))
    assert refused.value.status == 403


def test_without_keys_nobody_is_known_and_bad_keys_stop_the_portal(
    issuer: Issuer, tmp_path: Path
) -> None:
    with pytest.raises(Problem, match="trusts no issuer"):
        Tokens.from_environment({}).official(issuer.token(WHO))
    for text in ("", "{}", '{"keys": []}'):
        (tmp_path / "keys").write_text(text)
        with pytest.raises(SettingsError, match="ONESTOP_JWKS cannot be used"):
            Tokens.from_environment({"ONESTOP_JWKS": str(tmp_path / "keys")})


def test_the_key_is_made_once_and_readable_by_its_owner_alone(issuer: Issuer) -> None:
    key = issuer.jwks.parent / "key.pem"
    before = key.read_bytes()
    issuer.prepare()
    assert key.read_bytes() == before
    assert key.stat().st_mode & 0o077 == 0
    assert "d" not in json.loads(issuer.jwks.read_text())["keys"][0], "the private half"


def test_an_issuer_without_keys_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OnestopError, match="onestop up"):
        Issuer(tmp_path / "nowhere").token(WHO)


def test_a_citizen_is_a_person_and_no_official(issuer: Issuer, tokens: Tokens) -> None:
    token = issuer.citizen("001196000001")
    assert tokens.person(token) == "001196000001"
    with pytest.raises(Problem) as raised:
        tokens.official(token)
    assert (raised.value.status, raised.value.kind) == (403, "not-an-official")


def test_an_official_is_a_person_too_and_without_a_token_nobody_is(
    issuer: Issuer, tokens: Tokens
) -> None:
    assert tokens.person(issuer.token(WHO)) == WHO.person_id
    for bad in (None, "nonsense", signed(issuer, exp=datetime.now(UTC) - AN_HOUR)):
        with pytest.raises(Problem) as raised:
            tokens.person(bad)
        assert (raised.value.status, raised.value.kind) == (401, "not-identified")
