"""Documents that groups share: receipts; who issues them, and what is printed instead of codes."""

from contracts.group import Document
from contracts.model import Text

CIVIL_STATUS = Text(vi="Cơ quan đăng ký hộ tịch", en="Civil status")
POPULATION = Text(vi="Cơ sở dữ liệu quốc gia về dân cư", en="National population database")
RESIDENCE = Text(vi="Cơ quan đăng ký cư trú", en="Residence registration")
SOCIAL_INSURANCE = Text(vi="Bảo hiểm xã hội Việt Nam", en="Viet Nam Social Security")
PAYMENTS = Text(vi="Nền tảng thanh toán trực tuyến", en="Payment platform")

SEX = {"female": Text(vi="Nữ", en="Female"), "male": Text(vi="Nam", en="Male")}

RECEIPT = Document(
    title=Text(vi="Biên lai thu phí, lệ phí", en="Receipt of fees"),
    issued_by=PAYMENTS,
    number="receipt_number",
    shows={
        "receipt_number": Text(vi="Số biên lai", en="Receipt number"),
        "due": Text(vi="Phải nộp (đồng)", en="Due (VND)"),
        "waived": Text(vi="Được miễn, giảm (đồng)", en="Waived (VND)"),
        "method": Text(vi="Hình thức", en="Method"),
    },
    words={
        "online": Text(vi="Trực tuyến", en="Online"),
        "counter": Text(vi="Tại quầy", en="At the counter"),
    },
)
