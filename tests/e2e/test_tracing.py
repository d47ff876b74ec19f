"""One trace for a case: from the request through Kafka and the stores of all services.

The services run as processes with the usual variables of OpenTelemetry, and send their spans to a
receiver in this process.
"""

import asyncio
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.catalogue import catalogue, publisher
from contracts.common.calendar import local_date
from contracts.common.events import CaseCompleted, DeclarationSubmitted
from infra.local import Stack
from infra.local.waiting import wait_until
from tests.e2e.city import FAMILIES, City, inhabited
from tests.e2e.collector import Collector, Span, collecting
from tests.e2e.onestop import LIMIT_SECONDS
from tests.fire.births import Births
from tests.fire.declared import Declared
from tests.fire.portal import Item, Portal
from tests.fire.watcher import Watcher

CLIENT = "b7ad6b7169203331"
"""The span of whoever sends the declaration."""
DIGITS = re.compile(r"(?<![0-9a-f-])\d{12}(?![0-9a-f-])")

Case = dict[str, Any]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[City]:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with inhabited(Stack(tmp_path_factory.mktemp("city"), environment=environment)) as city:
        yield city


def births(count: int, first: int = 0) -> list[Declared]:
    """Return simple births, of families at home."""
    found = Births(local_date(datetime.now(UTC)), FAMILIES).sequence(first, 1000)
    return [birth for birth in found if birth.outcome == "completed"][:count]


def ended(city: City, case_ids: list[str]) -> list[Case]:
    """Wait until these cases have ended, and return their pages."""

    async def follow() -> list[Case]:
        async with Portal(city.stack.url("portal")) as portal, Watcher(portal) as watcher:
            for case_id in case_ids:
                assert await watcher.end_of(case_id, LIMIT_SECONDS), "the case did not end"
            return [await portal.case(case_id) for case_id in case_ids]

    return asyncio.run(follow())


@pytest.fixture(scope="module")
def trace_id() -> str:
    return uuid4().hex


@pytest.fixture(scope="module")
def case(city: City, trace_id: str) -> Case:
    """One birth, declared within a trace of the client's."""
    (birth,) = births(1)
    answer = httpx.post(
        f"{city.stack.url('portal')}/api/declarations",
        json=birth.declaration,
        headers={"Idempotency-Key": birth.key, "traceparent": f"00-{trace_id}-{CLIENT}-01"},
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    (case,) = ended(city, [answer.json()["case_id"]])
    return case


def heard_by(type: str) -> set[str]:
    """Return the services that hear events of this type."""
    known = catalogue()
    hearers = {n for n in known.services if type in {event.type for event in known.hears(n)}}
    # The portal says that a case is completed, and nobody waits for that.
    return hearers - {"portal"} if type == CaseCompleted.type else hearers


@pytest.fixture(scope="module")
def trace(collector: Collector, case: Case, trace_id: str) -> list[Span]:
    """All spans of the case, once everybody who hears one of its events has sent its own."""
    expected = Counter(
        (service, f"process {event['type']}")
        for event in case["timeline"]
        for service in heard_by(event["type"])
    )

    def heard() -> Counter[tuple[str, str]]:
        spans = collector.of_trace(trace_id)
        return Counter((s.service, s.name) for s in spans if s.kind == "CONSUMER")

    assert wait_until(lambda: heard() >= expected, LIMIT_SECONDS), expected - heard()
    assert set(heard()) == set(expected)
    return collector.of_trace(trace_id)


def test_the_trace_goes_through_all_services(trace: list[Span], case: Case) -> None:
    assert {span.service for span in trace} == set(catalogue().services)
    published = {event["type"] for event in case["timeline"]}
    assert published > {DeclarationSubmitted.type, CaseCompleted.type}
    assert not any(span.failed for span in trace)


def test_the_request_is_its_root_below_the_clients_span(trace: list[Span]) -> None:
    ids = {span.id for span in trace}
    (root,) = [span for span in trace if span.parent not in ids]
    assert (root.service, root.kind, root.name) == ("portal", "SERVER", "POST /api/declarations")
    assert root.parent == CLIENT
    assert root.attributes["http.response.status_code"] == 202


def test_each_event_is_heard_below_the_span_in_which_it_was_decided(trace: list[Span]) -> None:
    by_id = {span.id: span for span in trace}
    for span in trace:
        if span.kind != "CONSUMER":
            continue
        parent = by_id[span.parent]
        type = span.attributes["cloudevents.event_type"]
        assert parent.service == publisher(catalogue().events[type]), span
        if type == DeclarationSubmitted.type:
            assert parent.kind == "SERVER"
        else:
            assert parent.kind == "CONSUMER"
            assert type in causes_of(parent), f"{parent.name} does not lead to {span.name}"


def causes_of(parent: Span) -> set[str]:
    """Return what the service of a span may say when it hears that event."""
    heard = parent.attributes["cloudevents.event_type"]
    return {
        event.type
        for group in catalogue().groups.values()
        for spec in group.procedures
        if spec.owner == parent.service and heard in {each.type for each in spec.hears}
        for event in spec.ends
    }


def test_the_stores_and_kafka_are_seen_below_each_step(trace: list[Span]) -> None:
    below: dict[str, set[str]] = {}
    for span in trace:
        below.setdefault(span.parent, set()).add(f"{span.kind} {span.name}")
    (root,) = [span for span in trace if span.kind == "SERVER"]
    assert {"CLIENT insert submissions", "PRODUCER send portal.events"} <= below[root.id]
    for span in trace:
        if span.kind == "CONSUMER":
            assert "CLIENT find journal" in below[span.id], span
        if span.kind == "CONSUMER" and span.service != "portal":
            assert "CLIENT insert_encoded journal" in below[span.id], span
    said = {span.parent for span in trace if span.name == "send population.events"}
    assert any(span.id in said and span.service == "population" for span in trace)


def test_cases_of_one_batch_have_a_trace_each_linked_to_the_request(
    city: City, collector: Collector
) -> None:
    async def declare() -> list[str]:
        items = [Item(birth.key, birth.declaration) for birth in births(3, first=500)]
        async with Portal(city.stack.url("portal")) as portal:
            return [str(answer.case_id) for answer in await portal.declare(items)]

    case_ids = asyncio.run(declare())
    ended(city, case_ids)

    def traces() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {case_id: set() for case_id in case_ids}
        for span in collector.spans:
            subject = span.attributes.get("cloudevents.event_subject")
            if subject in found:
                found[subject].add(span.trace)
        return found

    assert wait_until(lambda: all(traces().values()), LIMIT_SECONDS)
    assert [len(each) for each in traces().values()] == [1, 1, 1]
    own = {next(iter(each)) for each in traces().values()}
    assert len(own) == len(case_ids)

    def requested() -> list[Span]:
        return [span for span in collector.spans if span.name.endswith("/declarations/batch")]

    assert wait_until(lambda: bool(requested()), LIMIT_SECONDS)
    (request,) = requested()
    begun = [span for span in collector.spans if span.name == "declaration"]
    assert {span.trace for span in begun} == own
    assert {link for span in begun for link in span.links} == {request.trace}


@pytest.mark.usefixtures("trace")
def test_spans_hold_ids_of_cases_and_nothing_personal(collector: Collector) -> None:
    for span in collector.spans:
        assert not DIGITS.search(f"{span.name} {span.attributes}"), span


@pytest.mark.usefixtures("trace")
def test_nobody_traces_the_questions_for_health(collector: Collector) -> None:
    requests = [span for span in collector.spans if span.kind == "SERVER"]
    assert requests
    assert all("/api/" in span.name for span in requests)


@pytest.mark.parametrize("service", [name.replace("-", "_") for name in catalogue().services])
def test_without_an_endpoint_the_sdk_is_not_even_imported(service: str) -> None:
    program = f"""
import sys
from services.{service}.main import service
from services.chassis.settings import Settings
from services.chassis.store import Store
assert type(service.build(Settings()).store) is Store
print(*[name for name in sys.modules if name.startswith("opentelemetry.sdk")])
"""
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, check=True)
    assert done.stdout.split() == []
