"""A document holds if an agency has signed just these bytes, by a key that the authority knows."""

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.catalogue import catalogue, publisher
from infra import authority as authorities
from infra.authority import Authority
from services.chassis.settings import SettingsError
from services.portal.keys import Keys
from services.portal.verification import Invalid, PublicKey, compact, key_of, verify
from tests.unit.officials import official
from tests.unit.signed import NUMBER, Registry, sample

DOCUMENTS = [
    (group.name, spec, event)
    for group in catalogue().groups.values()
    for spec in group.procedures
    for event in spec.documents
]


@pytest.mark.parametrize(
    ("group", "spec", "event"), DOCUMENTS, ids=[f"{g}/{e.type}" for g, _, e in DOCUMENTS]
)
def test_every_document_can_be_verified(
    registry: Registry, group: str, spec: Any, event: Any
) -> None:
    message = json.loads(sample(event.type)) | {"group": group}
    content = json.dumps(message).encode()
    statement = registry.portal.verify(registry.sign(content, publisher(event)))
    assert statement.document == spec.documents[event]
    assert statement.number == message["data"][statement.document.number]
    assert (statement.group, statement.procedure) == (group, spec.name)
    assert statement.case_id == message["subject"]
    signature = statement.signature
    assert (signature.agency, signature.official) == (spec.owner, None)
    assert signature.at == datetime.fromisoformat(message["time"])


def test_an_officials_signature_names_them(tmp_path: Path) -> None:
    registry, who = Registry(tmp_path), official(7)
    registry.authority.enrol(who)
    statement = registry.portal.verify(registry.sign(sample(), who=who.person_id))
    assert statement.signature.official == who.name
    assert statement.signature.agency == "civil-status"


def test_one_changed_letter_anywhere_fails(registry: Registry) -> None:
    jws = registry.sign(sample())
    key, root = registry.portal.key(key_of(jws)), registry.portal.authority
    assert root is not None
    assert verify(jws, key, root).number == NUMBER
    for position, letter in enumerate(jws):
        for other in {chr(ord(letter) ^ 1), "A" if letter != "A" else "B"}:
            changed = f"{jws[:position]}{other}{jws[position + 1 :]}"
            with pytest.raises(Invalid):
                verify(changed, key, root)


@pytest.mark.parametrize(
    "change",
    [
        lambda jws: jws + "=",
        lambda jws: jws + ".",
        lambda jws: jws.rsplit(".", 1)[0],
        lambda jws: jws.replace(".", "..", 1),
        lambda jws: f" {jws}",
        lambda jws: "",
        lambda jws: jws + "é",
        lambda jws: f"{header(alg='none')}.{jws.split('.')[1]}.",
        lambda jws: f"{header(alg='HS256')}.{jws.split('.', 1)[1]}",
    ],
)
def test_it_can_be_written_in_one_way_only(registry: Registry, change: Any) -> None:
    with pytest.raises(Invalid):
        registry.portal.verify(change(registry.sign(sample())))


def header(**said: Any) -> str:
    return urlsafe_b64encode(json.dumps({"kid": "x"} | said).encode()).decode().rstrip("=")


def test_a_header_that_asks_for_more_is_refused(registry: Registry) -> None:
    agencys = json.loads((registry.authority.keys / "civil-status.json").read_text())["keys"][-1]
    secret = Ed25519PrivateKey.from_private_bytes(bytes_of(agencys["d"]))
    said = header(alg="EdDSA", kid=agencys["kid"], crit=["b64"], b64=False)
    payload = urlsafe_b64encode(sample()).decode().rstrip("=")
    signature = urlsafe_b64encode(secret.sign(f"{said}.{payload}".encode())).decode().rstrip("=")
    with pytest.raises(Invalid, match="header"):
        registry.portal.verify(f"{said}.{payload}.{signature}")


def bytes_of(encoded: str) -> bytes:
    return urlsafe_b64decode(encoded + "=")


def test_another_agency_has_no_say_in_it(registry: Registry) -> None:
    with pytest.raises(Invalid, match=r"^it is signed by residence, which has no say in it$"):
        registry.portal.verify(registry.sign(sample(), "residence"))


def test_an_official_of_another_agency_has_no_say_either(tmp_path: Path) -> None:
    registry, who = Registry(tmp_path), official(3, "residence")
    registry.authority.enrol(who)
    with pytest.raises(Invalid, match="has no say"):
        registry.portal.verify(registry.sign(sample(), "residence", who.person_id))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (sample("civil-status.birth-refused.v1"), "no document"),
        (b"{}", "no document"),
        (b"\xff", "no document"),
        (json.dumps(json.loads(sample()) | {"group": "death"}).encode(), "is no document"),
        (json.dumps(json.loads(sample()) | {"group": "none"}).encode(), "is no document"),
        (json.dumps(json.loads(sample()) | {"time": "1999-01-01T00:00:00Z"}).encode(), "not valid"),
    ],
)
def test_not_all_that_an_agency_signs_is_a_document(
    registry: Registry, content: bytes, complaint: str
) -> None:
    with pytest.raises(Invalid, match=complaint):
        registry.portal.verify(registry.sign(content))


def test_whoever_publishes_keys_cannot_add_one_of_their_own(
    registry: Registry, tmp_path: Path
) -> None:
    """A portal that forges: its own key under the agency's name, with another's certificate."""
    forger = Registry(tmp_path)
    jws = forger.sign(sample())
    key, root = forger.portal.key(key_of(jws)), registry.portal.authority
    assert root is not None
    with pytest.raises(Invalid, match="has not certified"):
        verify(jws, key, root)
    real = registry.portal.published.keys[0]
    borrowed = key.model_copy(update={"x5c": real.x5c})
    with pytest.raises(Invalid, match="is not of the key"):
        verify(jws, borrowed, root)
    with pytest.raises(Invalid, match="no key"):
        registry.portal.verify(jws)


def test_a_key_of_another_kind_or_certificate_is_refused(registry: Registry) -> None:
    jws = registry.sign(sample())
    key, root = registry.portal.key(key_of(jws)), registry.portal.authority
    assert root is not None
    seal = x509.load_pem_x509_certificate(registry.authority.seal.read_bytes())
    ders = [b64encode(each.public_bytes(Encoding.DER)).decode() for each in (root, seal)]
    for certificate in (*ders, "?", "AAAA"):
        with pytest.raises(Invalid):
            verify(jws, PublicKey(kid=key.kid, x=key.x, x5c=(certificate,)), root)


def test_a_certificate_has_one_way_to_be_written(registry: Registry) -> None:
    """The last letter of base64 may have bits that nobody decodes."""
    root, letters = registry.portal.authority, ascii_uppercase + ascii_lowercase + digits + "+/"
    assert root is not None
    for _ in range(50):  # the length of a certificate is a matter of chance
        registry.authority.renew("civil-status")
        jws = registry.sign(sample())
        key = registry.portal.key(key_of(jws))
        written = key.x5c[0].rstrip("=")
        if written != key.x5c[0]:
            break
    other = letters[letters.index(written[-1]) + 1]
    same = written[:-1] + other + "=" * (len(key.x5c[0]) - len(written))
    assert b64decode(same) == b64decode(key.x5c[0])
    assert verify(jws, key, root).number == NUMBER
    with pytest.raises(Invalid, match="has not certified"):
        verify(jws, key.model_copy(update={"x5c": (same,)}), root)


def test_a_key_that_was_withdrawn_counts_no_longer_and_a_new_one_at_once(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    before = registry.sign(sample())
    renewed = registry.authority.renew("civil-status")
    after = registry.sign(sample())
    assert key_of(after) == renewed != key_of(before)
    assert registry.portal.verify(before).number == registry.portal.verify(after).number
    published = json.loads(registry.authority.jwks.read_text())
    published["keys"] = [key for key in published["keys"] if key["kid"] != key_of(before)]
    registry.authority.jwks.write_text(json.dumps(published), encoding="utf-8")
    with pytest.raises(Invalid, match="no key"):
        Keys.from_environment(registry.authority.environment).verify(before)


def test_a_portal_without_keys_says_so(registry: Registry) -> None:
    jws = registry.sign(sample())
    with pytest.raises(Invalid, match="ONESTOP_AUTHORITY names no certificate"):
        Keys.from_environment({}).verify(jws)
    only = {"ONESTOP_AUTHORITY": str(registry.authority.certificate)}
    with pytest.raises(Invalid, match="no key"):
        Keys.from_environment(only).verify(jws)


@pytest.mark.parametrize("variable", ["ONESTOP_RESULT_KEYS", "ONESTOP_AUTHORITY"])
@pytest.mark.parametrize("content", [None, "{"])
def test_a_file_that_cannot_be_used_is_named(
    variable: str, content: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"^{variable} cannot be used: .*file"):
        Keys.from_environment({variable: str(file)})


@pytest.mark.parametrize("detached", ["", "a", "a.b", "a.b.c"])
def test_what_was_kept_has_to_be_a_detached_signature(detached: str) -> None:
    with pytest.raises(Invalid, match="detached"):
        compact(b"{}", detached)


def test_the_authority_is_made_once(tmp_path: Path) -> None:
    first = Authority(tmp_path)
    first.prepare()
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    Authority(tmp_path).prepare()
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert authorities.ALWAYS[0] < datetime.now(UTC) < authorities.ALWAYS[1]
    listed = list(first.listed())
    assert all(key.signs for key in listed)
    assert {key.agency for key in listed} == {publisher(event) for _, _, event in DOCUMENTS}
