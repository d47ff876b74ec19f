"""A real Prometheus over the running system: what it is told, what it makes of it, when it warns.

It has the configuration, the rules and the alerts of a deployment; only its targets are those of
this stack. Every panel of every dashboard is asked here.
"""

import json
import math
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from infra.local.ports import PROMETHEUS
from infra.local.waiting import wait_until
from services.chassis.metrics import SECONDS
from tests.e2e.city import City
from tests.e2e.onestop import LIMIT_SECONDS
from tests.e2e.prometheus import Prometheus, of_dashboard
from tests.monitoring.dashboards import Question, questions
from tests.monitoring.programs import required

COUNT = 150
ENDED = "sum(onestop_case_seconds_count)"
ALL = "sum by (le) (onestop_case_seconds_bucket)"
OF_TIME = {"BirthsTooSlow", "BirthsSlow", "ConsumerLagging"}
"""Alerts that a machine which does other things besides may well deserve."""

EMPTY = {
    'ALERTS{alertstate="firing"}': "nothing is wrong",
    "sum by (service, type) (increase(onestop_events_dead_lettered_total[1h]))": "no dead letters",
    "sum by (service) (rate(onestop_events_repeated_total[5m]))": "nothing was heard twice",
}
"""What a system in good health may answer with nothing, and why."""


@pytest.fixture(scope="module")
def prometheus(city: City) -> Prometheus:
    """Prometheus, which has seen births come in: a rate is told by two values.

    The first value must be older than the first birth. It comes up to ten seconds after Prometheus
    itself, and in fewer everything that is rated here may have been rated.
    """
    required(PROMETHEUS)
    prometheus = Prometheus(city.stack.url(PROMETHEUS))
    assert prometheus.comes_to("count(up == 1)", len(city.stack.services))
    for arguments in (("--seed", "1"), ("--seed", "2", "--count", f"{COUNT}")):
        status, summary = city.fire(*arguments)
        assert (status, summary["ok"]) == (0, True)
        assert prometheus.comes_to(ENDED, len(city.ended()))
    ratings = [json.loads(row["value"])["data"]["stars"] for row in city.rows("portal", "ratings")]
    assert len(ratings) >= 3, "those that are written out, and of births alone"
    assert prometheus.comes_to("sum(onestop_case_rating_sum)", sum(ratings))
    return prometheus


def test_it_asks_every_service_of_the_catalogue(city: City, prometheus: Prometheus) -> None:
    found = {each["labels"]["service"]: each for each in prometheus.targets()}
    assert set(found) == set(city.stack.services)
    assert {each["health"] for each in found.values()} == {"up"}
    told = {each.labels["service"] for each in prometheus.ask("onestop_halted")}
    assert told == set(city.stack.services)


def test_it_counts_what_happened(city: City, prometheus: Prometheus) -> None:
    cases = city.ended()
    for status in {case["status"] for case in cases}:
        number = sum(case["status"] == status for case in cases)
        ended = f'sum(onestop_case_seconds_count{{outcome="{status}"}})'
        assert prometheus.number(ended) == number
    waiting = len(city.cases()) - len(cases)
    assert prometheus.comes_to("sum(onestop_cases_in_flight)", waiting)
    assert prometheus.comes_to("sum(service:onestop_consumer_lag_messages:sum)", 0)


def test_the_money_it_knows_of_is_that_of_the_ledger(city: City, prometheus: Prometheus) -> None:
    rows = city.rows("payments", "ledger")
    for what in ("fees", "refund", "premium"):
        posted = sum(line["debit"] for row in rows if row["what"] == what for line in row["lines"])
        assert posted > 0, what
        assert prometheus.comes_to(f'sum(onestop_amount_total{{what="{what}"}})', posted)
    assert prometheus.number('sum(onestop_amount_total{what="waived"})') > 0


@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
def test_quantiles_agree_with_the_cases_own_times_within_a_bucket(
    city: City, prometheus: Prometheus, quantile: float
) -> None:
    seconds = sorted(case["seconds"] for case in city.ended())
    measured = prometheus.number(f"histogram_quantile({quantile}, {ALL})")
    own = seconds[math.ceil(quantile * len(seconds)) - 1]
    assert bucket(measured) == bucket(own), (measured, own)


def bucket(seconds: float) -> int:
    """Return which bucket of the histogram that is in; its upper bound belongs to it."""
    return bisect_left(SECONDS, seconds)


def test_the_recorded_quantiles_and_rates_are_there(prometheus: Prometheus) -> None:
    names = ("group:onestop_case_seconds:p95_5m", "group:onestop_declarations:rate5m")
    assert wait_until(lambda: all(prometheus.number(f"max({n})") > 0 for n in names), LIMIT_SECONDS)


def test_a_single_case_can_be_looked_up(city: City, prometheus: Prometheus) -> None:
    now = time.time()
    found = prometheus.exemplars("onestop_case_seconds_bucket", now - 3600, now + 60)
    cases = {case["case_id"] for case in city.cases()}
    assert found
    for labels in found:
        assert set(labels) == {"case_id", "trace_id"}
        assert labels["case_id"] in cases


@pytest.mark.parametrize("question", list(questions()), ids=lambda q: f"{q.dashboard}: {q.panel}")
def test_every_panel_is_answered(prometheus: Prometheus, question: Question) -> None:
    expression = of_dashboard(question.expression)

    def answered() -> bool:
        found = prometheus.ask(expression)
        if not found:
            return question.expression in EMPTY
        return any(math.isfinite(each.value) for each in found)

    assert wait_until(answered, LIMIT_SECONDS), prometheus.ask(expression)


def test_what_is_explained_as_empty_is_asked_somewhere() -> None:
    assert {question.expression for question in questions()} >= set(EMPTY)


def test_a_healthy_system_raises_no_alarm(prometheus: Prometheus) -> None:
    assert set(prometheus.alerts()) - OF_TIME == set()


def test_a_posting_that_does_not_balance_raises_one_until_it_is_corrected(
    city: City, prometheus: Prometheus
) -> None:
    def fires() -> bool:
        return prometheus.alerts().get("LedgerUnbalanced") == "firing"

    with a_wrong_posting(city):
        assert wait_until(fires, LIMIT_SECONDS)
    assert wait_until(lambda: not fires(), LIMIT_SECONDS)


@contextmanager
def a_wrong_posting(city: City) -> Iterator[None]:
    """Let somebody change a posting in the database, and change it back."""
    client: MongoClient[dict[str, Any]] = MongoClient(city.stack.addresses.mongo)
    with client:
        ledger = client["onestop_payments"]["ledger"]
        row = ledger.find_one()
        assert row is not None
        ledger.update_one({"_id": row["_id"]}, {"$inc": {"lines.0.debit": 1}})
        yield
        ledger.update_one({"_id": row["_id"]}, {"$inc": {"lines.0.debit": -1}})


def test_a_service_that_is_gone_is_noticed(city: City, prometheus: Prometheus) -> None:
    def noticed() -> bool:
        return "ServiceDown" in prometheus.alerts()

    city.stack.kill("residence")
    try:
        assert wait_until(noticed, LIMIT_SECONDS)
        down = prometheus.ask('up{job="onestop"} == 0')
        assert [each.labels["service"] for each in down] == ["residence"]
    finally:
        city.stack.start_part("residence")
    assert wait_until(lambda: not noticed(), LIMIT_SECONDS)
