"""When procedures and whole cases are due, and what is said when they are late. Pure.

Of all that a case can be late with, only the next moment is set as a deadline, so that a case has
one row at most. Rungs of escalation are reached when offices close, and none of a case before they
close on the day on which it was received: until then there is nothing to work out but that. From
then on, the deadline is the first rung that anything of the case will reach; what starts later
looks whether its own comes first. A case that ends in time has said nothing, and cost little.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.common.escalation import (
    AT_RISK,
    OF_A_CASE,
    OF_A_PROCEDURE,
    Rung,
    apology,
    promised_at,
)
from contracts.common.events import (
    ApologySent,
    CaseCompleted,
    DeadlineApproached,
    DeadlineMissed,
    DelayEscalated,
    LimitedTime,
)
from contracts.common.working_days import Pause, closing, due_at, received_on
from contracts.envelope import Event
from services.portal.pauses import RUNNING, Breaks, Stops, stops
from services.portal.standing import Ends, Plan, Step

TIME_LIMIT = "time-limit"
"""The name of the one deadline of a case."""
SAID = (DeadlineApproached, DeadlineMissed, DelayEscalated, ApologySent)

_SHORTEST = timedelta(days=1)

Timeliness = Literal["on-time", "at-risk", "overdue"]
Told = Mapping[str, tuple[str, ...]]
"""Which rungs have been told, by `Limit.key`."""


class Watch(TypedDict):
    """What is remembered of the time limits of a case that ran on when offices closed."""

    wakes_at: AwareDatetime | None
    told: dict[str, tuple[str, ...]]
    promised_at: AwareDatetime | None


ON_TIME = {True: "yes", False: "no", None: "no-limit"}
"""What metrics say of it."""
NO_BREAKS: Breaks = {}
_UNWATCHED: Watch = {"wakes_at": None, "told": {}, "promised_at": None}


class Limit(NamedTuple):
    """A time limit, of a procedure or, without one, of the whole case."""

    start: datetime
    working_days: int
    procedure: str | None = None
    owner: str | None = None
    pauses: tuple[Pause, ...] = ()
    paused: bool = False
    """Whether it stands still: then it has no due date yet."""

    @property
    def key(self) -> str:
        """Return what its rungs are remembered under; no procedure has an empty name."""
        return self.procedure or ""

    @property
    def due_at(self) -> datetime:
        """Return when it ends."""
        return due_at(self.start, self.working_days, self.pauses)

    def reached_at(self, rung: Rung) -> datetime:
        """Return when a rung is reached, if nothing has ended by then; never before the start."""
        return due_at(self.start, max(0, self.working_days + rung.after), self.pauses)

    def untold(self, told: Told) -> Iterator[Rung]:
        """Yield the rungs that are still to come, or to be told, in their order."""
        already = told.get(self.key, ())
        rungs = OF_A_CASE if self.procedure is None else OF_A_PROCEDURE
        return (rung for rung in rungs if rung.name not in already)

    def kept_by(self, ended_at: datetime) -> bool:
        """Return whether what it limits ended in time."""
        # From closing to closing there is a day: only what took longer has to be worked out.
        return ended_at - self.start < _SHORTEST or ended_at <= self.due_at

    def timeliness(self, ended_at: datetime | None, now: datetime) -> Timeliness:
        """Return whether what it limits is, or was, in time. What stands still is not late."""
        if ended_at is None and self.paused:
            return "on-time"
        if not self.kept_by(ended_at or now):
            return "overdue"
        at_risk = ended_at is None and now >= self.reached_at(AT_RISK)
        return "at-risk" if at_risk else "on-time"


class Received(NamedTuple):
    """When a case was submitted, and how many working days the law gives it as a whole."""

    at: datetime
    working_days: int | None

    def limit(self, stopped: Stops = RUNNING) -> Limit | None:
        """Return the time limit of the whole case, where it has one."""
        if self.working_days is None:
            return None
        return Limit(self.at, self.working_days, None, None, *stopped)


def of_step(step: Step, received: Received, ends: Ends, breaks: Breaks = NO_BREAKS) -> Limit | None:
    """Return the time limit of a procedure that could start, where the law has set one.

    Nothing of a case has more working days than the law gives the whole, however many it has where
    it stands alone: an identity card has 7, and 3 together with the birth.
    """
    days = step.spec.working_days
    if days is None or (since := step.since(received.at, ends)) is None:
        return None
    stopped = stops(breaks, ends, step.name)
    days = min(days, received.working_days or days)
    return Limit(since, days, step.name, step.spec.owner, *stopped)


def running(
    received: Received, steps: Iterable[Step], ends: Ends, breaks: Breaks = NO_BREAKS
) -> Iterator[Limit]:
    """Yield the time limits that run: of the whole case, and of these procedures."""
    whole = received.limit(stops(breaks, ends))
    if whole is not None and not whole.paused:
        yield whole
    for step in steps:
        limit = None if step.name in ends else of_step(step, received, ends, breaks)
        if limit is not None and not limit.paused:
            yield limit


def first_wake(plan: Plan, received: Received) -> datetime | None:
    """Return when a case is looked at for the first time: no rung of it is reached before.

    None where the law has set no limit to anything of it.
    """
    limited = received.working_days is not None or plan.limited
    return closing(received_on(received.at)) if limited else None


def watching(watch: Watch, started: Iterable[Limit]) -> Watch:
    """Return the watch when these limits may have begun to run: the earliest rung wakes it."""
    rungs = [moment for limit in started if (moment := _next(limit, watch["told"])) is not None]
    if not rungs or ((wakes_at := watch["wakes_at"]) is not None and wakes_at <= min(rungs)):
        return watch
    return {**watch, "wakes_at": min(rungs)}


def reached(
    watch: Watch | None, running: Iterable[Limit], until: datetime, now: datetime
) -> tuple[Watch, tuple[Event, ...]]:
    """Return what is said of the rungs that were reached until a moment, and the watch after it."""
    limits, watch = list(running), watch or _UNWATCHED
    due = [
        (moment, limit, rung)
        for limit in limits
        for rung in limit.untold(watch["told"])
        if (moment := limit.reached_at(rung)) <= until
    ]
    told, promised, events = dict(watch["told"]), watch["promised_at"], list[Event]()
    for _, limit, rung in sorted(due, key=lambda each: each[0]):
        told[limit.key] = (*told.get(limit.key, ()), rung.name)
        events.append(_said(limit, rung))
        if isinstance(events[-1], DeadlineMissed) and limit.procedure is None:
            promised = promised_at(now)
            events.append(_apology(limit, promised))
    after: Watch = {"wakes_at": None, "told": told, "promised_at": promised}
    return watching(after, limits), tuple(events)


def in_time(
    step: Step, seconds: float, received: Received, ends: Ends, breaks: Breaks = NO_BREAKS
) -> bool | None:
    """Return whether a procedure that took so long was in time; None where it has no limit."""
    if step.spec.working_days is None:
        return None
    if seconds < _SHORTEST.total_seconds():
        return True
    limit = of_step(step, received, ends, breaks)
    return limit is None or limit.kept_by(ends[step.name]["at"])


def columns(
    whole: Limit | None, watch: Watch | None, completed: CaseCompleted | None
) -> dict[str, Any]:
    """Return what the register of cases has of the time limit of a whole case.

    One that stands still has no due date.
    """
    runs = whole if whole and not whole.paused else None
    return {
        "at_risk_at": runs.reached_at(AT_RISK) if runs else None,
        "due_at": completed.due_at if completed else runs.due_at if runs else None,
        "on_time": completed.on_time if completed else None,
        "promised_at": watch["promised_at"] if watch else None,
    }


def _next(limit: Limit, told: Told) -> datetime | None:
    rung = next(limit.untold(told), None)
    return None if rung is None else limit.reached_at(rung)


def _said(limit: Limit, rung: Rung) -> Event:
    limited = LimitedTime(
        procedure=limit.procedure,
        owner=limit.owner,
        working_days=limit.working_days,
        due_at=limit.due_at,
    )
    if rung.to is not None:
        return DelayEscalated(limit=limited, rung=rung.name, to=rung.to)
    return DeadlineApproached(limit=limited) if rung.after < 0 else DeadlineMissed(limit=limited)


def _apology(limit: Limit, promised: datetime) -> ApologySent:
    notice = apology(limit.due_at, promised)
    return ApologySent(due_at=limit.due_at, promised_at=promised, notice=notice)
