"""What civil status examines before it registers a death; the first finding is why it is refused.

The checks are in the order of `CHECKS`. Whether the death is registered already is no check: only
the claims of `death` can tell.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.death.form import DeathForm, DeathNotice
from contracts.model import Reason
from services.civil_status.rules import CivilStatusRules


class Inquest(NamedTuple):
    """A declaration with what the register of people says about the deceased."""

    form: DeathForm
    declarant: str
    received_on: date
    rules: CivilStatusRules
    deceased: Person

    @property
    def late(self) -> bool:
        """Whether the death is declared late, by the period in the rules."""
        limit = self.rules.death_late_after_days.in_force(self.received_on)
        return (self.received_on - self.form.died_on).days > limit


def open_inquest(event: DeclarationSubmitted, form: DeathForm, rules: CivilStatusRules) -> Inquest:
    """Return everything that is examined.

    Raises `LookupError` where the declaration does not carry the deceased: the portal promised to
    look everybody up, so its fault must not become the family's refusal.
    """
    deceased = event.people.get(form.deceased)
    if deceased is None:
        raise LookupError("the declaration does not carry the deceased whom its form names")
    return Inquest(form, event.declarant, local_date(event.received_at), rules, deceased)


def examine(inquest: Inquest) -> Reason | None:
    """Return why the death cannot be registered, or None."""
    for check in CHECKS:
        reason = check(inquest)
        if reason is not None:
            return reason
    return None


def _entitled(inquest: Inquest) -> Reason | None:
    """Relatives and institutions are taken at their word; nobody declares oneself. Ours."""
    if inquest.declarant != inquest.form.deceased:
        return None
    return inquest.rules.reason("declares-own-death")


def _lived(inquest: Inquest) -> Reason | None:
    if inquest.form.died_on > inquest.received_on:
        return inquest.rules.reason("died-in-future")
    if inquest.form.died_on < inquest.deceased.born_on:
        return inquest.rules.reason("died-before-birth")
    return None


def _noticed(inquest: Inquest) -> Reason | None:
    """Who has to give notice follows from cause and place (DOMAIN.md, death notice)."""
    form, notice, rules = inquest.form, inquest.form.evidence, inquest.rules
    if not isinstance(notice, DeathNotice):
        return rules.reason("notice-missing")
    if not form.died_on <= notice.issued_on <= inquest.received_on:
        return rules.reason("notice-of-another-time")
    for rule in rules.death_notice_issuers.in_force(inquest.received_on):
        if rule.fits(form.place.kind, form.cause):
            return None if notice.issuer in rule.issuers else rules.reason(rule.otherwise)
    raise LookupError(f"no rule says who gives notice of a death at {form.place.kind}")


CHECKS: tuple[Callable[[Inquest], Reason | None], ...] = (_entitled, _lived, _noticed)
