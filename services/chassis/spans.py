"""Spans: one trace for a case, through HTTP, Kafka and the store of every service.

An event carries the traceparent of the span in which it was decided, so the span in which another
service hears it follows below that one: the trace is the tree of causes. What a batch does together
(one find, one insert, one publication) is shown below the span of each of its cases, with the times
of all: that is where the case's time went.

Names and attributes follow OpenTelemetry's semantic conventions for HTTP, messaging and databases.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, Concatenate, ParamSpec, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from services.chassis.broker import Publisher
from services.chassis.clock import machine_nanoseconds
from services.chassis.consumer import Consumer
from services.chassis.dead_letters import Failure
from services.chassis.message import Outgoing
from services.chassis.reading import Item
from services.chassis.store import Collection, Store

LAST_SECONDS = 2.0
_TRACEPARENT = "traceparent"
_ROOT = Context()

Attributes = dict[str, AttributeValue]
P = ParamSpec("P")
T = TypeVar("T")

_tracer = trace.get_tracer("onestop")
_propagator = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class Work:
    """What is done together: the spans below which it is shown, each with its case, if any."""

    parents: Sequence[tuple[str | None, Context]] = ()
    by_message: dict[str, Span] = field(default_factory=dict)


_work: ContextVar[Work | None] = ContextVar("work", default=None)


def _parents(cases: Iterable[str] | None = None) -> list[Context]:
    """Return what is in hand: of a batch, these cases or all of them; else the request, if any."""
    work = _work.get()
    if work is None:
        return [_below(span)] if (span := trace.get_current_span()).is_recording() else []
    wanted = None if cases is None else {None, *cases}
    return [parent for case, parent in work.parents if wanted is None or case in wanted]


def start(service: str) -> Callable[[], None]:
    """Send the spans of this process from now on; return what sends the last ones and ends it.

    A collector that is away does not hold the end up for longer than `LAST_SECONDS`.
    """
    name = {SERVICE_NAME: service, SERVICE_NAMESPACE: "onestop"}
    provider = TracerProvider(resource=Resource.create(name), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)

    def stop() -> None:
        last = Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(LAST_SECONDS)

    return stop


def current() -> str | None:
    """Return the traceparent of the request in hand, or None where there is none."""
    return _traceparent(get_current())


def apart(name: str) -> str | None:
    """Return the traceparent of a span that begins a trace, linked to what is in hand."""
    request = trace.get_current_span().get_span_context()
    span = _tracer.start_span(name, _ROOT, links=[Link(request)])
    span.end()
    return _traceparent(_below(span))


@contextmanager
def within(traceparents: Iterable[str | None]) -> Iterator[None]:
    """Show what is done between `with` and its end below all of these."""
    parents = [(None, parent) for each in traceparents if (parent := _context(each)) is not None]
    with _in_hand(Work(parents)):
        yield


class TracedConsumer(Consumer):
    """Gives each item a span of its own, which is also the parent of what is decided of it."""

    async def handle_items(
        self, items: Sequence[Item], failures: Sequence[Failure] = (), size: int = 0
    ) -> None:
        """Handle them as ever."""
        spans: dict[str, Span] = {}
        parents: list[tuple[str | None, Context]] = []
        for item in items:
            parent = _context(item.traceparent)
            if parent is None or not self._folder.concerns(item):
                continue
            span = _tracer.start_span(
                f"process {item.cause.type}", parent, SpanKind.CONSUMER, _of_item(item)
            )
            spans[item.message.id] = span
            below = _below(span)
            item.traceparent = _traceparent(below)
            if span.is_recording():
                parents.append((item.case_id, below))
        try:
            with _in_hand(Work(parents, spans)):
                await super().handle_items(items, failures, size)
        finally:
            for span in spans.values():
                span.end()

    async def _put_aside(self, failed: Sequence[Failure]) -> None:
        for failure in failed:
            work = _work.get()
            span = work.by_message.get(failure.message.id) if work else None
            if span is not None:
                # The reason may hold personal data, and stays in the dead letter.
                span.set_status(StatusCode.ERROR, failure.kind)
        await super()._put_aside(failed)


class TracedPublisher(Publisher):
    """Shows each publication below the cases whose events it sends."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish as ever."""
        if not messages:
            return
        topic = messages[0].topic
        attributes: Attributes = {
            "messaging.system": "kafka",
            "messaging.operation.type": "send",
            "messaging.destination.name": topic,
            "messaging.batch.message_count": len(messages),
        }
        cases = {message.key.decode() for message in messages}
        with _step(f"send {topic}", SpanKind.PRODUCER, attributes, _parents(cases)):
            await super().publish(messages)


def _traced(
    plain: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """Return an operation on a collection that is shown below what is in hand."""
    operation = plain.__name__

    async def traced(self: Any, /, *asked: P.args, **named: P.kwargs) -> T:
        parents = _parents()
        # What is asked for nothing never reaches the store.
        if not parents or not (asked and asked[0]):
            return await plain(self, *asked, **named)
        attributes: Attributes = {
            "db.system.name": "mongodb",
            "db.operation.name": operation,
            "db.collection.name": self.name,
        }
        with _step(f"{operation} {self.name}", SpanKind.CLIENT, attributes, parents):
            return await plain(self, *asked, **named)

    return traced


class TracedCollection(Collection):
    """A collection whose operations are shown below the cases for which they are done."""

    def __init__(self, raw: Any) -> None:
        super().__init__(raw)
        self.name: str = raw.name

    insert = _traced(Collection.insert)
    insert_encoded = _traced(Collection.insert_encoded)
    write = _traced(Collection.write)
    update = _traced(Collection.update)
    delete = _traced(Collection.delete)
    find = _traced(Collection.find)
    count = _traced(Collection.count)


class TracedStore(Store):
    """A store whose collections trace."""

    def collection(self, name: str) -> Collection:
        """Return the collection of that name."""
        return TracedCollection(self._database[name])


@contextmanager
def _in_hand(work: Work) -> Iterator[None]:
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)


@contextmanager
def _step(
    name: str, kind: SpanKind, attributes: Attributes, parents: Sequence[Context]
) -> Iterator[None]:
    """Show what is done between `with` and its end below each of the parents."""
    began, error = machine_nanoseconds(), ""
    try:
        yield
    except BaseException as fault:
        error = type(fault).__name__
        raise
    finally:
        ended = machine_nanoseconds()
        for parent in parents:
            span = _tracer.start_span(name, parent, kind, attributes, start_time=began)
            if error:
                span.set_status(StatusCode.ERROR, error)
            span.end(ended)


def _of_item(item: Item) -> Attributes:
    message = item.message
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": message.topic,
        "messaging.destination.partition.id": str(message.partition),
        "cloudevents.event_id": item.heard_id[1],
        "cloudevents.event_source": item.heard_id[0],
        "cloudevents.event_type": item.cause.type,
        "cloudevents.event_subject": item.case_id,
        "onestop.group": item.cause.group,
    }


def _below(span: Span) -> Context:
    return trace.set_span_in_context(span, _ROOT)


def _context(traceparent: str | None) -> Context | None:
    """Return the context that a traceparent stands for, or None where it stands for none."""
    if traceparent is None:
        return None
    found = _propagator.extract({_TRACEPARENT: traceparent}, _ROOT)
    return found if trace.get_current_span(found).get_span_context().is_valid else None


def _traceparent(context: Context) -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context)
    return carrier.get(_TRACEPARENT)
