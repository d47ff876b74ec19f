"""What a family supplies, from a request to the event that is published. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from contracts.common.events import DeclarationSubmitted, SupplementSubmitted
from contracts.common.people import Person
from contracts.common.tasks import Supplied, Task, task_id
from contracts.envelope import Codec
from contracts.model import Input, Name, PersonalId, Text
from services.chassis.broker import LARGEST_EVENT
from services.portal import declaration, fields
from services.portal.case_events import SOURCE, Submission, encoded, thread_of
from services.portal.declaration import FORM, NONE, Declaration, FilledIn, Sent, fingerprint
from services.portal.problems import Problem, error, invalid, refused
from services.portal.proposals import Proposed
from services.portal.sentences import mistake, sentence
from services.portal.submissions import Claim, claim_id

_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/supplements")
_codec = Codec([SupplementSubmitted])

INVALID = "invalid-supplement"
SUPPLEMENTS = "supplements"
"""The collection of the claims."""


class Supplementation(Input):
    """What a family sends: an answer to each thing that is missing, in the order of the request.

    Where something on the form was wrong or missing, `form` is the whole form, filled in anew.
    """

    procedure: Name
    request: UUID
    supplied: Annotated[tuple[Supplied, ...], Field(min_length=1, max_length=20)]
    form: dict[str, Any] | None = None


class Wish(NamedTuple):
    """A supplement that somebody wants to hand in, under an idempotency key."""

    person: PersonalId
    key: str
    raw: Any

    @property
    def claim_id(self) -> str:
        """What the key is claimed under."""
        return claim_id(self.person, self.key)

    def fingerprint(self, case_id: str) -> bytes:
        """Return what tells it from others under the same key."""
        return fingerprint([case_id, self.raw])


def read(raw: Any) -> Supplementation:
    """Return what was sent. Raises `Problem` 422, naming each field at fault."""
    return fields.read(Supplementation.model_validate, raw, INVALID)


def check_awaited(sent: Supplementation, task: Task | None) -> None:
    """Raise `Problem` where this is not what a task waits for, or there is none that waits."""
    if task is None or task.request != sent.request:
        raise refused(409, "nothing-awaited")
    if len(sent.supplied) != len(task.missing):
        raise _invalid("supplied", mistake("answer-each", missing=len(task.missing)))


def filled(sent: Supplementation, declared: DeclarationSubmitted) -> FilledIn | None:
    """Return the form where it was filled in anew. Raises `Problem` 422."""
    if sent.form is None:
        return None
    raw = {
        "group": declared.group,
        "declarant": declared.declarant,
        "channel": declared.channel,
        "form": sent.form,
    }
    return declaration.filled(Sent(Declaration.model_validate(raw), raw, b""))


def corrected(
    filled: FilledIn,
    declared: DeclarationSubmitted,
    people: Mapping[str, Person],
    proposed: Mapping[str, Proposed] = NONE,
) -> DeclarationSubmitted:
    """Return the declaration with its form corrected; bundle and time limit stay frozen.

    A declarant who has died since is no objection: somebody goes on with the case. Raises `Problem`
    422 where the form is wrong on the day of receipt, names somebody who is not there or not alive,
    or is of other circumstances or another province, for the case was routed by these.
    """
    declaration.check_people(filled, people, declarant=False)
    known = dict(declared.people) | dict(people)
    event = declaration.event_of(filled, known, declared.received_at, proposed)
    before = declaration.filled(
        Sent(filled.sent.declaration.model_copy(update={"form": declared.form}), {}, b"")
    )
    if event.province != declared.province:
        raise _invalid(FORM, mistake("another-province"))
    if filled.form.circumstance() != before.form.circumstance():
        raise _invalid(FORM, mistake("another-bundle"))
    return event.with_(bundle=declared.bundle, working_days=declared.working_days)


def filled_in_anew(claims: Iterable[Claim]) -> Iterator[DeclarationSubmitted]:
    """Yield the declarations of a case as its supplements have corrected them."""
    for claim in claims:
        event = _codec.decode(claim.value).data
        assert isinstance(event, SupplementSubmitted)
        if event.declaration is not None:
            yield event.declaration


def corrected_last(claims: Iterable[Claim]) -> DeclarationSubmitted | None:
    """Return the declaration of a case as its newest correction has it, if there is any."""
    events = [_codec.decode(claim.value).data for claim in claims]
    found = [e for e in events if isinstance(e, SupplementSubmitted) and e.declaration is not None]
    newest = max(found, key=lambda event: event.received_at, default=None)
    return newest.declaration if newest else None


def claim_of(
    wish: Wish,
    sent: Supplementation,
    declared: Submission,
    correction: DeclarationSubmitted | None,
    at: datetime,
) -> Claim:
    """Return what the key is claimed for, with the supplement as it is published.

    Raises `Problem` 413 for one that is too large.
    """
    case_id = declared.subject
    event = SupplementSubmitted(
        task_id=task_id(case_id, sent.procedure),
        procedure=sent.procedure,
        by=wish.person,
        request=sent.request,
        received_at=at,
        supplied=sent.supplied,
        declaration=correction,
    )
    value = encoded(event, supplement_id(wish.claim_id), at, thread_of(declared))
    if len(value) > LARGEST_EVENT:
        raise Problem(413, "too-large", sentence("event-too-large", size=len(value)))
    return Claim(wish.claim_id, wish.fingerprint(case_id), case_id, value)


def supplement_id(claim_id: str) -> UUID:
    """Return the id of the supplement that a person's key stands for."""
    return uuid5(_NAMESPACE, claim_id)


def _invalid(field: str, text: Text) -> Problem:
    return invalid([error(field, text)], INVALID)
