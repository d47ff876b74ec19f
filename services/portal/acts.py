"""What an official wants, from a request to the event that is published. Pure."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import TypeAdapter, ValidationError

from contracts.catalogue import topic_of
from contracts.common.events import (
    DeclarationSubmitted,
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.tasks import Act, Official, OfficialDecision
from contracts.envelope import Codec, Event, envelope_of
from contracts.model import PersonalId
from services.chassis.consumer import from_outside
from services.chassis.encoding import Document
from services.chassis.message import Outgoing
from services.portal.declaration import SOURCE, fingerprint
from services.portal.fields import errors_in
from services.portal.problems import Problem
from services.portal.submissions import Claim, claim_id

Kind = Literal["claim", "release", "decision"]

_ACTS: dict[Kind, type[Act]] = {
    "claim": TaskClaimRequested,
    "release": TaskReleaseRequested,
    "decision": TaskDecisionSubmitted,
}
_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/acts")
_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)
_codec = Codec([DeclarationSubmitted])

DECISION_SCHEMA = _decision.json_schema()
"""For the documentation of the API."""


def decided(raw: Any) -> OfficialDecision:
    """Return the decision in a body. Raises `Problem` 422, naming each field at fault."""
    try:
        return _decision.validate_python(raw, extra="forbid")
    except ValidationError as fault:
        errors = errors_in(fault, raw)
        fields = ", ".join(dict.fromkeys(each["field"] or "the body" for each in errors))
        raise Problem(422, "invalid-decision", f"correct {fields}", errors) from None


class Wish(NamedTuple):
    """A request of an official: what is wanted of which task, under which idempotency key.

    `raw` is the body as it was sent, `decision` what it says.
    """

    task_id: str
    kind: Kind
    key: str
    raw: Any = None
    decision: OfficialDecision | None = None


def act_id(claim_id: str) -> UUID:
    """Return the id of the act that an official's key stands for."""
    return uuid5(_NAMESPACE, claim_id)


def claim_of(
    official: Official, wish: Wish, row: Document, declared: Claim | None, at: datetime
) -> Claim:
    """Return what the official's key is claimed for, with the act as it is published.

    `row` is the task's; `declared` is the claim that began its case.
    """
    event, id = _ACTS[wish.kind], claim_id(official.person_id, wish.key)
    first = _codec.decode(declared.value) if declared else None
    data: dict[str, Any] = {
        "task_id": wish.task_id,
        "procedure": row["procedure"],
        "official": official,
        "persons": _persons(first.data) if first else (),
    }
    if wish.decision is not None:
        data["decided"] = wish.decision
    value = envelope_of(event)(
        id=act_id(id),
        source=SOURCE,
        type=event.type,
        subject=row["case_id"],
        time=at,
        group=row["group"],
        correlationid=first.correlationid if first else act_id(id),
        traceparent=first.traceparent if first else None,
        data=event.model_validate(data),
    ).encode()
    return Claim(id, fingerprint([wish.task_id, wish.kind, wish.raw]), row["case_id"], value)


def message(kind: Kind, claim: Claim) -> Outgoing:
    """Return a claimed act as it is published, the same bytes however often."""
    event = _ACTS[kind]
    return from_outside(topic_of(event), claim.case_id, event.type, claim.value)


def _persons(declaration: Event) -> tuple[PersonalId, ...]:
    assert isinstance(declaration, DeclarationSubmitted)
    return tuple(dict.fromkeys((declaration.declarant, *declaration.people)))
