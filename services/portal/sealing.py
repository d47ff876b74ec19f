"""The seal of the portal on a PDF: PAdES (ETSI EN 319 142-1, B-B), with the agency's JWS attached.

The seal says that this page is how the portal prints what is attached. What counts is attached: the
portal cannot sign in an agency's place. Time is that of the decision, and nothing is drawn: from
the same order follow the same bytes.
"""

import hashlib
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

from asn1crypto import pem
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.chassis.settings import SettingsError
from services.portal.printed import SEAL, Order

JWS, JWK = "result.jws", "key.jwk"
FIELD = "Seal"
RESERVED = 16 * 1024
"""Hexadecimal digits that a signature with its certificate may take."""


def sealed(page: bytes, order: Order, seal: bytes) -> bytes:
    """Return the page with what was signed attached, and the seal over both.

    Raises `SettingsError` for a seal that cannot be used.
    """
    writer = _Writer(BytesIO(page))
    for name, content, mime in (
        (JWS, order.jws.encode(), "application/jose"),
        (JWK, order.key.model_dump_json().encode(), "application/jwk+json"),
    ):
        data = embed.EmbeddedFileObject.from_file_data(writer, content, mime_type=mime)
        spec = embed.FileSpec(file_spec_string=name, file_name=name, embedded_data=data)
        embed.embed_file(writer, spec)
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    signer = _Signer(metadata, signer=_seal(seal))
    signer.signs_at = order.statement.signature.at
    return bytes(signer.sign_pdf(writer, bytes_reserved=RESERVED).getbuffer())


class _Writer(IncrementalPdfFileWriter):
    """Adds nothing that comes from chance or the clock: neither an identifier nor a date."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> Any:
        prev.stream.seek(0)
        digest = hashlib.sha256(prev.stream.read()).digest()[:16]
        return generic.ArrayObject([prev.trailer["/ID"][0], generic.ByteStringObject(digest)])

    def _update_meta(self) -> None:
        """Leave what the page says of itself as it is."""


class _Signer(PdfSigner):
    """Signs at a time that is given."""

    signs_at: datetime

    def init_signing_session(self, *arguments: Any, **named: Any) -> PdfSigningSession:
        session = super().init_signing_session(*arguments, **named)
        session.system_time = self.signs_at
        return session


class _Seal(SimpleSigner):
    """Has its key at hand: to read one from PEM is to test whether its primes are primes."""

    key: RSAPrivateKey

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        assert digest_algorithm == "sha256"
        return self.key.sign(data, PKCS1v15(), SHA256())


@cache
def _seal(seal: bytes) -> _Seal:
    """Return what seals: an RSA key and its certificate, in PEM. PKCS #1 v1.5 draws no salt."""
    try:
        found = {name: der for name, _, der in reversed(list(pem.unarmor(seal, multiple=True)))}
        certificate = Certificate.load(found["CERTIFICATE"])
        key = load_der_private_key(found["PRIVATE KEY"], password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("its key is not RSA")
        # The certificate alone: a second copy would be bytes that nothing depends on.
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        made = _Seal(certificate, PrivateKeyInfo.load(found["PRIVATE KEY"]), store)
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{SEAL} cannot be used: {error}") from None
    made.key = key
    return made
