"""Who hears what and says what in the bare pipeline, with payloads of the real events' size.

What is said is made from the golden samples of the contracts, for the case that was heard of. The
first digit of an event's id, which always stands at the same place, is its kind: so a hop that only
copies bytes need not look further.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from contracts.birth.events import (
    BirthRegistered,
    HealthCardIssued,
    IdentityCardIssued,
    PremiumFunded,
    ResidenceRegistered,
)
from contracts.catalogue import publisher, topic
from contracts.common.events import (
    CaseCompleted,
    DeclarationSubmitted,
    FeeSettled,
    PersonIdentified,
)
from contracts.envelope import Codec, Event

KIND = len('{"specversion":"1.0","id":"')
"""Where in an event the digit stands that tells its kind."""

EVENTS: tuple[type[Event], ...] = (
    DeclarationSubmitted,
    BirthRegistered,
    FeeSettled,
    PersonIdentified,
    IdentityCardIssued,
    ResidenceRegistered,
    HealthCardIssued,
    PremiumFunded,
    CaseCompleted,
)
"""Every event of a birth that ends well; an event's kind is its place here."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One thing that a service does: when all of `needs` were heard, a document and an event."""

    register: str
    needs: tuple[type[Event], ...]
    says: type[Event]


HOPS: Mapping[str, tuple[Hop, ...]] = {
    "civil-status": (Hop("births", (DeclarationSubmitted,), BirthRegistered),),
    "population": (
        Hop("persons", (BirthRegistered,), PersonIdentified),
        Hop("cards", (BirthRegistered,), IdentityCardIssued),
    ),
    "residence": (Hop("residents", (PersonIdentified, FeeSettled), ResidenceRegistered),),
    "social-insurance": (Hop("health_cards", (PersonIdentified,), HealthCardIssued),),
    "payments": (
        Hop("receipts", (DeclarationSubmitted,), FeeSettled),
        Hop("premiums", (HealthCardIssued,), PremiumFunded),
    ),
    "portal": (Hop("cases", EVENTS[1:-1], CaseCompleted),),
}


def heard_topics(service: str) -> list[str]:
    """Return the topics that the service listens to: those on which something it needs is said."""
    return sorted({topic(publisher(event)) for hop in HOPS[service] for event in hop.needs})


@dataclass(slots=True)
class Step:
    """A hop as a worker runs it.

    Args:
        register: the collection that gets a document.
        everything: the bits of all that it needs to hear.
        head, tail: what it says, before and after the name of the case.
        event: what it says, as an object.
    """

    register: str
    everything: int
    head: bytes
    tail: bytes
    event: dict[str, Any]
    waiting: dict[bytes, int] = field(default_factory=dict)


def steps(service: str) -> list[tuple[tuple[Step, int], ...]]:
    """Return, by the byte that tells an event's kind, the steps that hear it and its bits."""
    table: list[tuple[tuple[Step, int], ...]] = [()] * 128
    for hop in HOPS[service]:
        head, tail = payload(hop.says)
        event = from_json(head + tail)
        step = Step(hop.register, (1 << len(hop.needs)) - 1, head, tail, event)
        for number, event in enumerate(hop.needs):
            table[ord(_kind(event))] += ((step, 1 << number),)
    return table


def payload(event: type[Event]) -> tuple[bytes, bytes]:
    """Return the golden sample of an event as it is sent, before and after the name of its case."""
    package = event.__module__.rpartition(".")[0]
    golden = files(package).joinpath(f"samples/{event.type}.json").read_bytes()
    envelope = Codec([event]).decode(golden)
    identity = UUID(_kind(event) + str(envelope.id)[1:])
    encoded = envelope.model_copy(update={"id": identity}).encode()
    head, tail = encoded.split(envelope.subject.encode(), 1)
    return head, tail


def _kind(event: type[Event]) -> str:
    return f"{EVENTS.index(event):x}"
