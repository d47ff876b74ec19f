"""What an official wants, from a request to the event that is published. Pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import TypeAdapter

from contracts.common.events import (
    HandoverRequested,
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.tasks import Act, Official, OfficialDecision, OfficialText
from contracts.model import Input, PersonalId
from services.chassis.encoding import Document
from services.portal.case_events import SOURCE, Thread, encoded, submitted, thread_of
from services.portal.declaration import fingerprint
from services.portal.fields import read
from services.portal.submissions import Claim, claim_id

Kind = Literal["claim", "release", "decision", "handover"]

ACTS: dict[Kind, type[Act]] = {
    "claim": TaskClaimRequested,
    "release": TaskReleaseRequested,
    "decision": TaskDecisionSubmitted,
    "handover": HandoverRequested,
}
_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/acts")
_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)


class Handover(Input):
    """Why somebody else has to be found for an adopted case: who has it, and who is asked to take
    it, read that."""

    reason: OfficialText


SCHEMAS: dict[Kind, dict[str, Any]] = {
    "decision": _decision.json_schema(),
    "handover": Handover.model_json_schema(),
}
"""For the documentation of the API: what has a body."""


def said(kind: Kind, raw: Any) -> dict[str, Any]:
    """Return what a body says, as the act has it. Raises `Problem` 422, naming each field."""
    if kind == "handover":
        return {"reason": read(Handover.model_validate, raw, "invalid-request").reason}
    return {"decided": read(_decision.validate_python, raw, "invalid-decision")}


class Wish(NamedTuple):
    """A request of an official: what is wanted of which task, under which idempotency key.

    `raw` is the body as it was sent, `said` the fields of the act that it gives.
    """

    task_id: str
    kind: Kind
    key: str
    raw: Any = None
    said: Mapping[str, Any] = MappingProxyType({})


def act_id(claim_id: str) -> UUID:
    """Return the id of the act that an official's key stands for."""
    return uuid5(_NAMESPACE, claim_id)


def claim_of(
    official: Official,
    wish: Wish,
    row: Document,
    declared: Claim | None,
    at: datetime,
    *,
    barred: tuple[PersonalId, ...] = (),
) -> Claim:
    """Return what the official's key is claimed for, with the act as it is published.

    `row` is the task's; `declared` is the claim that began its case, `barred` are those who decide
    nothing about it.
    """
    id = claim_id(official.person_id, wish.key)
    first = submitted(declared) if declared else None
    data: dict[str, Any] = {
        "task_id": wish.task_id,
        "procedure": row["procedure"],
        "official": official,
        "persons": barred,
        **wish.said,
    }
    if "decided" in wish.said:
        data["decided"] = _of_revision(wish.said["decided"], row)
    event = ACTS[wish.kind].model_validate(data)
    alone = Thread(row["case_id"], row["group"], act_id(id), None)
    value = encoded(event, act_id(id), at, thread_of(first) if first else alone)
    return Claim(id, fingerprint([wish.task_id, wish.kind, wish.raw]), row["case_id"], value)


def _of_revision(decision: OfficialDecision, row: Document) -> OfficialDecision:
    """Return the decision with the revision that the official saw, as far as the portal knows."""
    if decision.revision is not None:
        return decision
    return decision.with_(revision=row["task"]["revision"])
