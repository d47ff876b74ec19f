"""What a family is given after a birth: each document is the event that decided, signed."""

from contracts.common.documents import CIVIL_STATUS, POPULATION, RESIDENCE, SEX, SOCIAL_INSURANCE
from contracts.group import Document
from contracts.model import Text

_HOLDER = Text(vi="Số định danh cá nhân", en="Personal identifier")
_UNTIL = Text(vi="Có giá trị đến", en="Valid until")

BIRTH_CERTIFICATE = Document(
    title=Text(vi="Giấy khai sinh", en="Birth certificate"),
    issued_by=CIVIL_STATUS,
    number="registration_number",
    shows={
        "registration_number": Text(vi="Số", en="Number"),
        "registered_on": Text(vi="Ngày đăng ký", en="Registered on"),
        "child.full_name": Text(vi="Họ, chữ đệm, tên", en="Full name"),
        "child.sex": Text(vi="Giới tính", en="Sex"),
        "child.born_on": Text(vi="Ngày sinh", en="Born on"),
        "child.place.detail": Text(vi="Nơi sinh", en="Place of birth"),
        "child.place.country": Text(vi="Quốc gia", en="Country"),
        "child.nationality": Text(vi="Quốc tịch", en="Nationality"),
        "child.ethnicity": Text(vi="Dân tộc", en="Ethnicity"),
        "child.hometown": Text(vi="Quê quán", en="Home town"),
        "child.mother.full_name": Text(vi="Họ tên mẹ", en="Mother"),
        "child.mother.born_on": Text(vi="Ngày sinh của mẹ", en="Mother born on"),
        "child.mother.nationality": Text(vi="Quốc tịch của mẹ", en="Mother's nationality"),
        "child.father.full_name": Text(vi="Họ tên cha", en="Father"),
        "child.father.born_on": Text(vi="Ngày sinh của cha", en="Father born on"),
        "child.father.nationality": Text(vi="Quốc tịch của cha", en="Father's nationality"),
    },
    words={**SEX, "VN": Text(vi="Việt Nam", en="Viet Nam")},
)

RESIDENCE_CONFIRMATION = Document(
    title=Text(vi="Xác nhận đăng ký thường trú", en="Confirmation of permanent residence"),
    issued_by=RESIDENCE,
    number="confirmation_number",
    shows={
        "confirmation_number": Text(vi="Số", en="Number"),
        "registered_on": Text(vi="Ngày đăng ký", en="Registered on"),
        "personal_id": _HOLDER,
        "household.owner": Text(vi="Số định danh của chủ hộ", en="Owner of the household"),
        "household.address": Text(vi="Địa chỉ", en="Address"),
        "household.commune": Text(vi="Xã, phường", en="Commune"),
        "household.province": Text(vi="Mã tỉnh, thành phố", en="Province"),
    },
)

HEALTH_CARD = Document(
    title=Text(vi="Thẻ bảo hiểm y tế", en="Health insurance card"),
    issued_by=SOCIAL_INSURANCE,
    number="card_number",
    shows={
        "card_number": Text(vi="Mã thẻ", en="Card number"),
        "personal_id": _HOLDER,
        "valid_from": Text(vi="Có giá trị từ", en="Valid from"),
        "valid_until": _UNTIL,
    },
)

IDENTITY_CARD = Document(
    title=Text(vi="Thẻ căn cước", en="Identity card"),
    issued_by=POPULATION,
    number="card_number",
    shows={
        "card_number": Text(vi="Số thẻ", en="Card number"),
        "personal_id": _HOLDER,
        "issued_on": Text(vi="Ngày cấp", en="Issued on"),
        "valid_until": _UNTIL,
    },
)
