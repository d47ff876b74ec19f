"""While a family is asked for something, the clocks of the procedure and of its case stand still.

A break lasts from the request to what answers it, whichever of the two is heard first: of a
supplement, or of any other question (`contracts.common.asking`). A procedure that has ended asks
for nothing any more. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, NotRequired  # pydantic takes TypedDict's own from Python 3.12 on

from pydantic import AwareDatetime
from typing_extensions import TypedDict

from contracts.catalogue import Catalogue
from contracts.common.asking import FamilyAnswered, FamilyAsked
from contracts.common.calendar import local_date
from contracts.common.supplements import SupplementLapsed, SupplementReceived
from contracts.common.tasks import SupplementRequested
from contracts.common.working_days import Pause, received_on
from contracts.envelope import Event
from services.portal.standing import Ends


class Break(TypedDict):
    """A request to the family: since when it stands, and until when it stood."""

    procedure: str
    since: NotRequired[AwareDatetime]
    until: NotRequired[AwareDatetime]


Breaks = Mapping[str, Break]
"""By the id of the request, or the procedure and its question."""


class Stops(NamedTuple):
    """What a time limit does not count, and whether it stands still now."""

    pauses: tuple[Pause, ...] = ()
    paused: bool = False


RUNNING = Stops()


def heard_by(known: Catalogue) -> tuple[type[Event], ...]:
    """Return the events, of all agencies, with which breaks begin and end."""
    kinds = (
        *(FamilyAsked, FamilyAnswered),
        *(SupplementRequested, SupplementReceived, SupplementLapsed),
    )
    return tuple(event for event in known.events.values() if issubclass(event, kinds))


def noted(breaks: Breaks, event: Event, at: datetime) -> dict[str, Break]:
    """Return the breaks with what the event says of one; `at` is when it happened."""
    if isinstance(event, FamilyAsked | FamilyAnswered):
        return _asked(breaks, event, at)
    if isinstance(event, SupplementRequested):
        return _with(breaks, str(event.act), {"procedure": event.task.procedure, "since": at})
    if not isinstance(event, SupplementReceived | SupplementLapsed):
        return dict(breaks)
    # A family's part is done when the portal takes it, however late the agency hears of it.
    until = event.received_at if isinstance(event, SupplementReceived) else at
    return _with(breaks, str(event.request), {"procedure": event.task.procedure, "until": until})


def stops(breaks: Breaks, ends: Ends, procedure: str | None = None) -> Stops:
    """Return what the limit of a procedure, or without one of the whole case, does not count."""
    if not breaks:
        return RUNNING
    pauses, paused = set[Pause](), False
    for each in breaks.values():
        if procedure not in (None, each["procedure"]) or (since := each.get("since")) is None:
            continue
        end = ends.get(each["procedure"])
        until = each.get("until") or (end["at"] if end is not None else None)
        if until is None:
            paused = True
        else:
            pauses.add(Pause(local_date(since), received_on(until)))
    return Stops(tuple(sorted(pauses)), paused)


def _asked(breaks: Breaks, event: FamilyAsked | FamilyAnswered, at: datetime) -> dict[str, Break]:
    question = f"{event.procedure}/{event.question}"
    if isinstance(event, FamilyAsked):
        return _with(breaks, question, {"procedure": event.procedure, "since": at})
    if event.answered_at is None:
        return dict(breaks)
    return _with(breaks, question, {"procedure": event.procedure, "until": event.answered_at})


def _with(breaks: Breaks, request: str, news: Break) -> dict[str, Break]:
    known = breaks.get(request)
    return {**breaks, request: {**news, **known} if known else news}
