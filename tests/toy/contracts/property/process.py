"""Property transfer as data."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.group import Bundle, Form, ProcedureGroup, ProcedureSpec
from contracts.model import Name, PersonalId, ProvinceCode, Text
from contracts.property.events import TaxAssessed, TransferRefused, TransferRegistered


class TransferForm(Form):
    """Who buys what, for how much."""

    parcel: Name
    buyer: PersonalId
    price: Annotated[int, Field(gt=0)]

    def people(self) -> tuple[str, ...]:
        """Return the buyer."""
        return (self.buyer,)

    def province(self, people: Mapping[PersonalId, Person]) -> ProvinceCode:
        """Return the province in which the parcel lies: the first part of its number."""
        return self.parcel[:2]


GROUP = ProcedureGroup(
    name="property",
    title=Text(vi="Chuyển nhượng quyền sử dụng đất", en="Property transfer"),
    form=TransferForm,
    procedures=(
        ProcedureSpec(
            name="transfer-registration",
            title=Text(vi="Đăng ký biến động đất đai", en="Registration of the transfer"),
            owner="land-registry",
            hears=(DeclarationSubmitted,),
            ends={TransferRegistered: "granted", TransferRefused: "refused"},
            shows=("parcel", "owner"),
        ),
        ProcedureSpec(
            name="tax-assessment",
            title=Text(vi="Xác định nghĩa vụ tài chính", en="Tax assessment"),
            owner="land-registry",
            hears=(TransferRegistered,),
            ends={TaxAssessed: "granted"},
            requires=("transfer-registration",),
            shows=("amount",),
        ),
    ),
    bundles=(
        Bundle(
            since=date(2020, 1, 1),
            procedures=("transfer-registration", "tax-assessment"),
            source="a toy",
        ),
    ),
    notices={
        TransferRegistered: Text(vi="Đã đăng ký.", en="The transfer has been registered."),
        TransferRefused: Text(vi="Không đăng ký được.", en="The transfer was refused."),
        TaxAssessed: Text(vi="Đã xác định thuế.", en="The tax has been assessed."),
    },
)
