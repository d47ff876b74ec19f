"""A demonstration authority: it certifies keys of agencies and officials, on this machine alone.

In its place stands, in a real system, a public certification authority; the keys then live in
whatever signs for agencies and officials, and services find them as they do here.
"""

import json
import os
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from contracts.catalogue import catalogue
from contracts.common.tasks import Official
from infra.errors import OnestopError
from services.chassis.signing import Keyring

FOLDER = "authority"
"""Within the folder of a stack's data."""
PORTAL = "portal"
OFFICIAL = "official"
_UNIT = NameOID.ORGANIZATIONAL_UNIT_NAME
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)
"""How long its certificates are valid: whatever time a tester's clock shows."""
Certified = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Any


class Listed(NamedTuple):
    """A key that is published: whose it is, and whether they sign by it now."""

    kid: str
    agency: str
    official: str | None
    signs: bool


class Authority:
    """The authority whose keys are in a folder.

    `authority.pem` is its certificate and `jwks.json` the public keys that it has certified, both
    for everybody. `keys/<service>.json` are private keys of a service and its officials, or of a
    hospital, `seal.pem` is the portal's: each for its owner alone. `authority-key.pem` is nobody's
    but its own.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate, self.jwks = folder / "authority.pem", folder / "jwks.json"
        self.keys, self.seal = folder / "keys", folder / "seal.pem"
        self._key = folder / "authority-key.pem"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name the files to the services, unless others are set."""
        named = {
            "ONESTOP_SIGNING_KEYS": self.keys,
            "ONESTOP_RESULT_KEYS": self.jwks,
            "ONESTOP_AUTHORITY": self.certificate,
            "ONESTOP_SEAL": self.seal,
        }
        return {name: os.environ.get(name) or str(file) for name, file in named.items()}

    def prepare(self, services: Iterable[str] | None = None) -> None:
        """Make what is missing: the authority, a key of each service that signs, the seal."""
        known = catalogue()
        agencies = [name for name in services or known.services if known.signed_by(name)]
        with self._alone():
            if not self._key.exists():
                self._found()
            if not self.seal.exists():
                self._seal()
            for agency in agencies:
                if not any("signatory" not in key for key in self._private(agency)):
                    self._add(agency, None)

    def enrol(self, official: Official) -> None:
        """Give an official a key of their own, unless they have one; their agency keeps it."""
        with self._alone():
            known = [key.get("signatory") for key in self._private(official.agency)]
            if self._key.exists() and official.person_id not in known:
                self._add(official.agency, official)

    def renew(self, agency: str) -> str:
        """Give an agency a new key, which signs from its next start on; return the key's id."""
        with self._alone():
            return self._add(agency, None)

    def word_of(self, organisation: str, content: bytes) -> str:
        """Return the content as an organisation signs it that is no agency: a compact JWS.

        It gets a key with its first word. Raises `OnestopError` where there is no authority.
        """
        file = self.keys / f"{organisation}.json"
        if not self._key.exists():
            raise OnestopError(
                f"no authority in {self.folder}: `onestop up` or `onestop keys --make` makes one"
            )
        with self._alone():
            if not self._private(organisation):
                self._add(organisation, None)
        header, _, signature = Keyring(file).sign(content).partition("..")
        return f"{header}.{_encoded(content)}.{signature}"

    def listed(self) -> Iterator[Listed]:
        """Yield the keys that are published, by agency."""
        known = sorted(file.stem for file in self.keys.glob("*.json"))
        signing = {key["kid"] for organisation in known for key in self._signs(organisation)}
        for key in self._published():
            der = b64decode(key["x5c"][0])
            subject = x509.load_der_x509_certificate(der).subject
            named = {each.oid: str(each.value) for each in subject}
            official = named[NameOID.COMMON_NAME] if _UNIT in named else None
            agency, kid = named[NameOID.ORGANIZATION_NAME], key["kid"]
            yield Listed(kid, agency, official, kid in signing)

    def _signs(self, agency: str) -> list[dict[str, Any]]:
        """Return the keys by which an agency and its officials sign: the last of each."""
        return list({key.get("signatory"): key for key in self._private(agency)}.values())

    def _found(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common="Onestop demonstration authority", organisation="demonstration")
        builder = _builder(name, name, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(_usage(authority=True), True)
        certificate = builder.sign(key, hashes.SHA256())
        self.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        _write(self._key, _pem(key))

    def _seal(self) -> None:
        """Make the key by which the portal seals PDFs: RSA, which every reader of PDFs knows."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        certificate = self._certified(key.public_key(), _name(PORTAL, PORTAL))
        _write(self.seal, _pem(key) + certificate.public_bytes(Encoding.PEM))

    def _add(self, agency: str, official: Official | None) -> str:
        """Make a key and certify it: first for those who verify, then for the one who signs."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes_raw()
        kid = f"{agency}/{_encoded(public)[:12]}"
        name = _name(official.name, agency, OFFICIAL) if official else _name(agency, agency)
        der = self._certified(key.public_key(), name).public_bytes(Encoding.DER)
        jwk = {"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": _encoded(public)}
        published = [
            *self._published(),
            {**jwk, "alg": "EdDSA", "use": "sig", "x5c": [b64encode(der).decode()]},
        ]
        _write(self.jwks, _json({"keys": published}), mode=0o644)
        whose = {"signatory": official.person_id} if official else {}
        secret = {**jwk, **whose, "d": _encoded(key.private_bytes_raw())}
        keys = [*self._private(agency), secret]
        _write(self.keys / f"{agency}.json", _json({"keys": keys}))
        return kid

    def _certified(self, public: Certified, name: x509.Name) -> x509.Certificate:
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        key = load_pem_private_key(self._key.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        builder = _builder(name, authority.subject, public)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_usage(authority=False), True)
        return builder.sign(key, hashes.SHA256())

    def _published(self) -> list[dict[str, Any]]:
        return _keys_in(self.jwks)

    def _private(self, agency: str) -> list[dict[str, Any]]:
        return _keys_in(self.keys / f"{agency}.json")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody else change the files meanwhile: a command may run beside a stack."""
        self.keys.mkdir(parents=True, exist_ok=True)
        with open(self.folder / ".lock", "w", encoding="utf-8") as lock:
            flock(lock, LOCK_EX)
            yield


def _builder(name: x509.Name, issuer: x509.Name, public: Certified) -> x509.CertificateBuilder:
    since, until = ALWAYS
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(identifier, False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str, organisation: str, unit: str | None = None) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        *([x509.NameAttribute(_UNIT, unit)] if unit else []),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    return x509.Name(attributes)


def _keys_in(file: Path) -> list[dict[str, Any]]:
    return list(json.loads(file.read_text("utf-8"))["keys"]) if file.exists() else []


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _write(file: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all: whoever reads it never sees half of it."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as out:
        out.write(content)
    draft.replace(file)
