"""What a birth declaration costs: one line for each fee, with what is waived and why."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from contracts.birth.form import BirthForm
from contracts.birth.process import BIRTH, RESIDENCE
from contracts.common.calendar import birthday, local_date
from contracts.common.events import DeclarationSubmitted, FeeLine
from contracts.model import Reason
from services.payments.rules import PaymentRules

COPIES = "certificate-copies"


def fee_lines(
    event: DeclarationSubmitted, form: BirthForm, rules: PaymentRules
) -> tuple[FeeLine, ...]:
    """Return the fees by the tariff of the day of receipt, in dong."""
    received_on = local_date(event.received_at)
    lines = [_registration(event, form, received_on, rules)]
    if RESIDENCE in event.bundle:
        lines.append(_residence(event, form, received_on, rules))
    if form.certificate_copies:
        price = rules.certificate_copy.in_force(received_on)
        lines.append(_line(COPIES, form.certificate_copies * price))
    return tuple(lines)


def all_waived(lines: tuple[FeeLine, ...], reason: Reason) -> tuple[FeeLine, ...]:
    """Return the lines with nothing left to pay; what was free already keeps its own reason."""
    return tuple(
        line if line.due == 0 else _line(line.code, line.tariff, line.tariff, reason)
        for line in lines
    )


def percent_of(amount: int, percent: Decimal) -> int:
    """Return that share of an amount in whole dong, halves rounded up."""
    return int((amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _registration(
    event: DeclarationSubmitted, form: BirthForm, received_on: date, rules: PaymentRules
) -> FeeLine:
    """On time it is free (Law on Civil Status, art. 11 (1)); late, the province's fee."""
    days = (received_on - form.child.born_on).days
    if days <= rules.late_after_days.in_force(received_on):
        return _line(BIRTH, 0, 0, rules.reason("declared-on-time"))
    tariff = rules.late_registration.in_force(received_on, event.province)
    return _discounted(BIRTH, tariff, event, received_on, rules)


def _residence(
    event: DeclarationSubmitted, form: BirthForm, received_on: date, rules: PaymentRules
) -> FeeLine:
    """Children pay nothing (Circular 75/2022); somebody registered as an adult does."""
    by_channel = rules.residence_registration.in_force(received_on)
    tariff = by_channel.portal if event.channel == "portal" else by_channel.office
    age = rules.child_under_age.in_force(received_on)
    if received_on < birthday(form.child.born_on, age):
        return _line(RESIDENCE, tariff, tariff, rules.reason("child"))
    return _discounted(RESIDENCE, tariff, event, received_on, rules)


def _discounted(
    code: str, tariff: int, event: DeclarationSubmitted, received_on: date, rules: PaymentRules
) -> FeeLine:
    percent = rules.online_discount_percent.in_force(received_on, event.province)
    if event.channel != "portal" or not percent:
        return _line(code, tariff)
    reason = rules.reason("online-discount", percent=percent)
    return _line(code, tariff, percent_of(tariff, percent), reason)


# Of thousands of declarations most have the same few lines.
@lru_cache(maxsize=1024)
def _line(code: str, tariff: int, waived: int = 0, reason: Reason | None = None) -> FeeLine:
    return FeeLine(code=code, tariff=tariff, waived=waived, due=tariff - waived, reason=reason)
