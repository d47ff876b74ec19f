"""A file is valid, or a byte of it was changed: in the page, in what is attached, in the seal."""

import json
from io import BytesIO
from random import Random
from typing import Any

import pytest
from cryptography import x509
from pydantic_core import to_json
from pyhanko.pdf_utils import embed
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from contracts.birth.process import BIRTH, GROUP
from infra.errors import OnestopError
from infra.verifying import Verifier
from services.portal import paper, sealing
from services.portal.documents import VALID, Result, _result
from services.portal.printing import Press
from services.portal.results import numbered
from services.portal.verification import Invalid
from tests.unit.signed import NUMBER, Registry, sample

SEED = 20261122
ADDRESS = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def pdf(registry: Registry) -> bytes:
    return printed(registry)


def printed(registry: Registry, seal: Registry | None = None) -> bytes:
    environment = (seal or registry).authority.environment
    return Press.from_environment(ADDRESS, environment).pdf(registry.order())


def verifier(registry: Registry) -> Verifier:
    assert registry.portal.authority is not None
    return Verifier(registry.portal.authority, registry.portal.published)


def test_a_pdf_holds_and_says_by_whom(registry: Registry, pdf: bytes) -> None:
    verified = verifier(registry).file(pdf)
    assert verified.statement.number == NUMBER
    assert verified.statement.signature.agency == "civil-status"
    assert verified.sealed_by == "portal"
    assert "Trần Thị Thu Hà" in [line.value.vi for line in verified.lines]


def test_a_changed_byte_of_a_pdf_fails_wherever_it_is(registry: Registry, pdf: bytes) -> None:
    """All regions: the page, what was added with the seal, each part of the seal, and its room."""
    check, random = verifier(registry).file, Random(SEED)
    begin = pdf.index(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", begin)
    used = len(pdf[begin:end].rstrip(b"0"))
    page = pdf.index(b"%%EOF") + 5
    regions = {
        "the page": range(page),
        "what was attached": range(page, begin),
        "the head of the seal": range(begin, begin + 120),
        "the seal": range(begin, begin + used),
        "the room for the seal": range(begin + used, end),
        "what comes after it": range(end, len(pdf)),
    }
    for name, region in regions.items():
        for position in random.sample(region, 12):
            digit = ord("A") if pdf[position] != ord("A") else ord("B")
            for other in {pdf[position] ^ 1, pdf[position] ^ 0x20, digit}:
                changed = bytearray(pdf)
                changed[position] = other
                with pytest.raises(Invalid):
                    check(bytes(changed))
                    pytest.fail(f"{name}: byte {position} as {other}")


@pytest.mark.parametrize("more", [b"\n", b"%", b"\x00"])
def test_nothing_can_be_put_behind_or_before(registry: Registry, pdf: bytes, more: bytes) -> None:
    for changed in (pdf + more, more + pdf, pdf[:-1]):
        with pytest.raises(Invalid):
            verifier(registry).file(changed)


def test_nothing_can_be_added_as_pdfs_are_added_to(registry: Registry, pdf: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    data = embed.EmbeddedFileObject.from_file_data(writer, b"another", mime_type="text/plain")
    embed.embed_file(writer, embed.FileSpec(file_spec_string="more.txt", embedded_data=data))
    added = BytesIO()
    writer.write(added)  # type: ignore[no-untyped-call]
    with pytest.raises(Invalid):
        verifier(registry).file(added.getvalue())


def test_a_pdf_without_seal_or_of_others_is_none(registry: Registry, pdf: bytes) -> None:
    page = pdf[: pdf.index(b"%%EOF") + 6]
    with pytest.raises(Invalid, match="0 seals"):
        verifier(registry).file(page)


def test_a_seal_of_another_authority_counts_for_nothing(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    forger = Registry(tmp_path_factory.mktemp("forger"))
    with pytest.raises(Invalid, match="nobody whom the authority knows"):
        verifier(registry).file(printed(registry, seal=forger))


def test_a_portal_cannot_seal_what_no_agency_signed(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It has the seal, and keys of its own making for the rest."""
    forger = Registry(tmp_path_factory.mktemp("forger"))
    forged = Press.from_environment(ADDRESS, registry.authority.environment).pdf(forger.order())
    with pytest.raises(Invalid, match="has not certified"):
        verifier(registry).file(forged)


def answer(registry: Registry) -> dict[str, Any]:
    """Return what the portal answers to who asks for a document."""
    order = registry.order()
    result = Result(
        number=NUMBER,
        spec=GROUP.procedure(BIRTH),
        document=order.statement.document,
        row={
            "_id": numbered(NUMBER, order.statement.version),
            "case_id": order.statement.case_id,
            "group": "birth",
        },
        state="valid",
        detail=VALID,
        jws=order.jws,
        statement=order.statement,
    )
    told: dict[str, Any] = json.loads(to_json(_result(result, registry.portal)))
    return told


def test_the_portals_answer_holds(registry: Registry) -> None:
    told = json.dumps(answer(registry)).encode()
    assert verifier(registry).file(told).statement.number == NUMBER


def test_a_changed_letter_of_the_answer_fails_wherever_it_is(registry: Registry) -> None:
    check, random = verifier(registry).file, Random(SEED)
    told = to_json(answer(registry))
    assert check(told).statement.number == NUMBER
    for position in (*range(600), *random.sample(range(600, len(told)), 600)):
        changed = bytearray(told)
        changed[position] ^= 1
        with pytest.raises(Invalid):
            check(bytes(changed))


def test_an_answer_that_says_more_or_that_it_is_revoked_does_not_hold(registry: Registry) -> None:
    for more in ({"note": "x"}, {"state": "revoked", "revoked_at": "2026-11-20T00:00:00Z"}):
        with pytest.raises(Invalid):
            verifier(registry).file(to_json(answer(registry) | more))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"{}", b'{"jws": null, "jwk": {}}', b"\xff\xfe", b"%PDF-1.4", b"[]"]
)
def test_what_is_no_document_is_told(registry: Registry, content: bytes) -> None:
    with pytest.raises(Invalid):
        verifier(registry).file(content)


def test_a_bare_jws_needs_a_published_key(registry: Registry) -> None:
    jws = registry.sign(sample()).encode()
    assert verifier(registry).file(jws + b"\n").statement.number == NUMBER
    assert registry.portal.authority is not None
    alone = Verifier(registry.portal.authority)
    with pytest.raises(OnestopError, match="not among those published"):
        alone.file(jws)


def test_an_agency_cannot_seal_in_the_portals_place(registry: Registry) -> None:
    """The authority certifies agencies too, but a seal is the portal's."""
    agencys = paper.page(registry.order(), ADDRESS)
    sealed = sealing.sealed(agencys, registry.order(), registry.seal("residence"))
    with pytest.raises(Invalid, match="sealed by residence, and not by a portal"):
        verifier(registry).file(sealed)


def test_the_certificate_of_the_authority_is_all_that_is_believed(registry: Registry) -> None:
    root = registry.portal.authority
    assert isinstance(root, x509.Certificate)
    assert Verifier(root).file(printed(registry)).statement.number == NUMBER
