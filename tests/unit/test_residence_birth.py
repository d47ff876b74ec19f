"""A newborn joins a household when identified and paid for, in whichever order that is heard."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from contracts.birth.events import ResidenceRefused, ResidenceRegistered
from contracts.birth.process import RESIDENCE, USUAL
from contracts.common.task_events import task_events
from contracts.envelope import Event
from services.residence import birth
from services.residence.rules import RULES
from tests.unit.births import (
    FATHER,
    GRANDMOTHER,
    MOTHER,
    TODAY,
    child,
    household,
    identified,
    settled,
)
from tests.unit.driver import Desk
from tests.unit.officials import reviewed

WITHOUT_RESIDENCE = tuple(name for name in USUAL if "residence" not in name)


def desk(rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules)


def after(*events: Event, rules: Any = RULES) -> Desk:
    case = desk(rules)
    for event in events:
        case.hear(event)
    return case


@pytest.mark.parametrize("order", list(permutations([identified(), settled()])))
def test_a_child_is_registered_when_both_facts_are_there_in_any_order(
    order: tuple[Event, ...],
) -> None:
    case = desk()
    case.hear(order[0])
    assert not case.events, "one fact alone decides nothing"
    case.hear(order[1])
    event = case.said(ResidenceRegistered)
    assert event.registered_on == TODAY
    assert event.confirmation_number == "TT-2026-001226000007"
    assert case.row("residents")["household_owner"] == FATHER
    assert case.state.residence == event, "what may have to be taken back is remembered"


@pytest.mark.parametrize("order", list(permutations([identified(), settled(), identified()])))
def test_facts_heard_again_change_nothing(order: tuple[Event, ...]) -> None:
    case = after(*order, settled())
    assert len(case.events) == 1


CONSENT = {
    "a parent consents": (FATHER, True, True),
    "a parent who owns need not be asked": (FATHER, False, True),
    "the mother who owns need not be asked": (MOTHER, False, True),
    "a grandmother consents": (GRANDMOTHER, True, True),
    "a grandmother does not consent": (GRANDMOTHER, False, False),
}


@pytest.mark.parametrize(("owner", "consents", "granted"), CONSENT.values(), ids=CONSENT.keys())
@pytest.mark.parametrize("first", ["identified", "settled"])
def test_an_owner_who_is_no_parent_must_consent(
    owner: str, consents: bool, granted: bool, first: str
) -> None:
    known = identified(household=household(owner=owner, owner_consents=consents))
    events = (known, settled()) if first == "identified" else (settled(), known)
    case = after(*events)
    if granted:
        assert case.said(ResidenceRegistered).household.owner == owner
    else:
        assert case.said(ResidenceRefused).reason.code == "owner-does-not-consent"
        assert not case.records


def test_a_father_who_is_not_entered_is_no_parent() -> None:
    known = identified(child=child(father=None), household=household(owner_consents=False))
    case = after(known, settled())
    assert case.said(ResidenceRefused).reason.code == "owner-does-not-consent"


@pytest.mark.parametrize("order", list(permutations([0, 1])))
def test_nothing_happens_where_the_bundle_does_not_ask_for_residence(
    order: tuple[int, ...],
) -> None:
    events = [identified(bundle=WITHOUT_RESIDENCE, household=None), settled()]
    case = after(*(events[n] for n in order))
    assert not case.events
    assert not case.records
    assert case.state.outcome == "not-asked"


def test_a_bundle_with_residence_needs_a_household() -> None:
    case = after(identified(household=None), settled())
    assert case.said(ResidenceRefused).reason.code == "no-household"


@pytest.mark.parametrize(
    ("place", "since", "waits"),
    [
        (None, TODAY, True),
        ("01", TODAY, True),
        ("79", TODAY, False),
        (None, date(2026, 11, 21), False),
    ],
)
def test_policy_by_province_and_day_says_whether_an_official_decides(
    place: str | None, since: date, waits: bool
) -> None:
    rules = reviewed(RULES, RESIDENCE, place=place or "", since=f"{since}")
    case = after(identified(), settled(), rules=rules)
    assert [type(event) is task_events("residence").opened for event in case.events] == [waits]
