"""What a declaration costs: one line for each fee, with what is waived and why."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from contracts.birth.form import BirthForm
from contracts.birth.process import BIRTH, RESIDENCE
from contracts.common.calendar import birthday, local_date
from contracts.common.events import DeclarationSubmitted, FeeLine
from contracts.common.exemptions import Exemptions, Ground
from contracts.death.form import DeathForm
from contracts.death.process import DEATH
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


def death_fee_lines(
    event: DeclarationSubmitted, form: DeathForm, rules: PaymentRules
) -> tuple[FeeLine, ...]:
    """Return the fees of a death declaration by the tariff of the day of receipt, in dong.

    Residence is removed, and a benefit decided, without a fee.
    """
    received_on = local_date(event.received_at)
    on_time = rules.death_late_after_days.in_force(received_on)
    days = (received_on - form.died_on).days
    free = rules.reason("death-declared-on-time") if days <= on_time else None
    lines = [_by_province(DEATH, free, event, form, rules)]
    if form.certificate_copies:
        price = rules.certificate_copy.in_force(received_on)
        lines.append(_line(COPIES, form.certificate_copies * price))
    return tuple(lines)


def all_waived(lines: Sequence[FeeLine], reason: Reason) -> tuple[FeeLine, ...]:
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
    days = (received_on - form.child.born_on).days
    on_time = rules.late_after_days.in_force(received_on)
    free = rules.reason("declared-on-time") if days <= on_time else None
    return _by_province(BIRTH, free, event, form, rules)


def _by_province(
    code: str,
    free: Reason | None,
    event: DeclarationSubmitted,
    form: BirthForm | DeathForm,
    rules: PaymentRules,
) -> FeeLine:
    """On time it is free (Law on Civil Status, art. 11 (1)); late, the province's fee, of which the
    same article frees the disabled and the poor."""
    if free is not None:
        return _line(code, 0, 0, free)
    received_on = local_date(event.received_at)
    tariff = rules.late_registration.in_force(received_on, event.province)
    proven = _proven(form.exemptions, rules.registration_exemptions.in_force(received_on), rules)
    if proven is not None:
        return _line(code, tariff, tariff, proven)
    return _discounted(code, tariff, event, received_on, rules)


def _residence(
    event: DeclarationSubmitted, form: BirthForm, received_on: date, rules: PaymentRules
) -> FeeLine:
    """Who is registered between childhood and old age pays, and is neither disabled nor poor
    (Circular 75/2022/TT-BTC, art. 5)."""
    by_channel = rules.residence_registration.in_force(received_on)
    tariff = by_channel.portal if event.channel == "portal" else by_channel.office
    proven = _proven(form.exemptions, rules.residence_exemptions.in_force(received_on), rules)
    exempt = _of_age(form.child.born_on, received_on, rules) or proven
    if exempt is not None:
        return _line(RESIDENCE, tariff, tariff, exempt)
    return _discounted(RESIDENCE, tariff, event, received_on, rules)


def _of_age(born_on: date, received_on: date, rules: PaymentRules) -> Reason | None:
    """Return why somebody of that age pays nothing for residence."""
    if received_on < birthday(born_on, rules.child_under_age.in_force(received_on)):
        return rules.reason("child")
    if received_on >= birthday(born_on, rules.elderly_from_age.in_force(received_on)):
        return rules.reason("elderly")
    return None


def _proven(
    exemptions: Exemptions, grounds: tuple[Ground, ...], rules: PaymentRules
) -> Reason | None:
    """Return why somebody pays nothing by what the form proves; of several facts the first."""
    counting = (each.ground for each in exemptions if each.ground in grounds)
    return next(map(rules.reason, counting), None)


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
