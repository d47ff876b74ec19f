"""What is asked for about a case that was declared: from a request to the event. Pure.

A declarant withdraws; an official revokes or corrects a registration. Whether that counts, the
agency says that owns the registration.
"""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.catalogue import catalogue
from contracts.common.tasks import Official
from contracts.compensation.events import (
    Asked,
    CorrectionRequested,
    Judgement,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.envelope import Event
from contracts.group import ProcedureSpec
from contracts.model import Input, Name, PersonalId
from services.portal.case_events import SOURCE, Submission, encoded, thread_of
from services.portal.declaration import fingerprint
from services.portal.fields import read
from services.portal.problems import refused
from services.portal.submissions import Claim, claim_id

M = TypeVar("M", bound=Input)

_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/petitions")


class Withdrawal(Input):
    """There is nothing to say: who withdraws is known by a token."""


class Revocation(Input):
    """The judgement by which a registration is void."""

    judgement: Judgement


class Correction(Input):
    """The decision by which a registration is put right, and the facts that change."""

    decision_number: Name
    changes: dict[str, Any]


BODIES: dict[Asked, type[Input]] = {
    "withdrawal": Withdrawal,
    "revocation": Revocation,
    "correction": Correction,
}


class Petition(NamedTuple):
    """A request about a case: what, by whom, under which key. `raw` is the body as it was sent."""

    asked: Asked
    person: PersonalId
    key: str
    raw: Any
    event: Event

    @property
    def id(self) -> UUID:
        """The id of the event, and by which the answer names it."""
        return uuid5(_NAMESPACE, claim_id(self.person, self.key))


def withdrawal(submission: Submission, holder: PersonalId, key: str, raw: Any) -> Petition:
    """Return the request of whoever has the case in hand. Raises `Problem` 409 or 422."""
    _read(Withdrawal, raw)
    _registration(submission, WithdrawalRequested)
    return Petition("withdrawal", holder, key, raw, WithdrawalRequested(declarant=holder))


def revocation(
    submission: Submission, official: Official, key: str, raw: Any, barred: tuple[PersonalId, ...]
) -> Petition:
    """Return an official's request that a registration be void. Raises `Problem` 403, 409, 422.

    `barred` are those who decide nothing about the case.
    """
    said = _read(Revocation, raw)
    about = _by(official, submission, RevocationRequested, barred)
    event = RevocationRequested(**about, judgement=said.judgement)
    return Petition("revocation", official.person_id, key, raw, event)


def correction(
    submission: Submission, official: Official, key: str, raw: Any, barred: tuple[PersonalId, ...]
) -> Petition:
    """Return an official's request to put right a registration. Raises as `revocation`."""
    said = _read(Correction, raw)
    about = _by(official, submission, CorrectionRequested, barred)
    model = catalogue().groups[submission.group].correction
    assert model is not None, "a group that hears of corrections says what can be corrected"
    changes = _read(model, said.changes, "changes").model_dump(mode="json", exclude_none=True)
    event = CorrectionRequested(**about, decision_number=said.decision_number, changes=changes)
    return Petition("correction", official.person_id, key, raw, event)


def claim_of(petition: Petition, submission: Submission, at: datetime) -> Claim:
    """Return what the key is claimed for, with the event as it is published."""
    case_id = submission.subject
    value = encoded(petition.event, petition.id, at, thread_of(submission))
    sent = fingerprint([case_id, petition.asked, petition.raw])
    return Claim(claim_id(petition.person, petition.key), sent, case_id, value)


def _by(
    official: Official, submission: Submission, event: type[Event], barred: tuple[PersonalId, ...]
) -> dict[str, Any]:
    """Return what every act about a registration says. Raises `Problem` 403 or 409."""
    spec, declared = _registration(submission, event), submission.data
    if not official.may_decide(spec.owner, declared.province, spec.name):
        raise refused(403, "beyond-office")
    return {"procedure": spec.name, "official": official, "persons": barred}


def _registration(submission: Submission, event: type[Event]) -> ProcedureSpec:
    spec = catalogue().groups[submission.group].hearing(event)
    if spec is None:
        raise refused(409, "not-possible")
    return spec


def _read(model: type[M], raw: Any, prefix: str = "") -> M:
    return read(model.model_validate, raw, "invalid-request", prefix)


def schema(asked: Asked) -> dict[str, Any]:
    """Return the schema of a body, for the documentation of the API."""
    return BODIES[asked].model_json_schema()
