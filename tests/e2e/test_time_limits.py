"""Days pass on the system's clock: what is late is told once, and what is in time is not spoken of.

The portal alone is moved on, by being started again with its clock at a day a second.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.birth.process import HEALTH_CARD
from contracts.catalogue import topic
from contracts.common.calendar import LOCAL, local_date
from contracts.common.escalation import OF_A_CASE, OF_A_PROCEDURE
from contracts.common.events import ApologySent, CaseCompleted
from contracts.common.working_days import add_working_days, closing
from infra.local import Stack, plain_http
from infra.local.clock import ClockSetting
from infra.local.waiting import wait_until
from services.portal.time_limits import SAID
from tests.e2e.city import City, Document
from tests.e2e.onestop import LIMIT_SECONDS

FRIDAY = datetime(2026, 2, 13, 9, tzinfo=LOCAL)
"""The last working day before Tết."""
DUE = datetime(2026, 2, 25, 17, tzinfo=LOCAL)
"""Three working days later: the 23rd, 24th and 25th."""
STUCK = "social-insurance"
IN_TIME = 5


def set_to(moment: datetime, speed: float) -> dict[str, str]:
    """Return the variables by which a process shows this moment now."""
    return ClockSetting(moment, speed).environment(datetime.now(UTC))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A system on the Friday before Tết, where everything ends at once but for one case."""
    setting = ClockSetting(FRIDAY)
    with Stack(tmp_path_factory.mktemp("february"), clock=setting) as stack:
        city = City(stack)
        imported = city.import_people()
        assert (imported.status, imported.err) == (0, ""), imported
        status, summary = city.fire("--count", str(IN_TIME), "--seed", "1")
        assert (status, summary["ok"], summary["accepted"]) == (0, True, IN_TIME)
        stack.stop_part(STUCK)
        status, summary = city.fire("--count", "1", "--seed", "99", "--timeout", "5")
        assert (status, summary["unfinished"]) == (1, 1)
        yield city


@pytest.fixture(scope="module")
def stuck(city: City) -> str:
    """The case that waits for the agency that is away."""
    (case,) = [each for each in city.cases() if each["status"] == "in-progress"]
    return str(case["case_id"])


@pytest.fixture(scope="module")
def late(city: City, stuck: str) -> dict[str, str]:
    """Weeks pass at the portal; it is killed when the case is overdue, and a replica helps it on.

    Returns how its clock was set.
    """
    assert page(city, stuck)["timeliness"] == "on-time"
    environment = set_to(FRIDAY, speed=86_400)
    city.stack.restart("portal", environment)
    assert wait_until(lambda: heard(city, stuck)["overdue", ""] > 0, LIMIT_SECONDS)
    city.stack.kill("portal")
    city.stack.start_part("portal", environment)
    city.stack.add_replica("portal", environment)
    assert wait_until(lambda: heard(city, stuck)["head-of-province", ""] > 0, LIMIT_SECONDS)
    return environment


def page(city: City, case_id: str) -> Document:
    answer = plain_http.get(f"{city.stack.url('portal')}/api/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def said(city: City, *types: str) -> dict[str, Document]:
    """Return the events of these types that the portal published, each id once."""
    found = (json.loads(message.value) for message in city.messages(topic("portal")))
    return {each["id"]: each for each in found if each["type"] in types}


def heard(city: City, case_id: str) -> Counter[tuple[str, str]]:
    """Return how often each rung was told of a case, by rung and procedure."""
    events = said(city, *(each.type for each in SAID)).values()
    return Counter(rung(each) for each in events if each["subject"] == case_id)


def rung(event: Document) -> tuple[str, str]:
    data: Any = event["data"]
    named = {"portal.deadline-approached.v1": "at-risk", "portal.deadline-missed.v1": "overdue"}
    name = data.get("rung", named.get(event["type"], "apology"))
    return name, data.get("limit", {}).get("procedure", "")


def test_each_rung_is_told_once_over_restarts_and_replicas(
    city: City, stuck: str, late: dict[str, str]
) -> None:
    once = {(rung.name, "") for rung in OF_A_CASE} | {("apology", "")}
    once |= {(rung.name, HEALTH_CARD) for rung in OF_A_PROCEDURE}
    assert heard(city, stuck) == dict.fromkeys(once, 1)
    assert city.rows("portal", "deadlines") == [], "nothing more is awaited"


def test_what_ended_in_time_is_silent(city: City, stuck: str, late: dict[str, str]) -> None:
    subjects = {each["subject"] for each in said(city, *(e.type for e in SAID)).values()}
    assert subjects == {stuck}
    completed = [each["data"] for each in said(city, CaseCompleted.type).values()]
    assert [each["on_time"] for each in completed] == [True] * IN_TIME
    assert {datetime.fromisoformat(each["due_at"]) for each in completed} == {DUE}


def test_the_page_says_what_is_late_and_what_was_promised(
    city: City, stuck: str, late: dict[str, str]
) -> None:
    case = page(city, stuck)
    assert (datetime.fromisoformat(case["due_at"]), case["timeliness"]) == (DUE, "overdue")
    (apology,) = [each for each in case["timeline"] if each["type"] == ApologySent.type]
    day = local_date(datetime.fromisoformat(apology["at"]))
    promised = closing(add_working_days(day, 2))
    assert datetime.fromisoformat(case["promised_at"]) == promised
    assert f"{local_date(promised):%d/%m/%Y}" in apology["notice"]["vi"]
    card = next(each for each in case["procedures"] if each["name"] == HEALTH_CARD)
    others = [each for each in case["procedures"] if each["name"] != HEALTH_CARD]
    assert card["timeliness"] == "overdue"
    assert {each["timeliness"] for each in others} == {"on-time", None}
    shown = city.onestop("case", stuck)
    assert f"due {DUE:%Y-%m-%d %H:%M} overdue" in shown.out.replace("\n", " ")


def test_the_metrics_count_it(city: City, stuck: str, late: dict[str, str]) -> None:
    def counted() -> bool:
        portal = city.scrape("portal")
        return portal.total("onestop_cases_overdue", group="birth") == 1

    assert wait_until(counted, LIMIT_SECONDS)
    assert city.scrape("portal").total("onestop_cases_at_risk", group="birth") == 0


def test_it_ends_late_when_the_agency_is_back(city: City, stuck: str, late: dict[str, str]) -> None:
    city.stack.start_part(STUCK, late)
    assert wait_until(lambda: page(city, stuck)["status"] == "completed", LIMIT_SECONDS)
    assert page(city, stuck)["timeliness"] == "overdue"
    completed = said(city, CaseCompleted.type).values()
    assert [e["data"]["on_time"] for e in completed if e["subject"] == stuck] == [False]
    names = ("portal", "portal-2")
    scrapes = [city.scrape(name) for name in names]
    slow = {"group": "birth", "owner": STUCK, "procedure": HEALTH_CARD, "on_time": "no"}
    assert sum(each.total("onestop_procedure_seconds_count", **slow) for each in scrapes) == 1
    verified = city.onestop("journal", "verify")
    assert (verified.status, verified.err) == (0, "")
