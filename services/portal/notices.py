"""What a family is told: one notice for each event that matters to it, in both languages. Pure.

The texts are data of the groups and of the contracts. Which events of a case have one, the journal
tells; what an event says beyond that, why something was refused or what is missing, is kept in a
register, which only such events write.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import AwareDatetime
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.catalogue import Catalogue, catalogue
from contracts.common.notices import NOTICES
from contracts.common.tasks import SupplementRequested
from contracts.envelope import Event
from contracts.group import ProcedureGroup
from contracts.model import Reason, Text
from services.chassis.encoding import Document
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.portal.sentences import Sentence, shown

DETAILS = "notice_details"
"""The register of what an event says beyond its text, by the event's id."""


class Notice(TypedDict):
    """What a family is told: that something happened, and what there is to know of it.

    `id` is that of the event; `until` is when something that the family is asked for is due.
    """

    id: str
    case_id: str
    group: str
    type: str
    at: AwareDatetime
    text: Sentence
    details: list[Sentence]
    until: AwareDatetime | None


class Stateless(State):
    """Nothing is remembered: what is told follows from the event alone."""


def text_of(group: ProcedureGroup, type: str) -> Text | None:
    """Return what the family reads of events of this type, if they matter to it."""
    event = catalogue().newest(type)
    return group.notices.get(event, NOTICES.get(event)) if event is not None else None


def said_by(event: Event) -> Text | None:
    """Return the event's own words, where it brings them, because they name a day."""
    own = vars(event).get("notice")
    return own if isinstance(own, Text) else None


def details_of(event: Event) -> Document:
    """Return what the event says beyond its text."""
    found: list[Text] = []
    until = None
    if isinstance(event, SupplementRequested):
        found, until = list(event.task.missing), event.task.supplement_until
    elif isinstance(reason := vars(event).get("reason"), Reason):
        found = [reason]
    return {"details": [shown(each) for each in found], "until": until}


def told(known: Catalogue) -> Iterator[type[Event]]:
    """Yield the events of all groups that citizens declare of which a family is told."""
    groups = [group for group in known.groups.values() if group.form is not None]
    yield from dict.fromkeys((*(event for group in groups for event in group.notices), *NOTICES))


def detailed(known: Catalogue) -> Iterator[type[Event]]:
    """Yield those that say more than their text, and come from an agency."""
    for event in told(known):
        field = event.model_fields.get("reason")
        if issubclass(event, SupplementRequested) or (field and field.annotation is Reason):
            yield event


def noted(state: Stateless, event: Event, context: Context) -> Decision[Stateless]:
    """Keep what the event says beyond its text."""
    row = {"case_id": context.case_id, **details_of(event)}
    record = Record(DETAILS, str(context.cause.id), row, insert_only=True)
    return Decision(state, records=(record,))


def procedure(known: Catalogue) -> Procedure[Stateless]:
    """Return the procedure that keeps details for the groups in the catalogue."""
    made = Procedure("notices", initial=Stateless())
    made.on(*detailed(known))(noted)
    return made


def inbox(
    case_id: str, group: str, timeline: Iterable[Mapping[str, Any]], rows: Iterable[Document]
) -> list[Notice]:
    """Return the notices of a case from its timeline, with their details, the newest first."""
    more = {row["_id"]: row for row in rows}
    found: list[Notice] = [
        {
            "id": each["event_id"],
            "case_id": case_id,
            "group": group,
            "type": each["type"],
            "at": each["at"],
            "text": each["notice"],
            "details": more.get(each["event_id"], {}).get("details", []),
            "until": more.get(each["event_id"], {}).get("until"),
        }
        for each in timeline
        if each["notice"] is not None
    ]
    return found[::-1]


notices = procedure(catalogue())
