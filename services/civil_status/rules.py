"""The rules of civil status, read from `rules.toml`."""

from typing import Annotated, Literal

from pydantic import Field

from services.chassis.rules import Dated, Rules, load

Refusal = Literal[
    "declarant-not-entitled",
    "born-in-future",
    "born-too-long-ago",
    "child-not-vietnamese",
    "parent-of-other-sex",
    "parent-too-young",
    "evidence-missing",
    "evidence-not-accepted",
    "posting-not-over",
    "surrogacy-not-married",
    "parent-deceased-before-birth",
    "father-not-recognising",
    "surname-not-mothers",
    "surname-not-a-parents",
    "duplicate-declaration",
]

Days = Annotated[int, Field(ge=0, le=3660)]

Years = Annotated[int, Field(ge=1, le=150)]


class CivilStatusRules(Rules[Refusal]):
    """Figures of the register of births, in days or years, and why a birth is refused."""

    late_after_days: Dated[Days]
    oldest_years: Dated[Years]
    youngest_parent_years: Dated[Years]
    posting_days: Dated[Days]
    born_after_fathers_death_days: Dated[Days]


RULES = load(CivilStatusRules, __package__)
