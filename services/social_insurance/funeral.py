"""Who has a right to the funeral allowance or to burial support, and how much it is."""

from datetime import date
from typing import NamedTuple

from contracts.common.deaths import Cause
from contracts.death.benefits import (
    BenefitRequest,
    BurialSupportRequest,
    FuneralAllowanceRequest,
)
from contracts.model import Reason
from services.social_insurance.rules import SocialInsuranceRules


class Amount(NamedTuple):
    """So many times the figure of a month; in dong."""

    month: date
    base: int
    multiple: int

    @property
    def total(self) -> int:
        """The amount, in dong."""
        return self.base * self.multiple


def examine(
    request: BenefitRequest, died_on: date, cause: Cause, rules: SocialInsuranceRules
) -> Reason | None:
    """Return why there is no right to what is asked for, or None."""
    since = _known_since(request, rules)
    if died_on < since:
        return rules.reason("died-before-the-figures", day=since)
    if isinstance(request, BurialSupportRequest):
        undue = request.ground == "disaster" and cause != "disaster"
        return rules.reason("no-disaster") if undue else None
    return _insured(request, died_on, cause, rules) or _agreed(request, rules)


def allowance(died_on: date, rules: SocialInsuranceRules) -> Amount:
    """Return the funeral allowance: ten times the reference level of the month of death.

    Law on Social Insurance 2024, art. 85.
    """
    month = died_on.replace(day=1)
    return Amount(
        month, rules.reference_level.in_force(month), rules.allowance_multiple.in_force(month)
    )


def support(request: BurialSupportRequest, died_on: date, rules: SocialInsuranceRules) -> Amount:
    """Return burial support: twenty times the standard of social assistance, fifty in a disaster.

    DOMAIN.md, burial support: at least so much, and no province gives more yet.
    """
    month = died_on.replace(day=1)
    in_disaster = request.ground == "disaster"
    multiple = rules.disaster_multiple if in_disaster else rules.support_multiple
    return Amount(month, rules.assistance_standard.in_force(month), multiple.in_force(month))


def _known_since(request: BenefitRequest, rules: SocialInsuranceRules) -> date:
    """Return the day since which all figures of this benefit are known."""
    base, multiple = rules.reference_level.history, rules.allowance_multiple.history
    if isinstance(request, BurialSupportRequest):
        base, multiple = rules.assistance_standard.history, rules.support_multiple.history
    return max(base[-1].since, multiple[-1].since)


def _insured(
    request: FuneralAllowanceRequest, died_on: date, cause: Cause, rules: SocialInsuranceRules
) -> Reason | None:
    """A pension, an accident at work, or long enough contributions entitle (art. 85)."""
    if request.basis == "work-accident" and cause != "accident":
        return rules.reason("no-accident")
    least = rules.contribution_months.in_force(died_on)
    if request.basis == "contributions" and request.contribution_months < least:
        return rules.reason("contributions-too-short", months=least)
    return None


def _agreed(request: FuneralAllowanceRequest, rules: SocialInsuranceRules) -> Reason | None:
    """The relatives agree who receives the allowance, before it is granted."""
    against = [relative for relative in request.relatives if not relative.consents]
    return rules.reason("relatives-do-not-consent") if against else None
