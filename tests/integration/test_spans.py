"""Spans of a batch, in memory: each case has its own, with what the batch did for it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import StatusCode

from services.chassis import spans, tracing
from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices

SECRET = "what only the dead letter may say"


class Nothing(State):
    """No state."""


talker = Procedure("talker", initial=Nothing())


@talker.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Answer, keep quiet, or fail."""
    if event.text == "fail":
        raise ValueError(SECRET)
    records = (Record("words", context.case_id, {"text": event.text}),)
    said = () if event.text == "hush" else (Answered(text=event.text),)
    return Decision(state, events=said, records=records)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What has been traced; offices opened meanwhile trace."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(1)))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr(spans, "_tracer", provider.get_tracer("test"))
    monkeypatch.setattr(tracing, "is_on", lambda: True)
    yield memory
    provider.shutdown()


def traced(office: Office, case: str, text: str, flags: str = "01") -> tuple[str, Message]:
    """Return a trace of its own and a message within it."""
    trace = uuid4().hex
    parent = f"00-{trace}-00f067aa0ba902b7-{flags}"
    message = office.message(case, Told(text=text))
    return trace, office.changed(message, lambda envelope: envelope.update(traceparent=parent))


def of_trace(memory: InMemorySpanExporter, trace: str) -> dict[str, ReadableSpan]:
    found = [
        each for each in memory.get_finished_spans() if f"{each.context.trace_id:032x}" == trace
    ]
    return {span.name: span for span in found}


async def test_what_a_batch_does_is_shown_below_each_of_its_cases(
    offices: Offices, memory: InMemorySpanExporter
) -> None:
    office = offices.open(talker)
    said, one = traced(office, "a", "hello")
    hushed, two = traced(office, "b", "hush")
    await office.handle(one, two)
    topic = f"{office.runtime.name}.events"
    steps = {f"process {Told.type}", "find journal", "insert_encoded journal", "write words"}
    assert set(of_trace(memory, said)) == steps | {f"send {topic}"}
    assert set(of_trace(memory, hushed)) == steps, "the other case's event is not shown here"
    found = of_trace(memory, said)
    root = found.pop(f"process {Told.type}")
    assert {span.parent and span.parent.span_id for span in found.values()} == {
        root.context.span_id
    }
    assert all(span.status.status_code is StatusCode.UNSET for span in found.values())


async def test_an_event_carries_the_span_in_which_it_was_decided(
    offices: Offices, memory: InMemorySpanExporter
) -> None:
    office = offices.open(talker)
    trace, message = traced(office, "a", "hello")
    await office.handle(message)
    (said,) = await office.said()
    span = of_trace(memory, trace)[f"process {Told.type}"]
    assert said.envelope.traceparent == f"00-{trace}-{span.context.span_id:016x}-01"


async def test_what_fails_is_marked_and_its_reason_stays_in_the_dead_letter(
    offices: Offices, memory: InMemorySpanExporter
) -> None:
    office = offices.open(talker)
    failed, bad = traced(office, "a", "fail")
    good, fine = traced(office, "b", "hello")
    await office.handle(bad, fine)
    status = of_trace(memory, failed)[f"process {Told.type}"].status
    assert (status.status_code, status.description) == (StatusCode.ERROR, "ValueError")
    assert of_trace(memory, good)[f"process {Told.type}"].status.is_unset
    assert SECRET not in "".join(span.to_json() for span in memory.get_finished_spans())
    (letter,) = await office.letters()
    assert SECRET in letter["reason"]


async def test_what_the_door_did_not_choose_is_traced_by_nobody(
    offices: Offices, memory: InMemorySpanExporter
) -> None:
    office = offices.open(talker)
    trace, message = traced(office, "a", "hello", flags="00")
    await office.handle(message, office.message("b", Told(text="without a trace")))
    assert memory.get_finished_spans() == ()
    (said,) = [said for said in await office.said() if said.key == b"a"]
    assert (said.envelope.traceparent or "").split("-")[1::2] == [trace, "00"]


def test_only_an_endpoint_turns_it_on() -> None:
    assert not tracing.is_wanted({"OTEL_TRACES_SAMPLER": "always_on"})
    assert not tracing.is_wanted({"OTEL_EXPORTER_OTLP_ENDPOINT": ""})
    for name in tracing.ENDPOINTS:
        assert tracing.is_wanted({name: "http://collector:4318"})
