"""The days on which rules begin: what the real ones say the day before, and on the day itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.chassis.rules import Dated, Figure, NotInForce, Rules
from services.civil_status import rules as civil_status
from services.payments import rules as payments
from services.population import rules as population
from services.residence import rules as residence
from services.social_insurance import rules as social_insurance
from tests.unit.rule_days import (
    CIVIL_STATUS,
    INSURANCE,
    ISSUERS,
    LAWS,
    PAYMENTS,
    POPULATION,
    RESIDENCES,
    Change,
)

DAY = timedelta(days=1)
SERVICES: dict[str, Rules[Any]] = {
    CIVIL_STATUS: civil_status.RULES,
    PAYMENTS: payments.RULES,
    POPULATION: population.RULES,
    RESIDENCES: residence.RULES,
    INSURANCE: social_insurance.RULES,
}
CASES = [(law, change) for law, changes in LAWS.items() for change in changes]


def dated(service: str) -> Iterator[tuple[str, Dated[Any]]]:
    """Yield the rules of a service, and who approves, by name."""
    rules = SERVICES[service]
    for name in type(rules).model_fields:
        if isinstance(rule := getattr(rules, name), Dated):
            yield name, rule
    for procedure, policy in rules.approval.items():
        yield f"approval.{procedure}", policy


def figures(service: str, rule: str) -> tuple[Figure[Any], ...]:
    """Return the figures of one rule."""
    return dict(dated(service))[rule].root


def days(figure: Figure[Any]) -> tuple[date, ...]:
    """Return the day on which a figure begins, and the one after its last."""
    return (figure.since,) if figure.until is None else (figure.since, figure.until + DAY)


def said(change: Change, on: date) -> Any:
    """Return what a rule says on a day; None where it says nothing yet."""
    try:
        value = dict(dated(change.service))[change.rule].in_force(on, change.place)
    except NotInForce:
        return None
    return float(value) if isinstance(value, Decimal) else value


def title(part: str | Change) -> str:
    """Return how a case is called: the law, then what it says from which day on."""
    if isinstance(part, str):
        return part
    where = f" in {part.place}" if part.place else ""
    said = "who gives notice of which" if part.since is ISSUERS else part.since
    return f"{part.service} {part.rule}{where}: {part.before} before {part.day}, then {said}"


@pytest.mark.parametrize(("law", "change"), CASES, ids=title)
def test_a_rule_holds_from_its_day_and_not_before(law: str, change: Change) -> None:
    first = date.fromisoformat(change.day)
    assert said(change, first - DAY) == change.before, law
    assert said(change, first) == change.since, law


@pytest.mark.parametrize(("law", "change"), CASES, ids=title)
def test_a_rule_names_the_law_that_it_is_from(law: str, change: Change) -> None:
    (figure,) = (
        figure
        for figure in figures(change.service, change.rule)
        if figure.place == change.place and date.fromisoformat(change.day) in days(figure)
    )
    assert law in figure.source


@pytest.mark.parametrize("service", SERVICES)
def test_each_day_on_which_a_rule_begins_or_ends_has_its_case(service: str) -> None:
    known = {
        (rule, figure.place, day.isoformat())
        for rule, each in dated(service)
        for figure in each.root
        for day in days(figure)
    }
    cases = {(each.rule, each.place, each.day) for _, each in CASES if each.service == service}
    assert cases == known
