"""Which events end a procedure, how, and what of them is remembered and shown. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from contracts.envelope import Event
from contracts.group import ProcedureGroup, Result
from contracts.model import Reason
from services.chassis.procedure import Context
from services.portal.standing import End


@dataclass(frozen=True, slots=True)
class Ending:
    """That an event ends a procedure, how, and what of the event is shown."""

    procedure: str
    state: Result
    shows: tuple[str, ...]
    has_reason: bool


def endings_of(group: ProcedureGroup) -> Iterator[tuple[str, Ending]]:
    """Yield the endings of a group's procedures, each with the type of its event."""
    for spec in group.procedures:
        for event, result in spec.ends.items():
            fields = event.model_fields
            has_reason = "reason" in fields and fields["reason"].annotation is Reason
            shows = tuple(name for name in fields if name in spec.shows)
            yield event.type, Ending(spec.name, result, shows, has_reason)


def end_of(ending: Ending, event: Event, context: Context) -> End:
    """Return how an event ends a procedure."""
    cause = context.cause
    end: End = {"state": ending.state, "at": cause.time, "entry": cause.entry}
    if ending.shows:
        end["result"] = _shown(event, ending.shows)
    if ending.has_reason:
        end["reason"] = _shown(event, ("reason",))["reason"]
    return end


def _shown(event: Event, names: tuple[str, ...]) -> dict[str, Any]:
    """Return these fields as JSON has them; `model_dump` would walk all the others too."""
    shown: dict[str, Any] = to_jsonable_python({name: getattr(event, name) for name in names})
    return shown
