"""Tracing by OpenTelemetry, where the environment names an endpoint for it.

The variables are the usual ones (https://opentelemetry.io/docs/specs/otel/protocol/exporter/):
`OTEL_EXPORTER_OTLP_ENDPOINT` turns it on, `OTEL_TRACES_SAMPLER` and others say how much is kept.
Without an endpoint a service is built of the same parts as ever, and the SDK is not even
imported: what traces is in `spans`.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any, NamedTuple

from services.chassis.broker import Publisher
from services.chassis.consumer import Consumer
from services.chassis.store import Store

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Parts(NamedTuple):
    """What a service is built of, where tracing makes a difference."""

    store: type[Store] = Store
    publisher: type[Publisher] = Publisher
    consumer: type[Consumer] = Consumer


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment names where spans are to be sent."""
    return any(environment.get(name) for name in ENDPOINTS)


@cache
def is_on() -> bool:
    """Tell whether this process traces."""
    return is_wanted(os.environ)


def parts() -> Parts:
    """Return the parts of a service: those that trace, where that is wanted."""
    if not is_on():
        return Parts()
    spans = _spans()
    return Parts(spans.TracedStore, spans.TracedPublisher, spans.TracedConsumer)


@contextmanager
def running(service: str) -> Iterator[None]:
    """Send the spans of this process, between `with` and its end, under the name of the service."""
    if not is_on():
        yield
        return
    stop = _spans().start(service)
    try:
        yield
    finally:
        stop()


def current() -> str | None:
    """Return the traceparent of the request in hand, or None where nothing is traced."""
    return _spans().current() if is_on() else None


def apart(name: str) -> str | None:
    """Begin a trace of its own, linked to the request in hand: one of many that it brought.

    Return its traceparent, or None where nothing is traced.
    """
    return _spans().apart(name) if is_on() else None


def within(traceparents: Iterable[str | None]) -> AbstractContextManager[None]:
    """Let what is done together, between `with` and its end, be a part of all these traces."""
    return _spans().within(traceparents) if is_on() else nullcontext()


def _spans() -> Any:
    # The SDK costs time and memory: it is imported where it is used only.
    from services.chassis import spans  # noqa: PLC0415

    return spans
