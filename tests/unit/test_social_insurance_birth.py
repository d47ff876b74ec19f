"""A child under six has a health card: number, validity, months of premium."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.birth.events import HealthCardIssued, HealthCardRefused
from contracts.birth.process import GROUP, HEALTH_CARD
from contracts.common.task_events import task_events
from contracts.common.tasks import ActDeclined
from contracts.compensation.events import BirthCorrected
from services.social_insurance import birth
from services.social_insurance.rules import RULES, DayOfYear
from tests.unit.births import TODAY, child, household, identified
from tests.unit.driver import Desk, World
from tests.unit.officials import APPROVE, claim, decide, official, reviewed


def card(rules: Any = RULES, world: World | None = None, case: str = "1", **changes: Any) -> Desk:
    desk = Desk(birth.health_card, rules, case, world=world or World())
    desk.hear(identified(**changes))
    return desk


@pytest.mark.parametrize(
    ("born_on", "issued"),
    [
        (date(2020, 11, 20), False),
        (date(2020, 11, 21), True),
        (date(2019, 1, 1), False),
        (date(2026, 11, 20), True),
    ],
)
def test_a_card_is_for_children_whose_sixth_birthday_is_to_come(
    born_on: date, issued: bool
) -> None:
    desk = card(child=child(born_on=born_on))
    if issued:
        assert desk.said(HealthCardIssued)
        return
    assert desk.said(HealthCardRefused).reason.code == "six-or-older"
    assert "6" in desk.said(HealthCardRefused).reason.vi
    assert not desk.records
    assert not desk.rounds


@pytest.mark.parametrize(
    ("now", "issued"),
    [
        (datetime(2026, 2, 27, 16, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 27, 17, 0, tzinfo=UTC), False),
    ],
)
def test_a_child_of_29_february_turns_six_on_28_february_by_the_clock_of_viet_nam(
    now: datetime, issued: bool
) -> None:
    desk = Desk(birth.health_card, RULES, now=now)
    desk.hear(identified(child=child(born_on=date(2020, 2, 29))))
    assert isinstance(desk.events[0], HealthCardIssued) == issued


@pytest.mark.parametrize(
    ("born_on", "valid_until", "months"),
    [
        (date(2026, 1, 1), date(2032, 9, 30), 81),
        (date(2026, 9, 29), date(2032, 9, 30), 73),
        (date(2026, 9, 30), date(2032, 9, 30), 72),
        (date(2026, 10, 1), date(2032, 10, 1), 72),
        (date(2025, 12, 31), date(2031, 12, 31), 72),
        (date(2024, 2, 29), date(2030, 9, 30), 80),
    ],
)
def test_a_card_is_valid_from_birth_to_six_or_the_30_september_after(
    born_on: date, valid_until: date, months: int
) -> None:
    event = card(child=child(born_on=born_on)).said(HealthCardIssued)
    assert (event.valid_from, event.valid_until) == (born_on, valid_until)
    assert event.premium_months == months


def test_a_card_number_has_group_level_province_and_insurance_number() -> None:
    desk = card(household=household(province="79"))
    event = desk.said(HealthCardIssued)
    assert event.card_number[:5] == "TE179"
    assert len(event.card_number) == 15
    assert desk.world.of("1") == {f"social-insurance-number/{event.card_number[5:]}"}
    assert desk.records[0].key == event.card_number
    assert desk.row("cards")["issued_on"] == TODAY.isoformat()


def test_an_insurance_number_is_given_once() -> None:
    first = card().said(HealthCardIssued).card_number
    world = World()
    world.taken("social-insurance-number", first[5:])
    assert card(world=world).said(HealthCardIssued).card_number != first


def test_no_card_where_the_bundle_does_not_ask_for_it() -> None:
    abroad = GROUP.bundle("born-abroad", TODAY)
    desk = card(bundle=abroad, household=None)
    assert not desk.events
    assert desk.state.outcome == "not-asked"


def test_no_card_without_a_province_of_residence() -> None:
    assert card(household=None).said(HealthCardRefused).reason.code == "no-residence"


def test_a_second_hearing_changes_nothing() -> None:
    desk = card()
    desk.hear(identified())
    assert len(desk.events) == 1


@pytest.mark.parametrize(("place", "waits"), [(None, True), ("01", True), ("79", False)])
def test_policy_says_whether_an_official_decides(place: str | None, waits: bool) -> None:
    desk = card(reviewed(RULES, HEALTH_CARD, place=place or "", since=f"{TODAY}"))
    opened = task_events("social-insurance").opened
    assert [type(event) is opened for event in desk.events] == [waits]


def test_a_day_of_the_year_that_no_year_has_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        DayOfYear(month=2, day=30)


def test_a_child_who_turned_six_while_an_official_had_the_file_gets_no_card() -> None:
    desk = card(
        reviewed(RULES, HEALTH_CARD), case="case-1", child=child(born_on=date(2020, 11, 21))
    )
    who = official(agency="social-insurance")
    desk.hear(claim(HEALTH_CARD, who))
    desk.now = desk.now.replace(day=22)
    desk.hear(claim("another-procedure", who))
    desk.hear(decide(HEALTH_CARD, who, APPROVE))
    assert desk.said(HealthCardRefused).reason.code == "six-or-older"


@pytest.mark.parametrize(
    ("as_declared", "as_corrected", "granted"),
    [
        (date(2020, 11, 10), date(2020, 12, 10), True),
        (date(2020, 12, 10), date(2020, 11, 10), False),
    ],
)
def test_an_official_decides_by_what_the_rules_find_after_a_correction(
    as_declared: date, as_corrected: date, granted: bool
) -> None:
    desk = card(reviewed(RULES, HEALTH_CARD), case="case-1", child=child(born_on=as_declared))
    who = official(agency="social-insurance")
    desk.hear(claim(HEALTH_CARD, who))
    correction = BirthCorrected(
        request=UUID(int=1),
        by=official().signatory,
        registration_number="KS-01-2026-00000042",
        decision_number="1/QĐ",
        corrected=("born_on",),
        child=child(born_on=as_corrected),
    )
    desk.hear(correction, entry=4)
    assert desk.state.review.task.held_by == who.signatory, "nobody took it from them"
    desk.hear(decide(HEALTH_CARD, who, APPROVE))
    if granted:
        assert desk.said(HealthCardIssued).valid_from == as_corrected
    else:
        assert desk.said(ActDeclined).reason.code == "rules-refuse"
