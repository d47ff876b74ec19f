"""What an official may put right in the registration of a birth."""

from datetime import date
from typing import Self

from pydantic import model_validator

from contracts.model import Fault, Input, Name


class BirthCorrection(Input):
    """The facts that change; those that are not named stay.

    Sex and year of birth are digits of the identifier, which is for life: they are no matter of a
    correction (Decree 137/2015/ND-CP, art. 13).
    """

    full_name: Name | None = None
    born_on: date | None = None
    ethnicity: Name | None = None
    hometown: Name | None = None

    @model_validator(mode="after")
    def something(self) -> Self:
        """Require at least one change."""
        if not self.model_dump(exclude_none=True):
            raise Fault(
                "full_name",
                vi="Ghi rõ nội dung cần cải chính.",
                en="Say what is to be put right.",
            )
        return self
