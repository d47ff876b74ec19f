"""Whom the population register marks deceased: by a registered death, or by what imports say."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.compensation.events import DeathRecordCancelled
from contracts.death.events import DeathRecordRefused
from contracts.envelope import Event
from contracts.people.events import (
    DeathReported,
    DeathReportWithdrawn,
    PersonDeceased,
    PersonRecorded,
    PersonReported,
)
from services.chassis.procedure import TooEarly
from services.population import death, people
from services.population.rules import RULES
from tests.unit.deaths import DECEASED, desk, person, registered
from tests.unit.driver import NOW, Desk, World
from tests.unit.requests import REVOKED


def test_a_person_is_marked_deceased_once() -> None:
    world = World()
    first = desk(death.record, RULES, "case-1", world)
    first.hear(registered())
    first.hear(registered())
    assert first.said(PersonDeceased).deceased_on == date(2026, 11, 16)
    assert first.row("deceased")["registration_number"] == "KT-33-2026-00000042"


def test_a_second_death_is_heard_too_early_until_the_first_is_void() -> None:
    """Civil status lets one stand at a time, so that it is void is on its way."""
    world = World()
    first, second = (desk(death.record, RULES, f"case-{n}", world) for n in (1, 2))
    first.hear(registered())
    again = registered(registration_number="KT-33-2026-00000043")
    with pytest.raises(TooEarly):
        second.hear(again)
    assert second.state == death.record.initial
    first.hear(REVOKED)
    second.hear(again)
    assert second.said(PersonDeceased).registration_number == "KT-33-2026-00000043"
    assert first.said(DeathRecordCancelled)
    assert world.of("case-2") == {f"deceased/{DECEASED}"}


def report(world: World, hour: int = 0, **changes: Any) -> Desk:
    told = Desk(people.record, RULES, "person-1", world=world)
    reported(told, hour, **changes)
    return told


def reported(told: Desk, hour: int = 0, **changes: Any) -> tuple[type[Event], ...]:
    """Let an import name the person, so many hours later, and return what is said."""
    told.now = NOW + timedelta(hours=hour)
    known = person(DECEASED, "Phạm Văn Lợi", **changes)
    decision = told.hear(PersonReported(person=known, imported_from="test"))
    return tuple(type(event) for event in decision.events)


def test_whom_an_import_reports_as_deceased_is_not_marked_again() -> None:
    world = World()
    report(world, deceased_on="2020-05-01").said(PersonRecorded)
    case = desk(death.record, RULES, "case-1", world)
    case.hear(registered())
    case.said(DeathRecordRefused)
    assert world.of("case-1") == set(), "a refused case holds no claim"


@pytest.mark.parametrize("changes", [{}, {"deceased_on": "2020-05-01"}])
def test_a_report_after_a_registered_death_is_recorded_and_takes_nothing_back(
    changes: dict[str, Any],
) -> None:
    world = World()
    desk(death.record, RULES, "case-1", world).hear(registered())
    report(world, **changes).said(PersonRecorded)
    assert f"deceased/{DECEASED}" in world.of("case-1")


def test_a_report_of_a_death_that_is_registered_here_is_no_other_death() -> None:
    """Else whom a court finds alive would receive nothing for ever, by a copy of what is void."""
    world = World()
    case = desk(death.record, RULES, "case-1", world)
    case.hear(registered())
    copy = report(world, deceased_on="2026-11-16")
    assert [type(event) for event in copy.events] == [PersonRecorded]
    case.hear(REVOKED)
    assert f"deceased/{DECEASED}" not in world.held
    assert reported(copy, 1, deceased_on="2026-11-16") == (PersonRecorded,), "the same copy"
    assert reported(copy, 2, deceased_on="2026-11-18") == (PersonRecorded, DeathReported)
    assert reported(copy, 3, deceased_on="2026-11-16") == (PersonRecorded, DeathReportWithdrawn)
    assert f"deceased/{DECEASED}" not in world.held


def test_what_the_newest_report_says_no_more_is_withdrawn_and_may_be_said_again() -> None:
    world = World()
    told = report(world, hour=2, deceased_on="2020-05-01")
    assert reported(told, 1) == (), "an older report counts nothing"
    assert reported(told, 3, deceased_on="2020-05-01") == (PersonRecorded,), "no news"
    for hour in (4, 6):
        assert reported(told, hour) == (PersonRecorded, DeathReportWithdrawn)
        assert f"deceased/{DECEASED}" not in world.held
        again = reported(told, hour + 1, deceased_on="2020-05-01")
        assert again == (PersonRecorded, DeathReported)
        assert f"deceased/{DECEASED}" in world.of("person-1")
