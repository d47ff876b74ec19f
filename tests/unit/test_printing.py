"""The PDF of a document, read by others than who wrote it: its text, its letters, its code."""

import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from reportlab.pdfbase import pdfmetrics

from contracts.catalogue import catalogue
from contracts.model import Text
from services.chassis.settings import SettingsError
from services.portal import paper, printing, sealing
from services.portal.printed import Line, Order, lines
from services.portal.printing import Press
from services.portal.problems import Problem
from tests.unit.signed import NAME, NUMBER, Registry, sample

ADDRESS = "https://portal.example/api/verify/" + NUMBER
ALPHABET = "aăâeêioôơuưyđ"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = [
    unicodedata.normalize("NFC", letter + tone)
    for both in zip(ALPHABET, ALPHABET.upper(), strict=True)
    for letter in both
    for tone in (TONES if letter.lower() != "đ" else ("",))
]
"""Every letter of Vietnamese with every tone."""


def order(registry: Registry, **child: Any) -> Order:
    """Return the order of a birth certificate of a child of this description."""
    said = {"full_name": NAME} | child
    content = sample()
    for name, value in said.items():
        content = changed(content, name, value)
    return registry.order(registry.sign(content))


def changed(content: bytes, name: str, value: Any) -> bytes:
    message = json.loads(content)
    message["data"]["child"][name] = value
    return json.dumps(message, ensure_ascii=False).encode()


@contextmanager
def opened(pdf: bytes) -> Iterator[Any]:
    """The first page, as another program reads it."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    assert len(document) == 1
    yield page
    page.close()
    document.close()


def text_of(pdf: bytes) -> str:
    with opened(pdf) as page:
        text = page.get_textpage()
        found = str(text.get_text_range())
        text.close()
        return found.replace("\r\n", "\n")


def test_what_is_printed_can_be_read_as_it_was_written(registry: Registry) -> None:
    printed = order(registry)
    text = text_of(paper.page(printed, ADDRESS))
    for line in lines(printed.statement):
        assert line.label.vi in text
        assert line.value.vi in text
        assert line.value.en in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "GIẤY KHAI SINH" in text
    assert "Ký số bởi: Cơ quan đăng ký hộ tịch" in text
    assert ADDRESS in text


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_vietnamese_letter_is_set_whole(registry: Registry, form: Any) -> None:
    """Letters come out as they are, however their marks were typed: never a box or a loose mark."""
    for start in range(0, len(LETTERS), 24):
        letters = " ".join(LETTERS[start : start + 24])
        typed = unicodedata.normalize(form, letters)
        text = text_of(paper.page(order(registry, hometown=typed), ADDRESS))
        assert letters in " ".join(text.split()), "in the order in which they were typed"
        assert not {chr(code) for code in range(0x300, 0x370)} & set(text)


def test_every_letter_has_a_shape_of_its_own() -> None:
    paper._load_fonts()
    for name in (paper.REGULAR, paper.BOLD):
        font: Any = pdfmetrics.getFont(name)
        glyphs = [font.face.charToGlyph.get(ord(letter)) for letter in LETTERS]
        assert None not in glyphs
        assert 0 not in glyphs
        assert len(set(glyphs)) == len(LETTERS)


def test_the_code_leads_to_where_it_is_verified(registry: Registry) -> None:
    with opened(paper.page(order(registry), ADDRESS)) as page:
        image = page.render(scale=2).to_pil()
    assert [each.text for each in zxingcpp.read_barcodes(image)] == [ADDRESS]


def test_nothing_leaves_the_sheet_or_meets_the_code(registry: Registry) -> None:
    """A name of 120 letters, the longest there is, is set in several lines."""
    long = (NAME + " ") * 4
    printed = order(registry, full_name=long[:120].strip(), hometown=long[:120].strip())
    with opened(paper.page(printed, ADDRESS)) as page:
        image = page.render(scale=2).to_pil().convert("L")
        width, height = image.size
        margin = int(width * paper.MARGIN / paper.WIDTH) - 4
        for box in ((0, 0, margin, height), (width - margin, 0, width, height)):
            assert image.crop(box).getextrema() == (255, 255), "the margins are white"
        assert [each.text for each in zxingcpp.read_barcodes(image)] == [ADDRESS]


def test_every_document_can_be_printed(registry: Registry) -> None:
    for spec in catalogue().procedures:
        for event, document in spec.documents.items():
            group = next(g.name for g in catalogue().groups.values() if spec in g.procedures)
            message = json.loads(sample(event.type)) | {"group": group}
            jws = registry.sign(json.dumps(message).encode(), spec.owner)
            text = text_of(paper.page(registry.order(jws), ADDRESS))
            assert document.title.vi.upper() in text
            assert all(line.value.vi in text for line in lines(registry.order(jws).statement))


def test_the_same_document_is_the_same_file(registry: Registry) -> None:
    press = Press.from_environment(ADDRESS, registry.authority.environment)
    other = Press.from_environment(ADDRESS, registry.authority.environment)
    printed = order(registry)
    assert press.pdf(printed) == other.pdf(printed)
    assert press.pdf(printed) is press.pdf(printed), "and is made once"


def test_what_was_revoked_says_so_on_its_face(registry: Registry) -> None:
    revoked = order(registry)._replace(revoked_at=datetime(2026, 11, 20, 20, tzinfo=UTC))
    text = text_of(paper.page(revoked, ADDRESS))
    assert "ĐÃ BỊ THU HỒI ngày 21/11/2026 / REVOKED" in text
    assert "REVOKED" not in text_of(paper.page(order(registry), ADDRESS))


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        ("2026-11-05", "05/11/2026", "5 November 2026"),
        (23_400_000, "23.400.000", "23,400,000"),
        ("001196018427", "001196018427", "001196018427"),
        ("20261105", "20261105", "20261105"),
        ("female", "Nữ", "Female"),
        ("Kinh", "Kinh", "Kinh"),
    ],
)
def test_values_are_written_as_people_do(registry: Registry, value: Any, vi: str, en: str) -> None:
    statement = order(registry).statement
    label = Text(vi="a", en="b")
    document = replace(statement.document, shows={"it": label, "missing.it": label})
    (line,) = lines(replace(statement, document=document, data={"it": value}))
    assert line == Line(label, Text(vi=vi, en=en))


def test_a_portal_without_a_seal_says_so(registry: Registry) -> None:
    with pytest.raises(Problem, match="ONESTOP_SEAL names no key"):
        Press.from_environment(ADDRESS, {}).pdf(order(registry))


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_seal_that_cannot_be_used_is_told(
    registry: Registry, content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "seal.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"^ONESTOP_SEAL cannot be used"):
        press = Press.from_environment(ADDRESS, {"ONESTOP_SEAL": str(file)})
        press.pdf(order(registry))


def test_a_seal_without_rsa_is_refused(registry: Registry) -> None:
    root = (registry.authority.folder / "authority-key.pem").read_bytes()
    certificate = registry.authority.certificate.read_bytes()
    with pytest.raises(SettingsError, match="not RSA"):
        sealing.sealed(paper.page(order(registry), ADDRESS), order(registry), root + certificate)
    assert printing.KEPT > 1
