"""A child's premium, paid by the state budget: a share of the reference level for each month."""

from datetime import date

from contracts.common.calendar import months_begun
from services.payments.rules import PaymentRules
from services.payments.tariff import percent_of


def monthly_premium(on: date, rules: PaymentRules) -> int:
    """Return the premium of a month that begins on that day, in whole dong."""
    return percent_of(rules.reference_level.in_force(on), rules.premium_percent.in_force(on))


def total_premium(start: date, months: int, rules: PaymentRules) -> int:
    """Return the premium of `months` months from `start`, each by the level of its first day.

    Months to come are reckoned by the newest level known. Each month is rounded by itself. Raises
    `NotInForce` where `start` is before the first level.
    """
    total, reckoned, since = 0, 0, start
    for change in rules.premium_changes:
        if change > start:
            begun = min(months, months_begun(start, change))
            total += (begun - reckoned) * monthly_premium(since, rules)
            reckoned, since = begun, change
    return total + (months - reckoned) * monthly_premium(since, rules)
