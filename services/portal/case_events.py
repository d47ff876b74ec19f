"""Events of a case that come in at the door: what each is in, and the one that began it all. Pure.

No journal's entry stands behind them. What was claimed under a key is published, the same bytes
however often.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.catalogue import topic_of
from contracts.common.events import DeclarationSubmitted
from contracts.envelope import Codec, Envelope, Event, envelope_of
from contracts.model import PersonalId
from services.chassis.consumer import from_outside
from services.chassis.message import Outgoing
from services.portal.submissions import Claim

SOURCE = "/services/portal"

Submission = Envelope[DeclarationSubmitted]
_codec = Codec([DeclarationSubmitted])


class Thread(NamedTuple):
    """What all events of a case have in common."""

    case_id: str
    group: str
    correlation_id: UUID
    traceparent: str | None


def submitted(claim: Claim) -> Submission:
    """Return the declaration that was claimed. Raises `Undecodable` for another claim."""
    return _codec.decode(claim.value)  # type: ignore[return-value]


def thread_of(submission: Submission) -> Thread:
    """Return the thread that a declaration began."""
    return Thread(
        submission.subject, submission.group, submission.correlationid, submission.traceparent
    )


def persons_of(declared: DeclarationSubmitted) -> tuple[PersonalId, ...]:
    """Return everybody whom a declaration speaks of, the declarant first."""
    return tuple(dict.fromkeys((declared.declarant, *declared.people)))


def encoded(
    event: Event, id: UUID, at: datetime, thread: Thread, cause: UUID | None = None
) -> bytes:
    """Return the bytes of an event in its envelope."""
    kind = type(event)
    envelope = envelope_of(kind).model_construct(
        id=id,
        source=SOURCE,
        type=kind.type,
        subject=thread.case_id,
        time=at,
        group=thread.group,
        causationid=cause,
        correlationid=thread.correlation_id,
        traceparent=thread.traceparent,
        data=event,
    )
    return envelope.encode()


def message(event: type[Event], claim: Claim) -> Outgoing:
    """Return what was claimed as it is published."""
    return from_outside(topic_of(event), claim.case_id, event.type, claim.value)
