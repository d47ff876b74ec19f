"""What a decision is about: an event as it was said and signed, or a deadline that came due."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.envelope import Envelope, Event


class Signed(NamedTuple):
    """An event as it was signed: its bytes, and the detached JWS over them (`chassis.signing`)."""

    content: bytes
    signature: str


@dataclass(slots=True)
class Cause:
    """What is decided about: the attributes of the event, or of the deadline that came due.

    `signed` has the event as its publisher signed it, if it did. Nobody has verified that yet.
    """

    id: UUID
    type: str
    source: str
    time: datetime
    group: str
    entry: int = 0
    correlation: UUID | None = None
    traceparent: str | None = None
    """What goes on outside of the loop, and comes back, goes on with both."""
    signed: Signed | None = None


def cause_of(envelope: Envelope[Event]) -> Cause:
    """Return what a decision may know of the event's envelope."""
    return Cause(
        id=envelope.id,
        type=envelope.type,
        source=envelope.source,
        time=envelope.time,
        group=envelope.group,
        entry=envelope.entry,
        correlation=envelope.correlationid,
        traceparent=envelope.traceparent,
    )
