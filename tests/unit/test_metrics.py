"""What decisions measure, and what /metrics says of it to whom."""

import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from services.chassis import metrics

CASE = "019a200a-8ca0-7d19-8d19-ac4b23678d90"
TRACE = "0af7651916cd43dd8448eb211c80319c"

OPENMETRICS = "application/openmetrics-text;version="
ACCEPTS = {
    "Prometheus 2": f"{OPENMETRICS}1.0.0,{OPENMETRICS}0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5",
    "Prometheus 3": f"{OPENMETRICS}1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
}


def where() -> dict[str, str]:
    return {"case": CASE, "correlation": "c", "trace": TRACE, "event": "e"}


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def told(accept: str) -> str:
    """Return what is told to who asks so."""
    encode, _ = choose_encoder(accept)
    return encode(REGISTRY).decode()


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS)
def test_a_slow_case_can_be_looked_up_by_who_asks_for_openmetrics(accept: str) -> None:
    labels = {"group": "looked-up", "outcome": "completed", "on_time": "yes", "waited": "no"}
    metrics.take("case_seconds", 7, labels, where)
    shown = told(accept)
    (line,) = re.findall(r"^onestop_case_seconds_bucket\{group=\"looked-up\".* # .*$", shown, re.M)
    assert f'# {{case_id="{CASE}",trace_id="{TRACE}"}} 7.0' in line
    assert 'le="10.0"' in line
    assert CASE not in told("text/plain")


@pytest.mark.parametrize("told", [{}, {"case": "x" * 128}])
def test_a_case_without_a_usable_id_is_measured_all_the_same(told: dict[str, str]) -> None:
    labels = {"group": "nameless", "outcome": f"{len(told)}", "on_time": "no", "waited": "no"}
    metrics.take("case_seconds", 1, labels, lambda: told)
    assert value("onestop_case_seconds_count", **labels) == 1


def test_amounts_add_up() -> None:
    labels = {"what": "test", "account": "till"}
    for amount in (8_000, 16_000):
        metrics.take("amount", amount, labels, where)
    assert value("onestop_amount_total", **labels) == 24_000


@pytest.mark.parametrize(
    ("measure", "labels"),
    [
        ("no-such", {}),
        ("amount", {"what": "fees"}),
        ("case_seconds", {"group": "a", "outcome": "b", "on_time": "yes", "case": "c"}),
    ],
)
def test_what_is_not_declared_is_an_error(measure: str, labels: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        metrics.take(measure, 1, labels, where)


def test_faults_are_counted_from_zero() -> None:
    metrics.begin("beginner", ["a.events", "b.events"])
    for name in ("commit_failures_total", "connection_retries_total", "dead_letters", "halted"):
        assert value(f"onestop_{name}", service="beginner") == 0, name
    for topic in ("a.events", "b.events"):
        assert value("onestop_offset_gaps_total", service="beginner", topic=topic) == 0
