"""Whether a document is what an agency signed: by whom, and when. Nothing else vouches for it.

A document is a compact JWS (RFC 7515) whose payload is the event by which the agency decided. A key
counts by its certificate (`x5c`, RFC 7517) alone: the authority has issued it, to an agency or to
an official of one. So neither this portal nor whoever publishes keys can speak in their place.
"""

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.catalogue import catalogue, publisher
from contracts.envelope import Codec, Envelope, Event, Undecodable
from contracts.group import Document

ALGORITHM = "EdDSA"
OFFICIAL = "official"
"""The organisational unit in the certificate of an official; an agency's has none."""


class Invalid(ValueError):
    """It is not what an agency has signed; the message says why not."""


class PublicKey(BaseModel):
    """A public key as a JWK (RFC 8037), with the certificate that says whose it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"
    kid: str
    x: str
    x5c: tuple[str] = Field(description="The certificate of the key, in DER and base64.")


class _Header(BaseModel):
    # Nothing else: what a header could ask for besides (`crit`), nobody here would understand.
    model_config = ConfigDict(frozen=True, extra="forbid")

    alg: Literal["EdDSA"]
    kid: str


@dataclass(frozen=True)
class Signature:
    """Who signed: an official of an agency, or the agency itself."""

    agency: str
    official: str | None
    kid: str
    at: datetime


@dataclass(frozen=True)
class Statement:
    """What was signed, and by whom: a document under its number.

    Of one number, a later version is greater: it is the entry of the agency's journal.
    """

    number: str
    version: int
    document: Document
    group: str
    procedure: str
    case_id: str
    signature: Signature
    data: Mapping[str, Any]


def compact(content: bytes, detached: str) -> str:
    """Return the compact JWS of an event and its detached signature. Raises `Invalid`."""
    header, between, signature = detached.partition("..")
    if not between:
        raise Invalid("the signature is no detached JWS")
    return f"{header}.{_encoded(content)}.{signature}"


def key_of(jws: str) -> str:
    """Return the id of the key that a document says it is signed by. Raises `Invalid`."""
    return _header(jws.partition(".")[0]).kid


def verify(jws: str, key: PublicKey, authority: x509.Certificate) -> Statement:
    """Return what was signed. Raises `Invalid` for anything that was not signed just so."""
    content, certificate = _opened(jws, key, authority)
    return _statement(_envelope(content), key, certificate)


def signed_by(jws: str, key: PublicKey, authority: x509.Certificate, by: str, at: datetime) -> None:
    """Raise `Invalid` unless it is that organisation which has signed this, by a key that was
    valid at that time."""
    _, certificate = _opened(jws, key, authority)
    organisation = _subject(certificate, NameOID.ORGANIZATION_NAME)
    if organisation != by:
        raise Invalid(f"it is signed by {organisation}, which has no say in it")
    _check_valid(key, certificate, at)


def _opened(
    jws: str, key: PublicKey, authority: x509.Certificate
) -> tuple[bytes, x509.Certificate]:
    """Return what the signature is of, and the certificate of its key. Raises `Invalid`."""
    parts = jws.split(".")
    if len(parts) != 3:
        raise Invalid("it is no compact JWS: it has not three parts")
    header, payload, signature = parts
    if _header(header).kid != key.kid:
        raise Invalid(f"it is signed by another key than {key.kid}")
    certificate = _certificate(key, authority)
    try:
        public = certificate.public_key()
        assert isinstance(public, Ed25519PublicKey)
        public.verify(_decoded(signature), f"{header}.{payload}".encode())
    except InvalidSignature:
        raise Invalid("the signature does not fit: something has been changed") from None
    return _decoded(payload), certificate


def _header(encoded: str) -> _Header:
    try:
        return _Header.model_validate_json(_decoded(encoded))
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "it"
        raise Invalid(f"the header of the signature cannot be used: {where}") from None


def _certificate(key: PublicKey, authority: x509.Certificate) -> x509.Certificate:
    """Return the certificate of a key, which the authority has issued for just this key."""
    try:
        der = b64decode(key.x5c[0], validate=True)
        if b64encode(der).decode() != key.x5c[0]:
            raise ValueError("there is one way to write it")
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(authority)
        public = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature):
        raise Invalid(f"the authority has not certified the key {key.kid}") from None
    if not isinstance(public, Ed25519PublicKey) or _encoded(public.public_bytes_raw()) != key.x:
        raise Invalid(f"the certificate is not of the key {key.kid}")
    return certificate


def _statement(
    envelope: Envelope[Event], key: PublicKey, certificate: x509.Certificate
) -> Statement:
    signature = Signature(
        agency=_subject(certificate, NameOID.ORGANIZATION_NAME),
        official=_subject(certificate, NameOID.COMMON_NAME) if _is_official(certificate) else None,
        kid=key.kid,
        at=envelope.time,
    )
    if signature.agency != publisher(type(envelope.data)):
        raise Invalid(f"it is signed by {signature.agency}, which has no say in it")
    _check_valid(key, certificate, envelope.time)
    group = catalogue().groups.get(envelope.group)
    for spec in group.procedures if group else ():
        if (document := spec.documents.get(type(envelope.data))) is not None:
            data = envelope.data.model_dump(mode="json")
            return Statement(
                number=str(data[document.number]),
                version=envelope.entry,
                document=document,
                group=envelope.group,
                procedure=spec.name,
                case_id=envelope.subject,
                signature=signature,
                data=data,
            )
    raise Invalid(f"an event {envelope.type} of '{envelope.group}' is no document")


def _check_valid(key: PublicKey, certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Invalid(f"the key {key.kid} was not valid when it was signed")


def _envelope(content: bytes) -> Envelope[Event]:
    try:
        return _codec.decode(content)
    except Undecodable as error:
        raise Invalid(f"what is signed is no document: {error}") from None


def _subject(certificate: x509.Certificate, name: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(name)
    return str(found[0].value) if found else ""


def _is_official(certificate: x509.Certificate) -> bool:
    return _subject(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME) == OFFICIAL


def _decoded(text: str) -> bytes:
    """Return what is encoded. Every other way to write it, in spare bits say, is a change."""
    try:
        content = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, BadBase64):
        raise Invalid("it is not written in base64url") from None
    if _encoded(content) != text:
        raise Invalid("it is not written in base64url as it should be")
    return content


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


_codec = Codec(event for spec in catalogue().procedures for event in spec.documents)
