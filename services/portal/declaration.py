"""A declaration, from what somebody sent to the event that is published. Pure.

Whatever is random or read from a clock is handed in.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from contracts.catalogue import catalogue
from contracts.common.calendar import local_date
from contracts.common.events import Channel, DeclarationSubmitted
from contracts.common.people import Person
from contracts.group import Form
from contracts.model import Input, Name, PersonalId
from services.chassis.broker import LARGEST_EVENT
from services.portal.case_events import Thread, encoded
from services.portal.fields import errors_in, filled_in, joined, paths_of, shared
from services.portal.problems import FieldError, Problem, error, invalid
from services.portal.proposals import Proposed
from services.portal.sentences import mistake, sentence

FORM = "form"
NONE: Mapping[str, Proposed] = MappingProxyType({})
"""No proposals."""


class Declaration(Input):
    """What a client sends: which group is declared by whom, and the group's form, filled in."""

    group: Name
    declarant: PersonalId
    channel: Channel = "portal"
    form: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A declaration as it was sent, and what tells it from others under the same key."""

    declaration: Declaration
    raw: Mapping[str, Any]
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class FilledIn:
    """A declaration whose form is filled in right, as far as the form alone can tell."""

    sent: Sent
    form: Form

    @property
    def people(self) -> tuple[str, ...]:
        """The identifiers of everybody it speaks of."""
        return (self.sent.declaration.declarant, *self.form.people())


@dataclass(frozen=True, slots=True)
class Identity:
    """The identifiers and the trace of a case that may begin."""

    case_id: str
    event_id: UUID
    traceparent: str


def sent(raw: Any) -> Sent:
    """Return what was sent, taken apart. Raises `Problem` 422."""
    try:
        declaration = Declaration.model_validate(raw)
    except ValidationError as fault:
        raise invalid(errors_in(fault, raw)) from None
    return Sent(declaration, raw, fingerprint(raw))


def fingerprint(raw: Any) -> bytes:
    """Return the SHA-256 of a JSON value, whatever the order of its fields and its spaces."""
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def filled(sent: Sent) -> FilledIn:
    """Return the declaration with its form read. Raises `Problem` 422."""
    declaration = sent.declaration
    group = catalogue().groups.get(declaration.group)
    if group is None or group.form is None:
        known = ", ".join(name for name, each in catalogue().groups.items() if each.form)
        raise invalid([error("group", mistake("unknown-group", known=known))])
    try:
        return FilledIn(sent, group.parse(declaration.form))
    except ValidationError as fault:
        raise invalid(errors_in(fault, declaration.form, FORM)) from None


def check_people(filled: FilledIn, people: Mapping[str, Person], *, declarant: bool = True) -> None:
    """Raise `Problem` 422 where somebody is not in the register, or had to be alive and is not.

    Without `declarant`, of those only whom the form names.
    """
    errors = [
        each
        for each in (*_unknown(filled, people), *_deceased(filled, people))
        if declarant or each["field"] != "declarant"
    ]
    if errors:
        raise invalid(errors)


def event_of(
    filled: FilledIn,
    people: Mapping[str, Person],
    received_at: datetime,
    proposed: Mapping[str, Proposed] = NONE,
) -> DeclarationSubmitted:
    """Return the event. Bundle and time limit are those of the day of receipt in Viet Nam.

    `entered_fields` counts what somebody filled in; `reused_fields` what the register of people
    added, or was `proposed` to the declarant and left so: nobody had to be asked again. Raises
    `Problem` 422 where no bundle was in force, or the form is wrong on that day.
    """
    declaration, form = filled.sent.declaration, filled.form
    group, received_on = catalogue().groups[declaration.group], local_date(received_at)
    faults = [error(joined(FORM, each.field), each.text) for each in form.faults(received_on)]
    if faults:
        raise invalid(faults)
    try:
        bundle = group.bundle(form.circumstance(), received_on)
    except LookupError:
        raise invalid([error("group", mistake("no-bundle"))]) from None
    snapshots = {id: people[id] for id in dict.fromkeys(filled.people)}
    answers = form.answers()
    known = proposed.get(answers) if answers else None
    if known is not None and known.proposal.group != group.name:
        known = None
    proposal = known.proposal if known else None
    asked = proposal is not None and proposal.to == declaration.declarant
    taken_over = shared(proposal.form, declaration.form) if proposal and asked else 0
    return DeclarationSubmitted(
        group=group.name,
        declarant=declaration.declarant,
        channel=declaration.channel,
        province=form.province(snapshots),
        received_at=received_at,
        bundle=bundle,
        form=form.model_dump(mode="json", exclude_none=True),
        people=snapshots,
        reused_fields=sum(_facts(person) for person in snapshots.values()) + taken_over,
        entered_fields=filled_in(declaration.form) - taken_over,
        working_days=group.time_limit(form.time_limit(), received_on),
        answers=answers,
        proposal=proposal,
        replaced=(known.replaced or None) if known else None,
    )


def encode(event: DeclarationSubmitted, identity: Identity) -> bytes:
    """Return the event in its envelope, as it is published. Raises `Problem` 413."""
    thread = Thread(identity.case_id, event.group, identity.event_id, identity.traceparent)
    value = encoded(event, identity.event_id, event.received_at, thread)
    if len(value) > LARGEST_EVENT:
        raise Problem(413, "too-large", sentence("event-too-large", size=len(value)))
    return value


def _unknown(filled: FilledIn, people: Mapping[str, Person]) -> Iterable[FieldError]:
    text = mistake("nobody")
    declaration = filled.sent.declaration
    if declaration.declarant not in people:
        yield error("declarant", text)
    # In what somebody signed there are no fields to name.
    signed = filled.form.signed()
    otherwise = joined(FORM, signed.field) if signed else FORM
    for id in filled.form.people():
        if id not in people:
            for field in [*paths_of(id, declaration.form, FORM)] or [otherwise]:
                yield error(field, text)


def _deceased(filled: FilledIn, people: Mapping[str, Person]) -> Iterable[FieldError]:
    text = mistake("deceased")
    living = {"declarant": filled.sent.declaration.declarant}
    living |= {joined(FORM, field): id for field, id in filled.form.living().items()}
    for field, id in living.items():
        if id in people and people[id].deceased_on is not None:
            yield error(field, text)


def _facts(person: Person) -> int:
    """Return how many facts the register adds to the identifier that was filled in."""
    return sum(value is not None for value in vars(person).values()) - 1
