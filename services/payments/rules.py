"""The rules of payments, read from `rules.toml`."""

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.common.exemptions import Ground
from contracts.model import Vnd
from services.chassis.rules import Dated, Rules, load

Waiver = Literal[
    "declared-on-time",
    "death-declared-on-time",
    "child",
    "elderly",
    "disability",
    "poor-household",
    "online-discount",
    "birth-refused",
    "death-refused",
    "declaration-withdrawn",
]
Obstacle = Literal["account-closed", "account-unknown", "payment-rejected", "payee-changed"]
"""Why money cannot be paid where it was to go."""
Code = Literal[Waiver, Obstacle]

LATE_REGISTRATION_CEILING = 8_000
"""In dong; Circular 85/2019/TT-BTC, art. 5: what a province may set at most."""

LateFee = Annotated[int, Field(ge=0, le=LATE_REGISTRATION_CEILING)]
Percent = Annotated[Decimal, Field(ge=0, le=100)]


class ByChannel(BaseModel):
    """A fee in dong, by where the declaration was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: Vnd
    office: Vnd


class PaymentRules(Rules[Code]):
    """Fees in dong, premiums, why a fee is not to be paid, and why money cannot be."""

    late_after_days: Dated[Annotated[int, Field(ge=0)]]
    death_late_after_days: Dated[Annotated[int, Field(ge=0)]]
    late_registration: Dated[LateFee]
    certificate_copy: Dated[Vnd]
    residence_registration: Dated[ByChannel]
    child_under_age: Dated[Annotated[int, Field(ge=1, le=30)]]
    """The age, in years, from which somebody is no child to the tariff of residence."""
    elderly_from_age: Dated[Annotated[int, Field(ge=31, le=120)]]
    """The age, in years, from which somebody is elderly to it."""
    residence_exemptions: Dated[tuple[Ground, ...]]
    """By which proven facts nothing is paid for residence."""
    registration_exemptions: Dated[tuple[Ground, ...]]
    """By which nothing is paid for late registration."""
    online_discount_percent: Dated[Percent]
    """What a province takes off the fees that it may set, for declarations on the portal."""
    reference_level: Dated[Vnd]
    premium_percent: Dated[Percent]
    """The premium of a month, as a share of the reference level."""

    @cached_property
    def premium_changes(self) -> tuple[date, ...]:
        """The days from which a month's premium may differ, the earliest first."""
        levels = {figure.since for figure in self.reference_level.history}
        percents = {figure.since for figure in self.premium_percent.history}
        return tuple(sorted(levels | percents))


RULES = load(PaymentRules, __package__)
