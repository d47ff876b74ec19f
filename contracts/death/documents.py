"""What a family is given after a death: each document is the event that decided, signed."""

from contracts.common.documents import CIVIL_STATUS, RESIDENCE, SEX, SOCIAL_INSURANCE
from contracts.group import Document
from contracts.model import Text

_NUMBER = Text(vi="Số", en="Number")
_DECIDED = {
    "decision_number": _NUMBER,
    "decided_on": Text(vi="Ngày quyết định", en="Decided on"),
    "deceased": Text(vi="Số định danh của người chết", en="The deceased"),
    "payee": Text(vi="Số định danh của người nhận", en="Payee"),
    "month": Text(vi="Tháng chết (từ ngày)", en="Month of death (from)"),
}
_MULTIPLE = Text(vi="Số lần", en="Multiple")
_AMOUNT = Text(vi="Số tiền (đồng)", en="Amount (VND)")

DEATH_CERTIFICATE = Document(
    title=Text(vi="Trích lục khai tử", en="Death certificate"),
    issued_by=CIVIL_STATUS,
    number="registration_number",
    shows={
        "registration_number": _NUMBER,
        "registered_on": Text(vi="Ngày đăng ký", en="Registered on"),
        "deceased.full_name": Text(vi="Họ, chữ đệm, tên", en="Full name"),
        "deceased.personal_id": Text(vi="Số định danh cá nhân", en="Personal identifier"),
        "deceased.sex": Text(vi="Giới tính", en="Sex"),
        "deceased.born_on": Text(vi="Ngày sinh", en="Born on"),
        "deceased.nationality": Text(vi="Quốc tịch", en="Nationality"),
        "deceased.ethnicity": Text(vi="Dân tộc", en="Ethnicity"),
        "died_on": Text(vi="Ngày chết", en="Died on"),
        "place": Text(vi="Nơi chết", en="Place of death"),
        "cause": Text(vi="Nguyên nhân", en="Cause"),
    },
    words={
        **SEX,
        "VN": Text(vi="Việt Nam", en="Viet Nam"),
        "hospital": Text(vi="Tại bệnh viện", en="In a hospital"),
        "home": Text(vi="Tại nhà", en="At home"),
        "elsewhere": Text(vi="Nơi khác", en="Elsewhere"),
        "illness": Text(vi="Bệnh", en="Illness"),
        "accident": Text(vi="Tai nạn", en="Accident"),
        "suspicious": Text(vi="Có nghi vấn", en="Suspicious"),
        "disaster": Text(vi="Thiên tai, dịch bệnh", en="Disaster"),
        "declared-by-court": Text(vi="Tòa án tuyên bố", en="Declared by a court"),
    },
)

REMOVAL_CONFIRMATION = Document(
    title=Text(vi="Xác nhận xóa đăng ký thường trú", en="Confirmation of removal of residence"),
    issued_by=RESIDENCE,
    number="confirmation_number",
    shows={
        "confirmation_number": _NUMBER,
        "removed_on": Text(vi="Ngày xóa", en="Removed on"),
        "personal_id": Text(vi="Số định danh cá nhân", en="Personal identifier"),
    },
)

ALLOWANCE_DECISION = Document(
    title=Text(vi="Quyết định trợ cấp mai táng", en="Decision on a funeral allowance"),
    issued_by=SOCIAL_INSURANCE,
    number="decision_number",
    shows={
        **_DECIDED,
        "reference_level": Text(vi="Mức tham chiếu (đồng)", en="Reference level (VND)"),
        "multiple": _MULTIPLE,
        "amount": _AMOUNT,
    },
)

SUPPORT_DECISION = Document(
    title=Text(vi="Quyết định hỗ trợ chi phí mai táng", en="Decision on burial support"),
    issued_by=SOCIAL_INSURANCE,
    number="decision_number",
    shows={
        **_DECIDED,
        "standard": Text(vi="Mức chuẩn trợ giúp xã hội (đồng)", en="Standard (VND)"),
        "multiple": _MULTIPLE,
        "amount": _AMOUNT,
    },
)
