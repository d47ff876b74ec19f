"""What a service says is signed by its own key, or by that of who decided; always the same."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.catalogue import catalogue
from services.chassis.service import Service
from services.chassis.settings import Settings, SettingsError
from services.chassis.signing import KeyMissing, Keyring, Signer
from services.residence.main import service
from tests.unit.officials import official
from tests.unit.signed import BIRTH, Registry, sample

CONTENT = sample()
AGENCY = "civil-status"


def keyring(registry: Registry, agency: str = AGENCY) -> Keyring:
    return Keyring.of(registry.authority.keys, agency)


def header(detached: str) -> Any:
    return json.loads(urlsafe_b64decode(detached.split("..", maxsplit=1)[0] + "=="))


def public(registry: Registry, kid: str) -> bytes:
    return urlsafe_b64decode(registry.portal.key(kid).x + "=")


def test_the_same_bytes_have_the_same_signature(registry: Registry) -> None:
    first, second = keyring(registry).sign(CONTENT), keyring(registry).sign(CONTENT)
    assert first == second
    assert keyring(registry).sign(CONTENT + b" ") != first


def test_a_signature_is_a_jws_that_others_verify(registry: Registry) -> None:
    detached = keyring(registry).sign(CONTENT)
    said = header(detached)
    assert set(said) == {"alg", "kid"}
    key = public(registry, said["kid"])
    # By what the standard says, and by another's implementation.
    first, last = detached.split("..")
    payload = urlsafe_b64encode(CONTENT).rstrip(b"=").decode()
    signature = urlsafe_b64decode(last + "==")
    Ed25519PublicKey.from_public_bytes(key).verify(signature, f"{first}.{payload}".encode())
    trusted = Ed25519PublicKey.from_public_bytes(key)
    decoded = jwt.PyJWS().decode(f"{first}.{payload}.{last}", trusted, ["EdDSA"])
    assert decoded == CONTENT


def test_only_documents_are_signed(registry: Registry) -> None:
    signer = Signer(keyring(registry), catalogue().signed_by(AGENCY))
    assert signer.signature(BIRTH, CONTENT, None)
    assert signer.signature("civil-status.birth-refused.v1", CONTENT, None) is None


def test_who_decided_signs_by_a_key_of_their_own(tmp_path: Path) -> None:
    registry, who = Registry(tmp_path), official(7)
    keys = keyring(registry)
    with pytest.raises(KeyMissing, match=rf"^civil-status.json has no key of {who.person_id}"):
        keys.sign(CONTENT, who.person_id)
    registry.authority.enrol(who)
    # The service runs on: it finds the new official by itself.
    by_official = header(keys.sign(CONTENT, who.person_id))["kid"]
    assert by_official != header(keys.sign(CONTENT))["kid"]
    registry.authority.enrol(who)
    assert header(keyring(registry).sign(CONTENT, who.person_id))["kid"] == by_official


def test_of_several_keys_the_last_one_signs(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    before = header(keyring(registry).sign(CONTENT))["kid"]
    renewed = registry.authority.renew(AGENCY)
    assert header(keyring(registry).sign(CONTENT))["kid"] == renewed != before


def test_private_keys_are_their_owners_alone(registry: Registry) -> None:
    private = [*registry.authority.keys.iterdir(), registry.authority.seal]
    private.append(registry.authority.folder / "authority-key.pem")
    assert {file.stat().st_mode & 0o777 for file in private} == {0o600}
    published = registry.authority.jwks.read_text()
    assert all(
        '"d"' not in text for text in (published, registry.authority.certificate.read_text())
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be used"),
        ("{", "Invalid JSON"),
        ('{"keys": []}', "has no key of residence itself"),
        ('{"keys": [{"kty": "RSA", "kid": "1", "n": "x"}]}', "keys.0.kty"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1"}]}', "keys.0.d"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "d": "x"}]}', "cannot be used"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "", "d": "x"}]}', "keys.0.kid"),
    ],
)
def test_keys_that_cannot_be_used_are_told_at_the_start(
    content: str | None, complaint: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "residence.json").write_text(content, encoding="utf-8")
    settings = Settings(signing_keys=tmp_path)
    with pytest.raises(SettingsError, match="ONESTOP_SIGNING_KEYS") as raised:
        service.signer_in(settings)
    assert complaint in str(raised.value)
    assert '"d"' not in str(raised.value)


def test_a_service_without_documents_needs_no_keys(tmp_path: Path) -> None:
    assert Service("portal", procedures=[]).signer_in(Settings(signing_keys=tmp_path)) is None
    assert service.signer_in(Settings()) is None
