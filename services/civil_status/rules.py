"""The rules of civil status, read from `rules.toml`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.common.deaths import Cause, PlaceKind
from contracts.death.form import Issuer
from services.chassis.rules import Dated, Rules, load

IssuerRefusal = Literal[
    "notice-not-by-court",
    "notice-not-by-police-or-forensics",
    "notice-not-by-hospital",
    "notice-not-by-commune",
]
BirthRefusal = Literal[
    "declarant-not-entitled",
    "born-in-future",
    "born-too-long-ago",
    "child-not-vietnamese",
    "parent-of-other-sex",
    "parent-too-young",
    "evidence-missing",
    "evidence-not-accepted",
    "not-as-the-hospital-says",
    "posting-not-over",
    "surrogacy-not-married",
    "parent-deceased-before-birth",
    "father-not-recognising",
    "surname-not-mothers",
    "surname-not-a-parents",
    "duplicate-declaration",
]
NoticeRefusal = Literal[
    "notice-before-birth",
    "birth-notice-recorded-before",
    "birth-notice-replaced-before",
]
"""Why a hospital's notice is not recorded, besides that nobody can be so old."""
DeathRefusal = Literal[
    "declares-own-death",
    "died-in-future",
    "died-before-birth",
    "notice-missing",
    "notice-of-another-time",
    IssuerRefusal,
    "death-registered-before",
    "recorded-as-deceased",
    "notice-used-before",
]
RequestRefusal = Literal[
    "registered-before",
    "refused-before",
    "withdrawn-before",
    "not-registered",
    "revoked-before",
    "beyond-office",
    "own-family",
    "judged-in-future",
    "judged-before-registration",
    "nothing-changes",
    "identifier-would-change",
    "corrected-after-registration",
    "corrected-before-birth",
    "month-decides-benefit",
    "child-of-another-case",
]
"""Why a withdrawal, a revocation or a correction does not count."""
Refusal = Literal[
    BirthRefusal,
    NoticeRefusal,
    DeathRefusal,
    RequestRefusal,
    "withdrawn-by-declarant",
    "revoked-by-court",
]

Hours = Annotated[int, Field(ge=1, le=40)]
Days = Annotated[int, Field(ge=0, le=3660)]

Years = Annotated[int, Field(ge=1, le=150)]


class IssuerRule(BaseModel):
    """Who gives notice of deaths of these causes at these places; none named means all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    causes: tuple[Cause, ...] = ()
    places: tuple[PlaceKind, ...] = ()
    issuers: Annotated[tuple[Issuer, ...], Field(min_length=1)]
    otherwise: IssuerRefusal
    """Why a notice by anybody else is refused."""

    def fits(self, place: PlaceKind, cause: Cause) -> bool:
        """Say whether the rule speaks of such a death."""
        return place in (self.places or (place,)) and cause in (self.causes or (cause,))


class CivilStatusRules(Rules[Refusal]):
    """Figures of births and deaths, in hours, days or years, and why either is refused."""

    late_after_days: Dated[Days]
    oldest_years: Dated[Years]
    youngest_parent_years: Dated[Years]
    posting_days: Dated[Days]
    birth_notice_hours: Dated[Hours]
    born_after_fathers_death_days: Dated[Days]
    death_late_after_days: Dated[Days]
    death_notice_issuers: Dated[Annotated[tuple[IssuerRule, ...], Field(min_length=1)]]
    """The first rule that fits a death counts."""


RULES = load(CivilStatusRules, __package__)
