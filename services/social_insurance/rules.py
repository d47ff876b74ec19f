"""The rules of social insurance, read from `rules.toml`."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.model import Vnd
from services.chassis.rules import Dated, Rules, load

Refusal = Literal[
    "six-or-older",
    "no-residence",
    "died-before-the-figures",
    "no-accident",
    "contributions-too-short",
    "relatives-do-not-consent",
    "no-disaster",
    "granted-before",
    "payee-deceased",
]
Multiple = Annotated[int, Field(ge=1, le=1000)]


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
    """Figures of health cards and funeral benefits, and why none is issued or granted."""

    under_age: Dated[Annotated[int, Field(ge=1, le=18)]]
    """The age, in years, at which the right to this card ends."""
    school_starts: Dated[DayOfYear]
    """Until this day of the year of that birthday the card stays valid."""
    reference_level: Dated[Vnd]
    """In dong; the level of a month is that of its first day."""
    allowance_multiple: Dated[Multiple]
    contribution_months: Dated[Annotated[int, Field(ge=0, le=600)]]
    """The least months of compulsory contributions, on the day of death."""
    assistance_standard: Dated[Vnd]
    """The standard of social assistance, in dong."""
    support_multiple: Dated[Multiple]
    disaster_multiple: Dated[Multiple]


RULES = load(SocialInsuranceRules, __package__)
