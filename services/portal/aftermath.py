"""What agencies say of second thoughts -> what has become of each procedure since. A pure fold.

It reopens nothing: how a procedure ended, and its case, stays in the tracker as it was. It knows
the catalogue and no group by name.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import (
    Any,
    NotRequired,  # pydantic takes these before Python 3.12
)

from pydantic import AwareDatetime
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

from contracts.catalogue import Catalogue, catalogue
from contracts.envelope import Event
from contracts.group import Change, ProcedureSpec
from services.chassis.journal import Entry
from services.chassis.memory import MemoryCodec
from services.chassis.procedure import Context, Decision, Procedure, State

_SHOWN = ("amount", "total", "before", "corrected")
"""The fields that are shown besides those of the procedure's result."""


class Happened(TypedDict):
    """What has become of a procedure: a second thought, or what follows from one."""

    procedure: str
    change: Change
    type: str
    at: AwareDatetime
    request: NotRequired[str]
    """The id of the request that it answers, where it answers one."""
    reason: NotRequired[dict[str, Any]]
    result: NotRequired[dict[str, Any]]


class Aftermath(State):
    """All that has happened so, in the order of time."""

    happened: tuple[Happened, ...] = ()


def procedure(known: Catalogue) -> Procedure[Aftermath]:
    """Return the procedure that follows the second thoughts of all groups in the catalogue."""
    told = {
        (name, event.type): (spec, change)
        for name, group in known.groups.items()
        for spec in group.procedures
        for event, change in spec.afterwards.items()
    }
    ranks = {key: number for number, key in enumerate(told)}

    def heard(state: Aftermath, event: Event, context: Context) -> Decision[Aftermath]:
        """Note what has become of a procedure."""
        found = told.get((context.cause.group, context.cause.type))
        if found is None:
            return Decision(state)
        happened = (*state.happened, _happened(*found, event, context))

        def order(each: Happened) -> tuple[datetime, int]:
            # What an entry says it says at one moment: then the order is that of the procedures.
            return each["at"], ranks.get((context.cause.group, each["type"]), 0)

        return Decision(Aftermath(happened=tuple(sorted(happened, key=order))))

    made = Procedure("aftermath", initial=Aftermath())
    types = {event for spec in known.procedures for event in spec.afterwards}
    made.on(*sorted(types, key=lambda event: event.type))(heard)
    return made


def _happened(spec: ProcedureSpec, change: Change, event: Event, context: Context) -> Happened:
    fields = vars(event)
    happened: Happened = {
        "procedure": spec.name,
        "change": change,
        "type": event.type,
        "at": context.cause.time,
    }
    if "request" in fields:
        happened["request"] = str(fields["request"])
    if "reason" in fields:
        happened["reason"] = to_jsonable_python(fields["reason"])
    shown = {name: fields[name] for name in fields if name in (*spec.shows, *_SHOWN)}
    if shown:
        happened["result"] = to_jsonable_python(shown)
    return happened


aftermath = procedure(catalogue())
_memory = MemoryCodec([aftermath])


def remembered(entries: Sequence[Entry]) -> tuple[Happened, ...]:
    """Return what the portal's journal of a case has of this."""
    if not entries:
        return ()
    found = _memory.load(entries[-1].state).states.get(aftermath.name, aftermath.initial)
    assert isinstance(found, Aftermath)
    return found.happened
