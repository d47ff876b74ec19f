"""The dashboards and their provisioning, as files. What they ask is asked in tests/e2e."""

import re
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from services.chassis import metrics as declared
from tests.monitoring.dashboards import GRAFANA, dashboards, questions
from tests.monitoring.test_rules import RULES, alerts, groups

TITLES = {
    "overview": "Overview",
    "procedures": "Procedures and deadlines",
    "services": "Services and lag",
    "money": "Money",
}
OF_OTHERS = {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"}
NAME = re.compile(r"\b(?:[a-z_]+:)?(?:onestop_[a-z_]+)(?::[a-z0-9_]+)?|\b(?:up|ALERTS|process_\w+)")


def provisioned(path: str) -> Any:
    return yaml.safe_load((GRAFANA / "provisioning" / path).read_text(encoding="utf-8"))


def recorded() -> dict[str, str]:
    """Return what is recorded, by its name."""
    rules = [rule for group in groups(RULES / "recording.yml") for rule in group["rules"]]
    return {rule["record"]: rule["expr"] for rule in rules}


def measured() -> set[str]:
    """Return the names of all series that the services may tell."""
    metrics = [each for each in vars(declared).values() if isinstance(each, MetricWrapperBase)]
    families = [family for each in metrics for family in each.describe()]
    endings = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    return {family.name + ending for family in families for ending in endings[family.type]}


def expressions() -> dict[str, str]:
    """Return every expression of rules, alerts and panels, by where it stands."""
    return {
        **recorded(),
        **{name: rule["expr"] for name, rule in alerts().items()},
        **{f"{q.dashboard}: {q.panel}: {q.expression}": q.expression for q in questions()},
    }


def test_the_dashboards_have_their_names_for_ever() -> None:
    assert {name: each["title"] for name, each in dashboards().items()} == TITLES
    for name, dashboard in dashboards().items():
        assert dashboard["uid"] == f"onestop-{name}"
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids))
        assert dashboard.get("id") is None, "Grafana gives these"


@pytest.mark.parametrize("name", TITLES)
def test_every_panel_says_what_it_shows_and_asks_the_provisioned_datasource(name: str) -> None:
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    for panel in dashboards()[name]["panels"]:
        assert panel["title"]
        assert panel["description"], panel["title"]
        assert panel["targets"], panel["title"]
        assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}


@pytest.mark.parametrize("name", TITLES)
def test_panels_do_not_lie_over_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboards()[name]["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_the_dashboards_are_provisioned_from_where_they_are_mounted() -> None:
    (provider,) = provisioned("dashboards/onestop.yml")["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    assert not provider["allowUiUpdates"]


def test_a_slow_case_leads_to_its_page_and_its_trace() -> None:
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    links = {
        each["name"]: each["url"] for each in source["jsonData"]["exemplarTraceIdDestinations"]
    }
    assert set(links) == {"case_id", "trace_id"}
    assert links["case_id"].endswith("/api/cases/$${__value.raw}")
    assert links["trace_id"].endswith("/trace/$${__value.raw}")
    shown = [question for question in questions() if question.exemplars]
    assert {question.dashboard for question in shown} >= {"overview", "procedures"}
    assert all("onestop_case_seconds_bucket" in question.expression for question in shown)


@pytest.mark.parametrize("place", expressions())
def test_only_what_is_measured_or_recorded_is_asked(place: str) -> None:
    named = set(NAME.findall(expressions()[place]))
    assert named
    assert named <= measured() | set(recorded()) | OF_OTHERS


def test_an_unknown_metric_is_noticed() -> None:
    assert NAME.findall('sum(onestop_unheard_of_total{service="a"}) / up') == [
        *("onestop_unheard_of_total", "up")
    ]
    assert not {"onestop_unheard_of_total"} <= measured()


def test_nothing_is_measured_that_nobody_looks_at() -> None:
    asked = {name for text in expressions().values() for name in NAME.findall(text)}
    families = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in measured()}
    looked_at = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in asked}
    assert families - looked_at == set()
