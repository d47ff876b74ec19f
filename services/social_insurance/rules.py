"""The rules of social insurance, read from `rules.toml`."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.chassis.rules import Dated, Rules, load

Refusal = Literal["six-or-older", "no-residence"]


class DayOfYear(BaseModel):
    """A day of every year."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]

    @model_validator(mode="after")
    def exists(self) -> Self:
        """Require a day that every year has."""
        date(2001, self.month, self.day)
        return self


class SocialInsuranceRules(Rules[Refusal]):
    """Figures of the health card for young children, and why none is issued."""

    under_age: Dated[Annotated[int, Field(ge=1, le=18)]]
    """The age, in years, at which the right to this card ends."""
    school_starts: Dated[DayOfYear]
    """Until this day of the year of that birthday the card stays valid."""


RULES = load(SocialInsuranceRules, __package__)
