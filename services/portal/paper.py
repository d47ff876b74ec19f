"""The page of a document: one sheet of A4, in Vietnamese and English. Same order, same bytes.

Text is set as letters that are whole in Unicode (NFC): Noto Sans has every one that Vietnamese is
written with, and no reader has to put marks on letters.
"""

import unicodedata
from functools import cache
from io import BytesIO
from typing import NamedTuple

import pymupdf_fonts
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from contracts.common.calendar import LOCAL
from contracts.model import Text
from services.portal.printed import Line, Order, lines

WIDTH, HEIGHT = A4
MARGIN, COLUMN = 22 * mm, 82 * mm
QR_SIZE = 34 * mm
REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
BLACK, GREY, RED = Color(0, 0, 0), Color(0.4, 0.4, 0.4), Color(0.75, 0, 0)
_FONTS = {REGULAR: "notos", BOLD: "notosbo"}

STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


def page(order: Order, address: str) -> bytes:
    """Return the PDF, not sealed yet. `address` is where to verify it: the QR code has it."""
    _load_fonts()
    statement, out = order.statement, BytesIO()
    # Invariant: no time of making it, and an identifier that follows from what is in it.
    canvas = Canvas(out, pagesize=A4, invariant=1, lang="vi")
    canvas.setTitle(f"{statement.document.title.vi} {statement.number}")
    canvas.setAuthor(statement.document.issued_by.vi)
    sheet = Sheet(canvas)
    sheet.head(statement.document.issued_by, statement.document.title)
    for since, vi, en in (
        (order.revoked_at, "ĐÃ BỊ THU HỒI", "REVOKED"),
        (order.superseded_at, "ĐÃ ĐƯỢC CẢI CHÍNH", "SUPERSEDED"),
    ):
        if since is not None:
            sheet.centred(f"{vi} ngày {since.astimezone(LOCAL):%d/%m/%Y} / {en}", BOLD, 14, RED)
            sheet.down(6)
    for line in lines(statement):
        sheet.line(line)
    sheet.foot(order, address)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class Style(NamedTuple):
    """How text looks; the size is in points."""

    font: str
    size: float
    colour: Color


class Sheet:
    """A sheet that is written from the top down."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas, self._y = canvas, HEIGHT - MARGIN

    def down(self, points: float) -> None:
        """Leave so much room."""
        self._y -= points

    def centred(self, text: str, font: str, size: float, colour: Color = BLACK) -> None:
        """Write a line in the middle."""
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(colour)
        self._canvas.drawCentredString(WIDTH / 2, self._y, _whole(text))
        self.down(1.5 * size)

    def head(self, issued_by: Text, title: Text) -> None:
        """Write the state, the agency and what it is."""
        self.centred(STATE, BOLD, 12)
        self.centred(MOTTO, BOLD, 11)
        self.down(8)
        self.centred(f"{issued_by.vi} / {issued_by.en}", REGULAR, 10, GREY)
        self.down(12)
        self.centred(title.vi.upper(), BOLD, 18)
        self.centred(title.en, REGULAR, 12, GREY)
        self.down(12)

    def line(self, line: Line) -> None:
        """Write a label at the left and its value at the right, in as many lines as it takes."""
        top = self._y
        left = self._block(MARGIN, COLUMN - MARGIN - 4 * mm, line.label, REGULAR)
        self._y = top
        right = self._block(COLUMN, WIDTH - MARGIN - COLUMN, line.value, BOLD)
        self._y = min(left, right) - 5

    def foot(self, order: Order, address: str) -> None:
        """Write who signed and when, and the code that leads to the portal."""
        code = QrCodeWidget(address, barLevel="M", barWidth=QR_SIZE, barHeight=QR_SIZE)
        drawing = Drawing(QR_SIZE, QR_SIZE)
        drawing.add(code)
        renderPDF.draw(drawing, self._canvas, MARGIN, MARGIN)
        signature = order.statement.signature
        signed_at = f"{signature.at.astimezone(LOCAL):%d/%m/%Y %H:%M:%S}"
        issued_by = order.statement.document.issued_by
        who = signature.official or issued_by.vi
        said = (
            Text(vi=f"Ký số bởi: {who}", en=f"Signed by {signature.official or issued_by.en}"),
            Text(vi=f"Thời điểm ký: {signed_at} (GMT+7)", en=f"Key: {signature.kid}"),
            Text(vi="Kiểm tra tại:", en=address),
            Text(
                vi="Bản ký số của cơ quan được đính kèm tệp này (result.jws).",
                en="What the agency signed is attached to this file (result.jws).",
            ),
        )
        self._y = MARGIN + QR_SIZE - 8
        left = MARGIN + QR_SIZE + 8 * mm
        for text in said:
            self._y = self._block(left, WIDTH - MARGIN - left, text, REGULAR) - 2

    def _block(self, left: float, width: float, text: Text, font: str) -> float:
        """Write both languages, one below the other; return where the room below begins."""
        self._text(left, width, text.vi, Style(font, 10.5, BLACK))
        if text.en != text.vi:
            self._text(left, width, text.en, Style(REGULAR, 8, GREY))
        return self._y

    def _text(self, left: float, width: float, text: str, style: Style) -> None:
        self._canvas.setFont(style.font, style.size)
        self._canvas.setFillColor(style.colour)
        for part in simpleSplit(_whole(text), style.font, style.size, width):
            self._canvas.drawString(left, self._y, part)
            self.down(1.3 * style.size)


def _whole(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@cache
def _load_fonts() -> None:
    for name, buffer in _FONTS.items():
        font = BytesIO(pymupdf_fonts.fontbuffers[buffer]())
        pdfmetrics.registerFont(TTFont(name, font))
