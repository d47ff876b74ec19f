"""People and where they live, as events and forms speak of them."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from contracts.model import CountryCode, Fault, Input, Name, PersonalId, ProvinceCode, Value

Sex = Literal["female", "male"]


class Person(Value):
    """What the population register holds of a person."""

    personal_id: PersonalId
    full_name: Name
    sex: Sex
    born_on: date
    nationality: CountryCode = "VN"
    ethnicity: Name = "Kinh"
    province: ProvinceCode
    commune: Name
    address: Name
    household_owner: PersonalId | None = None
    deceased_on: date | None = None


class PersonDetails(Input):
    """A person who has no personal identifier, a foreigner for example, described in full."""

    full_name: Name
    born_on: date
    nationality: CountryCode
    document_number: Name


class ParentRef(Input):
    """A parent: an identifier where there is one, else the details."""

    personal_id: PersonalId | None = None
    details: PersonDetails | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Require exactly one way of naming the parent."""
        if (self.personal_id is None) == (self.details is None):
            raise Fault(
                "",
                vi="Ghi cha hoặc mẹ theo số định danh (personal_id) hoặc theo thông tin nhân thân"
                " (details), không ghi cả hai.",
                en="Name the parent either by personal_id or by details.",
            )
        return self


# Place and household are in forms and in events: values, so that events can grow. A form refuses
# unknown fields in them too, because `ProcedureGroup.parse` says so for the whole of it.
class Place(Value):
    """Where somebody was born. A birth in Viet Nam has a province, one abroad has none."""

    model_config = ConfigDict(str_strip_whitespace=True)

    country: CountryCode = "VN"
    province: ProvinceCode | None = None
    detail: Name


class Household(Value):
    """The household that the child joins, and whether its owner agrees."""

    model_config = ConfigDict(str_strip_whitespace=True)

    owner: PersonalId
    province: ProvinceCode
    commune: Name
    address: Name
    owner_consents: bool


class Parent(Value):
    """A parent as the birth certificate names them."""

    full_name: Name
    born_on: date
    nationality: CountryCode
    ethnicity: Name | None = None
    personal_id: PersonalId | None = None


class Child(Value):
    """A registered child."""

    full_name: Name
    sex: Sex
    born_on: date
    birth_order: Annotated[int, Field(ge=1, le=9)] = 1
    place: Place
    nationality: CountryCode = "VN"
    ethnicity: Name
    hometown: Name
    mother: Parent | None = None
    father: Parent | None = None
