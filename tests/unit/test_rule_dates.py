"""The days on which rules begin: what the real ones say the day before, and on the day itself."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from contracts.birth.process import BIRTH, HEALTH_CARD, IDENTITY_CARD, RESIDENCE
from contracts.catalogue import catalogue
from contracts.death.process import BENEFIT, DEATH, REMOVAL
from services.chassis.rules import Dated, NotInForce, Rules
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments.rules import RULES as PAYMENTS
from services.payments.rules import ByChannel
from services.population.rules import RULES as POPULATION
from services.residence.rules import RULES as RESIDENCES
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE

Ask = Callable[[date], Any]


class Begins(NamedTuple):
    """A rule, where it is from, the day on which it begins, and what it says around that day."""

    rule: str
    source: str
    day: date
    ask: Ask
    before: Any
    since: Any


def figure(dated: Dated[Any]) -> Ask:
    """Return how to ask for a figure; None where none holds yet."""

    def ask(day: date) -> Any:
        try:
            return dated.in_force(day)
        except NotInForce:
            return None

    return ask


def limit(group: str, name: str) -> Ask:
    """Return how to ask for the working days of a case."""
    return lambda day: catalogue().groups[group].time_limit(name, day)


def policy(rules: Rules[Any], procedure: str, place: str) -> Ask:
    """Return how to ask who approves."""
    return lambda day: rules.approval_of(procedure, day, place)


PILOT = date(2023, 7, 10)
LIMIT = "Decision 06/QD-TTg, pilot; Decree 63/2024/ND-CP"
EXAMINED = date(2026, 1, 1)
OURS = "an assumption of ours"
FIGURES = [
    Begins(
        "fee for residence",
        "Circular 75/2022/TT-BTC, art. 4",
        date(2023, 2, 5),
        figure(PAYMENTS.residence_registration),
        None,
        ByChannel(portal=10_000, office=20_000),
    ),
    Begins(
        "age of the elderly",
        "Law on the Elderly 2009, art. 2",
        date(2010, 7, 1),
        figure(PAYMENTS.elderly_from_age),
        None,
        60,
    ),
    Begins(
        "who pays nothing for residence, by papers",
        "Circular 75/2022/TT-BTC, art. 5",
        date(2023, 2, 5),
        figure(PAYMENTS.residence_exemptions),
        None,
        ("disability", "poor-household"),
    ),
    Begins(
        "who pays nothing for late registration",
        "Law on Civil Status 2014, art. 11 (1) a",
        date(2016, 1, 1),
        figure(PAYMENTS.registration_exemptions),
        None,
        ("disability", "poor-household"),
    ),
    Begins(
        "ages at which a card is renewed",
        "Law on Identity 2023, art. 21 (1)",
        date(2024, 7, 1),
        figure(POPULATION.card_renewal_ages),
        None,
        (14, 25, 40, 60),
    ),
]
LIMITS = [
    Begins("limit of a birth to verify", LIMIT, PILOT, limit("birth", "verification"), None, 5),
    Begins("limit of a death", LIMIT, PILOT, limit("death", "usual"), None, 18),
    Begins(
        "limit of a death without benefit",
        LIMIT,
        PILOT,
        limit("death", "without-benefit"),
        None,
        6,
    ),
]
POLICIES = [
    Begins(
        f"who approves {procedure} in {place}",
        OURS,
        EXAMINED,
        policy(rules, procedure, place),
        "auto",
        approval,
    )
    for rules, procedure, place, approval in (
        (CIVIL_STATUS, BIRTH, "12", "review"),
        (CIVIL_STATUS, BIRTH, "42", "review-by-two"),
        (CIVIL_STATUS, DEATH, "12", "review"),
        (CIVIL_STATUS, DEATH, "42", "review-by-two"),
        (POPULATION, IDENTITY_CARD, "12", "review"),
        (RESIDENCES, RESIDENCE, "12", "review"),
        (RESIDENCES, REMOVAL, "12", "review"),
        (SOCIAL_INSURANCE, HEALTH_CARD, "12", "review"),
        (SOCIAL_INSURANCE, BENEFIT, "12", "review"),
    )
]


@pytest.mark.parametrize(
    "rule", [*FIGURES, *LIMITS, *POLICIES], ids=lambda each: f"{each.rule} ({each.source})"
)
def test_a_rule_holds_from_its_day_and_not_before(rule: Begins) -> None:
    assert rule.ask(rule.day - timedelta(days=1)) == rule.before, rule.source
    assert rule.ask(rule.day) == rule.since, rule.source
