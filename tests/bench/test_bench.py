"""The bench measures what it says: the bare pipeline makes every hop, and medians are medians."""

from datetime import UTC, datetime

import pytest
from rich.console import Console

from contracts.birth.process import GROUP
from contracts.catalogue import publisher
from contracts.common.events import DeclarationSubmitted
from contracts.envelope import Codec, Event
from tests.bench.bare.flow import EVENTS, HOPS, KIND, payload
from tests.bench.declarations import declarations
from tests.bench.results import BARE, ONESTOP, Results, medians
from tests.bench.runs import Saturation, Steady
from tests.bench.table import show
from tests.bench.usage import Surroundings


def test_every_event_of_a_birth_that_ends_well_is_said_once_by_its_publisher() -> None:
    said = [(service, hop.says) for service, hops in HOPS.items() for hop in hops]
    assert sorted(event.type for _, event in said) == sorted(event.type for event in EVENTS[1:])
    assert all(service == publisher(event) for service, event in said)


def test_the_bare_portal_waits_for_every_procedure_of_the_fullest_bundle() -> None:
    asked = {name for bundle in GROUP.bundles for name in bundle.procedures}
    granted = {
        event
        for procedure in GROUP.procedures
        if procedure.name in asked
        for event, result in procedure.ends.items()
        if result == "granted"
    }
    assert set(HOPS["portal"][0].needs) == granted


@pytest.mark.parametrize("event", EVENTS)
def test_payloads_are_events_that_tell_their_kind(event: type[Event]) -> None:
    head, tail = payload(event)
    value = head + b"a-case" + tail
    assert Codec([event]).decode(value).subject == "a-case"
    assert value[KIND : KIND + 1] == f"{EVENTS.index(event):x}".encode()


def test_declarations_are_events_of_their_own_case_submitted_when_they_are_sent() -> None:
    now = datetime(2026, 11, 21, 12, 30, 15, 678, tzinfo=UTC)
    first, second = declarations(2, first=1_999)
    value = first.submitted(now)
    envelope = Codec([DeclarationSubmitted]).decode(value)
    assert (envelope.subject.encode(), envelope.time) == (first.key, now)
    assert isinstance(envelope.data, DeclarationSubmitted)
    assert envelope.data.received_at == now
    assert value[KIND : KIND + 1] == b"0"
    assert first.key != second.key


def test_medians_of_nested_figures() -> None:
    documents = [{"a": figure, "of": {"b": 2 * figure}} for figure in (5, 1, 3)]
    assert medians(documents) == {"a": 3, "of": {"b": 6}}


def test_ratios_compare_within_a_round() -> None:
    results = Results(machine={}, options={})
    for bare, ours in ((10.0, 20.0), (100.0, 210.0), (1.0, 3.0)):
        results.add(BARE, "steady", _steady(bare))
        results.add(ONESTOP, "steady", _steady(ours))
    assert results.ratio("steady", "p99") == 2.1
    assert results.ratio("saturation", "cases_per_second") is None


def test_ratios_are_shown_also_where_only_throughput_was_measured() -> None:
    quiet = Surroundings(load_average=0, others=0)
    results = Results(machine={}, options={"count": 1, "rate": 50, "seconds": 0, "rounds": 1})
    for what, rate in ((BARE, 100.0), (ONESTOP, 25.0)):
        results.add(what, "saturation", Saturation(1, 1, rate, 1, quiet, {}))
    console = Console(record=True, width=120)
    show(results, console)
    assert "0.25" in console.export_text()


def _steady(p99: float) -> Steady:
    quiet = Surroundings(load_average=0, others=0)
    return Steady(cases=1, rate=1, p50=1, p95=1, p99=p99, max=p99, surroundings=quiet)
