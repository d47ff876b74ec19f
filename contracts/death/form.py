"""The death declaration: what a family fills in, and nothing that the state already holds."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.common.deaths import Cause, PlaceKind
from contracts.common.events import PaymentMethod
from contracts.common.exemptions import Exemptions
from contracts.common.people import Person
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest, heirs
from contracts.group import Form
from contracts.model import Fault, Input, Name, PersonalId, ProvinceCode

Relation = Literal[
    "spouse", "child", "parent", "sibling", "grandchild", "relative", "carer", "institution"
]
"""What the declarant is to the deceased."""
Issuer = Literal["hospital", "police", "forensics", "commune", "court"]
"""Who gave notice of the death (DOMAIN.md, death notice; the court is ours)."""


class PlaceOfDeath(Input):
    """Where somebody died."""

    kind: PlaceKind
    province: ProvinceCode
    detail: Name


class DeathNotice(Input):
    """A death notice, or what stands for one: a police record, a forensic report, a judgement."""

    kind: Literal["death-notice"]
    issuer: Issuer
    issued_by: Name
    number: Name
    issued_on: date


class NoNotice(Input):
    """Nothing that proves the death is at hand."""

    kind: Literal["none"]


Evidence = Annotated[DeathNotice | NoNotice, Field(discriminator="kind")]


class DeathForm(Form):
    """A death declaration.

    The family chooses what is asked for with the registration: the removal of residence, a benefit
    with its payout, or all of it.
    """

    relation: Relation
    deceased: PersonalId
    died_on: date
    place: PlaceOfDeath
    cause: Cause
    evidence: Evidence
    remove_residence: bool = True
    benefit: BenefitRequest | None = None
    certificate_copies: Annotated[int, Field(ge=0, le=20)] = 0
    payment_method: PaymentMethod = "online"
    exemptions: Exemptions = ()

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Check what can be seen on the form alone; the agencies judge the rest."""
        if self.benefit is None:
            if not self.remove_residence:
                raise Fault(
                    "remove_residence",
                    vi="Chọn xóa đăng ký thường trú, hưởng trợ cấp, hoặc cả hai.",
                    en="Ask for the removal of residence, a benefit, or both.",
                )
            return self
        for field, id in self._receiving():
            if id == self.deceased:
                raise Fault(
                    field,
                    vi="Người đã chết không thể nhận trợ cấp hay bày tỏ sự đồng ý.",
                    en="The deceased can receive and agree to nothing.",
                )
        return self

    def people(self) -> tuple[str, ...]:
        """Return the identifiers of the deceased, the payee and the relatives."""
        return tuple(dict.fromkeys((self.deceased, *(id for _, id in self._receiving()))))

    def living(self) -> Mapping[str, PersonalId]:
        """Return the payee, and the relatives, whose consent is asked."""
        return dict(self._receiving())

    def faults(self, received_on: date) -> Iterator[Fault]:
        """Yield where it is not said whose consent there is: an empty list alone proves nothing.

        Here and not in the model, because agencies read forms that came in before this was asked.
        """
        if not isinstance(self.benefit, FuneralAllowanceRequest):
            return
        others = self.benefit.relatives
        if not others and not self.benefit.no_other_relatives:
            yield Fault(
                "benefit.relatives",
                vi="Ghi thân nhân của người chết và việc họ có đồng ý để người này nhận trợ cấp hay"
                " không; nếu không còn thân nhân nào khác, ghi rõ ở no_other_relatives.",
                en="Name the relatives of the deceased, and whether they agree that the payee"
                " receives the allowance; where there is no other, state it by no_other_relatives.",
            )
        if others and self.benefit.no_other_relatives:
            yield Fault(
                "benefit.no_other_relatives",
                vi="Tờ khai có ghi thân nhân khác; bỏ mục này.",
                en="There are relatives on the form; leave this out.",
            )
        for index, relative in enumerate(others):
            if relative.personal_id == self.benefit.payee:
                yield Fault(
                    f"benefit.relatives.{index}.personal_id",
                    vi="Người nhận không tự đồng ý cho mình; ghi các thân nhân khác.",
                    en="The payee does not consent to be paid; name the other relatives.",
                )

    def successors(self) -> tuple[PersonalId, ...]:
        """Return who may be paid: the payee, who buries the deceased, and then the relatives."""
        return self.recipients()

    def recipients(self) -> tuple[PersonalId, ...]:
        """Return the payee, and the relatives who consent: one of them is paid in their place."""
        if self.benefit is None:
            return ()
        return (self.benefit.payee, *heirs(self.benefit))

    def circumstance(self) -> str:
        """Return `usual`, or `without-benefit` or `without-residence`."""
        if self.benefit is None:
            return "without-benefit"
        return "usual" if self.remove_residence else "without-residence"

    def time_limit(self) -> str:
        """Return `without-benefit` where the family asks for none, or `usual`."""
        return "without-benefit" if self.benefit is None else "usual"

    def province(self, people: Mapping[PersonalId, Person]) -> ProvinceCode:
        """Return the province in which the deceased lived."""
        return people[self.deceased].province

    def _receiving(self) -> Iterator[tuple[str, PersonalId]]:
        """Yield who receives a benefit or agrees to it, by the field that names them."""
        if self.benefit is None:
            return
        yield "benefit.payee", self.benefit.payee
        if isinstance(self.benefit, FuneralAllowanceRequest):
            for index, relative in enumerate(self.benefit.relatives):
                yield f"benefit.relatives.{index}.personal_id", relative.personal_id
