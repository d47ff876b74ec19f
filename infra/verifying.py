"""Whether a file is a document that an agency has signed: a JWS, the portal's JSON, or its PDF.

Everything that is believed is the authority's certificate. Nothing is asked of anybody.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto.cms import (
    ContentInfo,
    IssuerAndSerialNumber,
    SignedData,
    SignerIdentifier,
    SignerInfo,
)
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from infra.authority import PORTAL
from infra.errors import OnestopError, about_file
from services.chassis.settings import why
from services.portal.documents import VALID
from services.portal.keys import KeySet
from services.portal.printed import Line, lines
from services.portal.verification import Invalid, PublicKey, Statement, key_of, verify

JWS, JWK = "result.jws", "key.jwk"
MAGIC = b"%PDF-"


@dataclass(frozen=True)
class Verified:
    """A document that holds, as far as its file tells. `sealed_by` is of a PDF only."""

    statement: Statement
    sealed_by: str | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the agency has signed, as it is printed."""
        return tuple(lines(self.statement))


class Verifier:
    """Verifies files by the certificate of an authority, and keys that somebody has published.

    Published keys are needed for a bare JWS alone: other files bring theirs with them.
    """

    def __init__(self, authority: x509.Certificate, keys: KeySet | None = None) -> None:
        self._authority = authority
        self._keys = {key.kid: key for key in (keys or KeySet()).keys}

    def file(self, content: bytes) -> Verified:
        """Return what is in a file. Raises `Invalid`, and `OnestopError` where a key is missing."""
        if content.startswith(MAGIC):
            return self._pdf(content)
        try:
            text = content.decode("ascii").strip() if content[:1] != b"{" else ""
        except UnicodeDecodeError:
            raise Invalid("it is neither a PDF, nor JSON, nor a JWS") from None
        return self._jws(text) if text else self._json(content)

    def _jws(self, jws: str) -> Verified:
        kid = key_of(jws)
        if kid not in self._keys:
            raise OnestopError(
                f"the key {kid} is not among those published: name a JWKS that has it with --keys"
            )
        return Verified(verify(jws, self._keys[kid], self._authority))

    def _json(self, content: bytes) -> Verified:
        """Verify what the portal answers. What it says besides must be what was signed."""
        try:
            told = json.loads(content)
            jws, key = told["jws"], PublicKey.model_validate(told["jwk"])
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"it is no result of a portal: {type(error).__name__}") from None
        if not isinstance(jws, str):
            raise Invalid("it is not signed")
        verified = Verified(verify(jws, key, self._authority))
        if told.get("state") == "revoked":
            raise Invalid(f"the portal said that it was revoked ({told.get('revoked_at')})")
        if told.get("state") == "superseded":
            raise Invalid(f"the portal said that it was corrected ({told.get('superseded_at')})")
        expected = {**_told(verified), "jws": jws, "jwk": key.model_dump(mode="json")}
        for name in sorted(expected.keys() | told.keys()):
            if name not in expected or told.get(name) != expected[name]:
                raise Invalid(f"what it says of '{name}' is not what was signed")
        return verified

    def _pdf(self, content: bytes) -> Verified:
        try:
            reader = PdfFileReader(BytesIO(content))
            signatures = reader.embedded_signatures
            if len(signatures) != 1:
                raise Invalid(f"it has {len(signatures)} seals: a portal puts one on")
            sealed_by = self._seal(signatures[0], content)
            files = _attachments(reader)
            key = PublicKey.model_validate_json(files[JWK])
            statement = verify(files[JWS].decode("ascii"), key, self._authority)
        except Invalid:
            raise
        except Exception as error:  # noqa: BLE001  whatever its parser raises at a damaged file
            raise Invalid(f"the PDF cannot be read as a result of a portal: {error}") from None
        return Verified(statement, sealed_by)

    def _seal(self, signature: EmbeddedPdfSignature, content: bytes) -> str:
        """Return whose seal it is: of a portal, over all of the file. Raises `Invalid`."""
        _check_written(signature, content)
        status = validate_pdf_signature(signature, self._trust(signature.self_reported_timestamp))
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        if not (status.intact and status.valid and whole):
            raise Invalid("the seal does not fit: something has been changed")
        if not status.trusted:
            raise Invalid("the seal is of nobody whom the authority knows")
        if status.modification_level != ModificationLevel.NONE:
            raise Invalid("something has been added since it was sealed")
        sealed_by = str(status.signing_cert.subject.native["organization_name"])
        if sealed_by != PORTAL:
            raise Invalid(f"it is sealed by {sealed_by}, and not by a portal")
        return sealed_by

    def _trust(self, moment: datetime | None) -> ValidationContext:
        root = Certificate.load(self._authority.public_bytes(Encoding.DER))
        # The authority of a demonstration says nothing of revoked certificates.
        return ValidationContext(
            trust_roots=[root], moment=moment, allow_fetching=False, revocation_mode="soft-fail"
        )


def _check_written(signature: EmbeddedPdfSignature, content: bytes) -> None:
    """Require the one way to write a seal: it stands in the only bytes that it does not cover."""
    _, until, since, _ = (int(number) for number in signature.byte_range)
    written = content[until:since]
    digits = _as_portals_write(ContentInfo.load(signature.pkcs7_content)).hex().upper().encode()
    if written != b"<" + digits.ljust(len(written) - 2, b"0") + b">":
        raise Invalid("the seal is not written as a portal does: something has been changed")


def _as_portals_write(cms: ContentInfo) -> bytes:
    """Return the CMS (RFC 5652) with everything that no signature covers as portals write it."""
    signed = cms["content"]
    (certificate,), (signer,) = signed["certificates"], signed["signer_infos"]
    sha256 = {"algorithm": "sha256"}
    identifier = IssuerAndSerialNumber(
        {
            "issuer": certificate.chosen.issuer,
            "serial_number": certificate.chosen.serial_number,
        }
    )
    info = SignerInfo(
        {
            "version": "v1",
            "sid": SignerIdentifier({"issuer_and_serial_number": identifier}),
            "digest_algorithm": sha256,
            "signed_attrs": signer["signed_attrs"],
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": signer["signature"],
        }
    )
    data = SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [info],
        }
    )
    expected = ContentInfo({"content_type": "signed_data", "content": data})
    return bytes(expected.dump())


def _attachments(reader: PdfFileReader) -> dict[str, bytes]:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    return {str(names[i]): names[i + 1]["/EF"]["/F"].data for i in range(0, len(names), 2)}


def _told(verified: Verified) -> dict[str, Any]:
    """Return what the portal's answer says of a document that holds, besides the signature."""
    statement = verified.statement
    signature = statement.signature
    return {
        "number": statement.number,
        "version": statement.version,
        "state": "valid",
        "title": _sentence(statement.document.title),
        "agency": signature.agency,
        "signed": {
            "agency": signature.agency,
            "official": signature.official,
            "key": signature.kid,
            "at": to_jsonable_python(signature.at),
        },
        "revoked_at": None,
        "superseded_at": None,
        "reason": None,
        "detail": _sentence(VALID),
        "case_id": statement.case_id,
        "group": statement.group,
        "procedure": statement.procedure,
        "lines": [
            {"label": _sentence(each.label), "value": _sentence(each.value)}
            for each in verified.lines
        ],
    }


def _sentence(text: Any) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def keys_in(content: bytes | str) -> KeySet:
    """Return the keys of a JWKS. Raises `OnestopError`."""
    try:
        return KeySet.model_validate_json(content)
    except ValidationError as error:
        raise OnestopError(f"the published keys cannot be used: {why(error)}") from None


def read(file: Path) -> bytes:
    """Return the content of a file. Raises `OnestopError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise OnestopError(about_file(error)) from None
