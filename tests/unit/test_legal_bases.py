"""What the linked procedures rest on, by day: which are linked, and how long each may take."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from contracts.birth import process as birth
from contracts.catalogue import catalogue
from contracts.common.calendar import LOCAL, in_force
from contracts.common.supplements import TIME_LIMITS, supplement_until
from contracts.common.working_days import received_on, working_days_between
from contracts.death import process as death
from services.portal.standing import Ends, Plans
from services.portal.time_limits import Received, of_step

PILOT, DECREE = "Decision 06/QD-TTg", "Decree 63/2024/ND-CP"
BOTH = (("2023-07-10", None, PILOT), ("2024-06-10", PILOT, DECREE))
"""From when on each was the basis, and what was the day before."""
CARD = (("2026-09-01", DECREE, "Decree 301/2026"),)

Entry = tuple[str, str, str]
"""Bundles or time limits, of a group, under a name."""

BASES: dict[Entry, tuple[tuple[str, str | None, str], ...]] = {
    ("bundle", "birth", "usual"): BOTH + CARD,
    ("bundle", "birth", "born-abroad"): BOTH,
    ("bundle", "birth-notice", "usual"): (("2025-01-01", None, "DOMAIN.md, hospital birth"),),
    ("bundle", "death", "usual"): BOTH,
    ("bundle", "death", "without-residence"): BOTH,
    ("bundle", "death", "without-benefit"): BOTH,
    ("limit", "birth", "usual"): BOTH,
    ("limit", "birth", "verification"): BOTH,
    ("limit", "death", "usual"): BOTH,
    ("limit", "death", "without-benefit"): BOTH,
    ("limit", "any", "supplement"): BOTH,
}


def entries() -> Iterator[tuple[Entry, Any]]:
    """Yield everything that is dated in the groups that families declare."""
    for group in catalogue().groups.values():
        for bundle in group.bundles:
            yield ("bundle", group.name, bundle.circumstance), bundle
        for limit in group.time_limits:
            yield ("limit", group.name, limit.name), limit
    for limit in TIME_LIMITS:
        yield ("limit", "any", limit.name), limit


def basis(entry: Entry, on: date) -> str | None:
    """Return what an entry of that day rests on."""
    found = in_force([each for name, each in entries() if name == entry], on)
    return found.source if found else None


@pytest.mark.parametrize(
    ("entry", "day", "before", "since"),
    [(entry, *row) for entry, rows in BASES.items() for row in rows],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else None,
)
def test_the_legal_basis_is_the_pilot_of_2023_then_decree_63_of_2024(
    entry: Entry, day: str, before: str | None, since: str
) -> None:
    """DOMAIN.md, legal basis: Decree 63/2024/ND-CP from 10 June 2024; before it the pilot of
    Decision 06/QD-TTg, everywhere since 10 July 2023. The identity card: Decree 301/2026."""
    first = date.fromisoformat(day)
    was = basis(entry, first - timedelta(days=1))
    assert (was or "").startswith(before or "")
    assert (was is None) == (before is None)
    assert (basis(entry, first) or "").startswith(since)


def test_each_day_on_which_something_begins_has_its_case() -> None:
    dated = {(entry, each.since.isoformat()) for entry, each in entries()}
    assert dated == {(entry, row[0]) for entry, rows in BASES.items() for row in rows}


Ask = Callable[[date], Any]


class Holds(NamedTuple):
    """What a rule says, from which day on, and what the system says around that day."""

    rule: str
    day: str
    ask: Ask
    before: Any
    since: Any


def bundle(group: str, circumstance: str = "usual") -> Ask:
    """Return how to ask for the procedures of a declaration; None before there were any."""

    def ask(day: date) -> Any:
        try:
            return catalogue().groups[group].bundle(circumstance, day)
        except LookupError:
            return None

    return ask


def limit(group: str, name: str) -> Ask:
    """Return how to ask for the working days of a case."""
    return lambda day: catalogue().groups[group].time_limit(name, day)


def supplement(day: date) -> int:
    """Return the working days for a supplement that is asked for on the morning of that day."""
    asked_at = datetime(day.year, day.month, day.day, 10, tzinfo=LOCAL)
    until = supplement_until(asked_at).astimezone(LOCAL).date()
    return working_days_between(received_on(asked_at), until)


ABROAD = (birth.BIRTH, birth.IDENTIFIER, birth.FEES)
SILENT = (death.RECORD, death.FEES)
"""What follows from a death without being chosen."""
FOUR = (death.DEATH, death.REMOVAL, death.BENEFIT, death.PAYOUT, *SILENT)
THREE = (death.DEATH, death.BENEFIT, death.PAYOUT, *SILENT)
TWO = (death.DEATH, death.REMOVAL, *SILENT)
STARTS: tuple[tuple[str, Ask, Any], ...] = (
    ("a birth is linked with residence, card, fees, premium", bundle("birth"), birth.USUAL),
    ("a birth abroad has no residence and no card", bundle("birth", "born-abroad"), ABROAD),
    ("a death is linked with four procedures", bundle("death"), FOUR),
    ("a death with three of them", bundle("death", "without-residence"), THREE),
    ("a death with two of them", bundle("death", "without-benefit"), TWO),
    ("birth chain: 3 working days", limit("birth", "usual"), 3),
    ("birth chain: 5 where verification is needed", limit("birth", "verification"), 5),
    ("death chain: 18 working days at most", limit("death", "usual"), 18),
    ("death chain: 6 at least", limit("death", "without-benefit"), 6),
)
RULES = (
    *(Holds(f"{PILOT}: {rule}", "2023-07-10", ask, None, is_) for rule, ask, is_ in STARTS),
    *(Holds(f"{DECREE}: {rule}", "2024-06-10", ask, is_, is_) for rule, ask, is_ in STARTS),
    Holds(f"{DECREE}: 7 working days to supplement a file", "2024-06-10", supplement, 7, 7),
    Holds(
        "Decree 301/2026: the child's identity card joins the bundle of a birth",
        "2026-09-01",
        bundle("birth"),
        birth.USUAL,
        (*birth.USUAL, birth.IDENTITY_CARD),
    ),
    Holds(
        "Decree 301/2026: not that of a birth abroad",
        "2026-09-01",
        bundle("birth", "born-abroad"),
        ABROAD,
        ABROAD,
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.rule)
def test_a_rule_holds_from_its_day_and_not_before(rule: Holds) -> None:
    first = date.fromisoformat(rule.day)
    assert rule.ask(first - timedelta(days=1)) == rule.before
    assert rule.ask(first) == rule.since


def slowest(group: str, bundle: tuple[str, ...], submitted_at: datetime) -> date:
    """Return the day on which everything has ended where each agency takes all of its time."""
    ends: Ends = {}
    for step in Plans(catalogue().groups).of(group, bundle).steps:
        limit = of_step(step, Received(submitted_at, None), ends)
        at = limit.due_at if limit else step.since(submitted_at, ends)
        assert at is not None
        ends = {**ends, step.name: {"state": "granted", "at": at, "entry": 0}}
    return max(end["at"] for end in ends.values()).astimezone(LOCAL).date()


def test_the_headline_21_working_days_became_4_on_10_july_2023() -> None:
    """DOMAIN.md, headline: three visits took 21 working days, and nothing was linked until 9 July
    2023. From the next day on, a birth's agencies have 4 if each takes as long as it may."""
    first = date(2023, 7, 10)
    with pytest.raises(LookupError, match="2023-07-09"):
        birth.GROUP.bundle("usual", first - timedelta(days=1))
    declared_at = datetime(2023, 7, 10, 10, tzinfo=LOCAL)
    last = slowest("birth", birth.GROUP.bundle("usual", first), declared_at)
    assert working_days_between(first, last) == 4
