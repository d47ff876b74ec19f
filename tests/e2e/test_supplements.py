"""Days pass: what an official has asked for and never comes is refused, and what comes is not.

The stack's clock goes at a day a second, so that the written declarations which take days end.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import pytest

from contracts.birth.process import BIRTH, RESIDENCE
from contracts.catalogue import catalogue
from contracts.common.calendar import LOCAL, local_date
from contracts.common.events import ApologySent
from contracts.common.supplements import SupplementLapsed
from infra.commands.fire import fire_written_at, run
from infra.local import Stack
from infra.local.clock import ClockSetting
from tests.e2e.city import City
from tests.fire import written
from tests.fire.report import Report
from tests.fire.volume import Manner

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=LOCAL)
A_DAY_A_SECOND = 86_400
LASTING = """
[[claim_seconds]]
from = 2020-01-01
place = "12"
value = 8640000
source = "a test: claims must not end while days pass in seconds"
confidence = "low"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A system on which days pass quickly, and officials have time nevertheless."""
    rules = tmp_path_factory.mktemp("rules")
    for agency in ("civil-status", "population", "residence", "social-insurance"):
        (rules / f"{agency}.toml").write_text(LASTING, encoding="utf-8")
    setting = ClockSetting(FRIDAY, speed=A_DAY_A_SECOND)
    environment = {"ONESTOP_RULES": str(rules)}
    folder = tmp_path_factory.mktemp("days")
    with Stack(folder, clock=setting, environment=environment) as stack:
        city = City(stack)
        imported = city.import_people()
        assert (imported.status, imported.err) == (0, ""), imported
        yield city


@pytest.fixture(scope="module")
def fired(city: City) -> Report:
    """The written declarations that take days."""
    these = {stem: each for stem, each in written.load().items() if each.days}
    assert len(these) > 1
    showing = nullcontext(lambda counts: None)
    url = city.stack.url("portal")
    # Under load the steps before take seconds, and so days, too.
    manner = Manner(quiet=90.0)
    return run(fire_written_at(url, 1, manner, showing, these=these, issuer=city.issuer))


def test_what_never_comes_is_refused_when_its_days_are_over(city: City, fired: Report) -> None:
    assert (fired.left_out, fired.differences) == ([], {})
    assert fired.good
    reasons = {
        each["name"]: each["reason"]["code"]
        for case in fired.details
        for each in case["procedures"]
        if each["reason"] is not None
    }
    assert reasons == dict.fromkeys((BIRTH, RESIDENCE), "supplement-not-received")


def test_the_page_says_so_and_the_clock_stood_still(city: City, fired: Report) -> None:
    lapses = {
        event.type for event in catalogue().events.values() if issubclass(event, SupplementLapsed)
    }
    refused = [case for case in fired.details if "refused" in states(case)]
    assert len(refused) > 1
    for case in refused:
        told = [each for each in case["timeline"] if each["type"] in lapses]
        assert len(told) == 1
        assert told[0]["notice"]["en"].startswith("The time for a supplement is over")
        end = next(each for each in case["procedures"] if each["state"] == "refused")
        assert end["supplement"] is None, "nothing is asked for any more"
        asked = next(each for each in case["timeline"] if "supplement-requested" in each["type"])
        asked_at, lapsed_at, due = (
            datetime.fromisoformat(at) for at in (asked["at"], told[0]["at"], end["due_at"])
        )
        assert (lapsed_at - asked_at).days >= 7
        # One to three working days for the rest, after the eight or more that do not count; unless
        # days passed so quickly that the limit was over before anybody asked.
        assert due > lapsed_at or local_date(due) <= local_date(asked_at)


def test_who_waited_too_long_got_an_apology_with_a_new_date(fired: Report) -> None:
    (case,) = [each for each in fired.details if "refused" not in states(each)]
    assert case["timeliness"] == "overdue"
    (apology,) = [each for each in case["timeline"] if each["type"] == ApologySent.type]
    assert datetime.fromisoformat(case["due_at"]) < datetime.fromisoformat(apology["at"])
    assert set(states(case)) == {"granted"}


def states(case: dict[str, Any]) -> list[str]:
    return [each["state"] for each in case["procedures"]]


def test_the_journals_are_whole(city: City, fired: Report) -> None:
    verified = city.onestop("journal", "verify")
    assert (verified.status, verified.err) == (0, "")
    for service in catalogue().services:
        assert city.rows(service, "dead_letters") == []
