"""The birth declaration: what a family fills in, and nothing that the state already holds."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.common.countries import CODES
from contracts.common.events import PaymentMethod
from contracts.common.exemptions import Exemptions
from contracts.common.hospitals import NoticeCode
from contracts.common.people import Household, ParentRef, Person, Place, Sex
from contracts.common.provinces import is_province
from contracts.group import Form
from contracts.model import CountryCode, Fault, Input, Name, PersonalId, ProvinceCode

Relation = Literal["mother", "father", "grandparent", "relative", "carer"]


class NewChild(Input):
    """The child as declared."""

    full_name: Name
    sex: Sex
    born_on: date
    birth_order: Annotated[int, Field(ge=1, le=9, description="1, or the order among twins.")] = 1
    place: Place
    nationality: CountryCode = "VN"
    ethnicity: Name = "Kinh"
    hometown: Name


class HospitalNotice(Input):
    """A birth notice signed by the hospital."""

    kind: Literal["hospital-notice"]
    code: NoticeCode


class Witness(Input):
    """A birth outside a hospital, confirmed by a witness."""

    kind: Literal["witness"]
    personal_id: PersonalId


class Commitment(Input):
    """A birth outside a hospital without a witness: a written commitment to the truth."""

    kind: Literal["commitment"]
    signed_on: date


class FoundlingRecord(Input):
    """The commune's record of an abandoned child, posted in public for seven days."""

    kind: Literal["foundling-record"]
    record_number: Name
    commune: Name
    posted_on: date


class ForeignCertificate(Input):
    """A birth certificate issued abroad."""

    kind: Literal["foreign-certificate"]
    country: CountryCode
    number: Name


class NoEvidence(Input):
    """Nothing that proves the birth is at hand."""

    kind: Literal["none"]


Evidence = Annotated[
    HospitalNotice | Witness | Commitment | FoundlingRecord | ForeignCertificate | NoEvidence,
    Field(discriminator="kind"),
]


class BirthForm(Form):
    """A birth declaration."""

    relation: Relation
    child: NewChild
    mother: ParentRef | None = None
    father: ParentRef | None = None
    parents_married: bool = False
    father_recognises: bool = False
    surrogacy_confirmation: Name | None = None
    evidence: Evidence
    household: Household | None = None
    certificate_copies: Annotated[int, Field(ge=0, le=20)] = 0
    payment_method: PaymentMethod = "online"
    exemptions: Exemptions = ()

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Check what can be seen on the form alone; the agencies judge the rest."""
        place = self.child.place
        if place.country == "VN" and place.province is None:
            raise Fault(
                "child.place.province",
                vi="Trẻ sinh tại Việt Nam: ghi tỉnh nơi sinh.",
                en="Give the province of a birth in Viet Nam.",
            )
        if place.country == "VN" and self.household is None:
            raise Fault(
                "household",
                vi="Ghi hộ gia đình mà trẻ đăng ký thường trú.",
                en="Say which household the child joins.",
            )
        if self.parents_married and (self.mother is None or self.father is None):
            raise Fault(
                "parents_married",
                vi="Cha mẹ có đăng ký kết hôn: ghi đủ cả mẹ và cha.",
                en="Married parents are two; name mother and father.",
            )
        foundling = self.evidence.kind == "foundling-record"
        if self.mother is None and self.father is None and not foundling:
            raise Fault(
                "mother",
                vi="Ghi ít nhất mẹ hoặc cha, hoặc biên bản về việc trẻ bị bỏ rơi.",
                en="Name at least one parent, or give the foundling record.",
            )
        parents = [parent for parent in (self.mother, self.father) if parent]
        if len(parents) == 2 and parents[0] == parents[1]:
            raise Fault(
                "father",
                vi="Mẹ và cha đang được ghi là cùng một người.",
                en="The same person is named as mother and father.",
            )
        if isinstance(self.evidence, Witness) and any(
            parent.personal_id == self.evidence.personal_id for parent in parents
        ):
            raise Fault(
                "evidence.personal_id",
                vi="Cha, mẹ không được làm chứng việc sinh của con mình.",
                en="A parent is no witness of the birth.",
            )
        return self

    def people(self) -> tuple[str, ...]:
        """Return the identifiers of parents, household owner and witness."""
        found = [parent.personal_id for parent in (self.mother, self.father) if parent]
        if self.household:
            found.append(self.household.owner)
        if isinstance(self.evidence, Witness):
            found.append(self.evidence.personal_id)
        return tuple(dict.fromkeys(id for id in found if id))

    def living(self) -> Mapping[str, PersonalId]:
        """Return the household's owner, whose consent is asked. A parent or witness may be dead."""
        return {"household.owner": self.household.owner} if self.household else {}

    def faults(self, received_on: date) -> Iterable[Fault]:
        """Yield the fields that name a country which is none, or a province which was none on the
        day that counts."""
        for field, country in self._countries():
            if country not in CODES:
                yield Fault(
                    field,
                    vi=f"Không có quốc gia nào mang mã {country} (ISO 3166-1).",
                    en=f"No country has the code {country} (ISO 3166-1).",
                )
        place = self.child.place.province
        if place and not is_province(place, self.child.born_on):
            yield Fault(
                "child.place.province",
                vi="Vào ngày sinh không có tỉnh nào mang mã này.",
                en="No province had this code on the day of birth.",
            )
        if self.household and not is_province(self.household.province, received_on):
            yield Fault(
                "household.province",
                vi="Không có tỉnh nào mang mã này.",
                en="No province has this code.",
            )

    def _countries(self) -> Iterator[tuple[str, CountryCode]]:
        yield "child.nationality", self.child.nationality
        yield "child.place.country", self.child.place.country
        for name, parent in (("mother", self.mother), ("father", self.father)):
            if parent and parent.details:
                yield f"{name}.details.nationality", parent.details.nationality
        if isinstance(self.evidence, ForeignCertificate):
            yield "evidence.country", self.evidence.country

    def successors(self) -> tuple[PersonalId, ...]:
        """Return the parents: where one dies, the other goes on."""
        parents = (self.mother, self.father)
        return tuple(parent.personal_id for parent in parents if parent and parent.personal_id)

    def answers(self) -> str | None:
        """Return the code of the hospital's notice: what is proposed after one is known by it."""
        evidence = self.evidence
        return evidence.code if isinstance(evidence, HospitalNotice) else None

    def circumstance(self) -> str:
        """Return `born-abroad` or `usual`."""
        return "usual" if self.child.place.country == "VN" else "born-abroad"

    def time_limit(self) -> str:
        """Return `verification` where no hospital has signed for the birth, or `usual`."""
        return "usual" if isinstance(self.evidence, HospitalNotice) else "verification"

    def province(self, people: Mapping[PersonalId, Person]) -> ProvinceCode:
        """Return the household's province; a birth abroad goes to the capital's office, 01."""
        return self.household.province if self.household else "01"
