"""The birth notice: what a hospital says of a birth, and signs."""

from base64 import urlsafe_b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from contracts.common.calendar import local_date
from contracts.common.hospitals import NoticeCode, hospital_of
from contracts.common.people import ParentRef, Person, Place, Sex
from contracts.common.provinces import is_province
from contracts.group import Form, Signed
from contracts.model import Fault, Input, PersonalId, ProvinceCode, Text, shaped

_UNSIGNED = Text(
    vi="Giấy chứng sinh phải được bệnh viện ký theo JWS dạng rút gọn.",
    en="The notice has to be signed by the hospital: a compact JWS.",
)
_JWS = shaped(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", vi=_UNSIGNED.vi, en=_UNSIGNED.en)
_YEARS = range(1900, 2200)
_SHOWN = 120
"""How much of what somebody typed in is said again."""


class Newborn(Input):
    """The child as the hospital saw it."""

    sex: Sex
    born_at: AwareDatetime
    birth_order: Annotated[int, Field(ge=1, le=9, description="1, or the order among twins.")] = 1
    place: Place


class BirthNotice(Input):
    """What a hospital says of a birth: the content that it signs, as JSON in UTF-8."""

    code: NoticeCode
    replaces: NoticeCode | None = Field(
        default=None, description="The notice of this hospital's that was wrong and counts no more."
    )
    mother: ParentRef = Field(description="Who gave birth.")
    commissioned_by: ParentRef | None = Field(
        default=None, description="After surrogacy, the mother for whom she did."
    )
    child: Newborn

    @classmethod
    def read(cls, content: str | bytes) -> Self:
        """Return what JSON says, to the letter: nothing unknown, no other types.

        Raises `pydantic.ValidationError`.
        """
        return cls.model_validate_json(content, strict=True, extra="forbid")

    @property
    def hospital(self) -> str:
        """The name by which the authority certifies the hospital's key, `hospital-XXXXX`."""
        return hospital_of(self.code)

    @property
    def registered_mother(self) -> ParentRef:
        """Who is the child's mother by law (Law on Marriage and Family 2014, art. 94)."""
        return self.commissioned_by or self.mother


class BirthNoticeForm(Form):
    """A birth notice as a hospital sends it. What counts is what was signed, to the byte."""

    content: ClassVar[type[Input]] = BirthNotice

    notice: Annotated[
        str,
        _JWS,
        Field(
            max_length=16_384,
            description="A compact JWS (RFC 7515), Ed25519, of a `BirthNotice` in JSON.",
        ),
    ]

    @cached_property
    def said(self) -> BirthNotice:
        """What the hospital says. Raises `Fault`, which a form that was taken never does."""
        payload = self.notice.split(".")[1]
        try:
            return BirthNotice.read(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except BadBase64:
            raise Fault("notice", vi=_UNSIGNED.vi, en=_UNSIGNED.en) from None
        except ValidationError as error:
            where = ".".join(map(str, error.errors(include_input=False)[0]["loc"])) or "JSON"
            raise Fault(
                "notice",
                vi=f"Nội dung bệnh viện ký không đúng mẫu giấy chứng sinh: {where[:_SHOWN]}.",
                en=f"What the hospital signed is no birth notice: see {where[:_SHOWN]}.",
            ) from None

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Check what can be seen in the notice alone; civil status judges the rest."""
        said = self.said
        place = said.child.place
        if place.country != "VN" or place.province is None:
            raise Fault(
                "notice",
                vi="Giấy chứng sinh ghi tỉnh nơi có bệnh viện.",
                en="A notice names the province that the hospital is in.",
            )
        if said.child.born_at.year not in _YEARS:
            raise Fault(
                "notice",
                vi="Giờ sinh ghi trên giấy chứng sinh không thể có.",
                en="Nobody was born at the time in the notice.",
            )
        if said.replaces and (
            said.replaces == said.code or hospital_of(said.replaces) != said.hospital
        ):
            raise Fault(
                "notice",
                vi="Giấy chứng sinh chỉ thay thế được giấy khác của chính bệnh viện đó.",
                en="A notice replaces another one, of the same hospital.",
            )
        return self

    def people(self) -> tuple[str, ...]:
        """Return who gave birth and who is the mother, where they have identifiers."""
        said = self.said
        named = (said.registered_mother.personal_id, said.mother.personal_id)
        return tuple(dict.fromkeys(id for id in named if id))

    def signed(self) -> Signed:
        """Return that the hospital has to have signed it."""
        return Signed("notice", self.notice, self.said.hospital)

    def faults(self, received_on: date) -> Iterable[Fault]:
        """Yield that the hospital is in no province."""
        child = self.said.child
        if not is_province(child.place.province or "", local_date(child.born_at)):
            yield Fault(
                "notice",
                vi="Vào ngày sinh không có tỉnh nào mang mã mà giấy chứng sinh ghi.",
                en="On the day of birth no province had the code in the notice.",
            )

    def province(self, people: Mapping[PersonalId, Person]) -> ProvinceCode:
        """Return the hospital's province."""
        province = self.said.child.place.province
        assert province is not None, "a form without it is not taken"
        return province
