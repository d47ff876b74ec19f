"""The rules of the population register, read from `rules.toml` and `countries.toml`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.model import CountryCode
from services.chassis.rules import Dated, Rules, load

PlaceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Ages = Annotated[tuple[Annotated[int, Field(ge=1, le=120)], ...], Field(min_length=1)]


class Countries(BaseModel):
    """The first three digits of an identifier for a birth abroad, by ISO 3166-1 alpha-2."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    confidence: Literal["high", "med", "low"]
    other: PlaceCode
    """For a country that the table does not have."""
    codes: Mapping[CountryCode, PlaceCode]


class PopulationRules(Rules[Literal["recorded-before"]]):
    """Figures of the register of persons, and why a death is not recorded."""

    card_renewal_ages: Dated[Ages]
    """The ages, in years, at which an identity card is renewed."""
    countries: Countries


RULES = load(PopulationRules, __package__, "rules.toml", "countries.toml")
