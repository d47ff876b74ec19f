"""What an official wants, from a request to the event that is published. Pure."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import TypeAdapter

from contracts.common.events import (
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.tasks import Act, Official, OfficialDecision
from contracts.model import PersonalId
from services.chassis.encoding import Document
from services.portal.case_events import SOURCE, Thread, encoded, submitted, thread_of
from services.portal.declaration import fingerprint
from services.portal.fields import read
from services.portal.submissions import Claim, claim_id

Kind = Literal["claim", "release", "decision"]

ACTS: dict[Kind, type[Act]] = {
    "claim": TaskClaimRequested,
    "release": TaskReleaseRequested,
    "decision": TaskDecisionSubmitted,
}
_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/acts")
_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)

DECISION_SCHEMA = _decision.json_schema()
"""For the documentation of the API."""


def decided(raw: Any) -> OfficialDecision:
    """Return the decision in a body. Raises `Problem` 422, naming each field at fault."""
    return read(_decision.validate_python, raw, "invalid-decision")


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
    }
    if wish.decision is not None:
        data["decided"] = _of_revision(wish.decision, row)
    event = ACTS[wish.kind].model_validate(data)
    alone = Thread(row["case_id"], row["group"], act_id(id), None)
    value = encoded(event, act_id(id), at, thread_of(first) if first else alone)
    return Claim(id, fingerprint([wish.task_id, wish.kind, wish.raw]), row["case_id"], value)


def _of_revision(decision: OfficialDecision, row: Document) -> OfficialDecision:
    """Return the decision with the revision that the official saw, as far as the portal knows."""
    if decision.revision is not None:
        return decision
    return decision.with_(revision=row["task"]["revision"])
