"""Every event of a case -> where the case stands -> CaseCompleted. One pure fold for all groups.

It knows the catalogue and no group by name. What is remembered is only what was heard, so the order
of events does not matter: where the case stands is derived (`standing`) after each of them. No
fold runs more often, so it derives only what the event can have changed, and leaves the row of the
register to be made when an entry is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import Field

from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import CaseCompleted, DeclarationSubmitted
from contracts.envelope import Event
from contracts.group import ProcedureGroup
from contracts.model import of_valid
from services.chassis.memory import MemoryCodec
from services.chassis.procedure import (
    Context,
    Deadline,
    Decision,
    Filed,
    Procedure,
    Record,
    State,
)
from services.portal import measures, pauses, time_limits, waiting
from services.portal.answers import answer
from services.portal.endings import end_of, endings_of
from services.portal.pauses import Break
from services.portal.register import CASES, Submission, limit_of, received_of, row, submission_of
from services.portal.standing import Closed, End, Plan, Plans, Step
from services.portal.time_limits import TIME_LIMIT, Limit, Watch
from services.portal.waiting import Wait


class Case(State):
    """What has been heard of a case. Once it has ended, only that: the register has the rest."""

    submission: Submission | None = None
    ended: dict[str, End] = Field(default={})
    completed: bool = False
    watch: Watch | None = None
    breaks: dict[str, Break] = Field(default={})
    waits: dict[str, Wait] = Field(default={})


COMPLETED = Case(completed=True)
"""What is remembered of every case that has ended."""


class Tracker:
    """Follows the cases of every group that somebody can declare."""

    def __init__(self, known: Catalogue) -> None:
        groups = {name: group for name, group in known.groups.items() if group.form is not None}
        self._groups = frozenset(groups)
        self._plans = Plans(groups)
        self._endings = {(name, type): e for name in groups for type, e in endings_of(groups[name])}

    def submitted(
        self, state: Case, event: DeclarationSubmitted, context: Context
    ) -> Decision[Case]:
        """Note the submission and its frozen bundle.

        Raises `LookupError` or `ValueError` for a group or a bundle that the catalogue cannot
        explain: the event is put aside until a portal that knows more replays it.
        """
        if event.group != context.cause.group:
            raise ValueError(f"of '{context.cause.group}' outside, of '{event.group}' inside")
        if state.submission is not None or state.completed:
            return Decision(state)
        submission = submission_of(event)
        ended = {name: end for name, end in state.ended.items() if name in event.bundle}
        plan = self._plans.of(event.group, event.bundle)
        after = _with(state, submission=submission, ended=ended)
        wakes_at = time_limits.first_wake(plan, received_of(submission))
        return _decision(
            *(after, plan, plan.steps, plan.steps, context),
            records=(_record(after, plan, context),),
            filed=(answer(event.answers, context.case_id),) if event.answers else (),
            deadlines=(Deadline(TIME_LIMIT, wakes_at),),
        )

    def heard(self, state: Case, event: Event, context: Context) -> Decision[Case]:
        """Note the end of a procedure; whatever else happens is only heard.

        Raises `LookupError` for a group that citizens do not declare.
        """
        cause = context.cause
        ending = self._endings.get((cause.group, event.type))
        if ending is None:
            if cause.group not in self._groups:
                raise LookupError(f"there is no group '{cause.group}' that citizens declare")
            return Decision(state)
        if state.completed or not _counts(ending.procedure, state, cause.entry):
            return Decision(state)
        submission = state.submission
        ended = {**state.ended, ending.procedure: end_of(ending, event, context)}
        after = _with(state, ended=ended)
        if submission is None:
            return Decision(after)
        plan = self._plans.of(submission["group"], submission["bundle"])
        # What an agency says later about the same procedure changes no time already measured.
        concerned = plan.timed_by[ending.procedure]
        timed = () if ending.procedure in state.ended else concerned
        return _decision(after, plan, concerned, timed, context)

    def stopped(self, state: Case, event: Event, context: Context) -> Decision[Case]:
        """Note that the case waits for somebody, or that this is over: while the family is asked
        for something, the clocks stand still."""
        if state.completed:
            return Decision(state)
        breaks = pauses.noted(state.breaks, event, context.cause.time)
        after = _with(state, breaks=breaks, waits=waiting.noted(state.waits, event))
        submission = state.submission
        if submission is None or after == state:
            return Decision(after)
        plan = self._plans.of(submission["group"], submission["bundle"])
        after, deadlines = _watched(after, plan.steps)
        return Decision(after, records=(_record(after, plan, context),), deadlines=deadlines)

    def due(self, state: Case, context: Context) -> Decision[Case]:
        """Say what is late in a case of which everything until this deadline has been heard."""
        submission = state.submission
        if submission is None:
            return Decision(state)
        plan = self._plans.of(submission["group"], submission["bundle"])
        until, running = context.cause.time, _running(state, plan.steps)
        watch, events = time_limits.reached(state.watch, running, until, context.now)
        return Decision(
            _with(state, watch=watch),
            events=events,
            deadlines=(Deadline(TIME_LIMIT, watch["wakes_at"]),),
        )


def tracker(known: Catalogue) -> Procedure[Case]:
    """Return the procedure that follows the cases of all groups in the catalogue."""
    fold, procedure = Tracker(known), Procedure("case", initial=Case())
    procedure.on(DeclarationSubmitted)(fold.submitted)
    stops = {*pauses.heard_by(known), *waiting.heard_by(known)}
    rest = [event for event in followed(known) if event not in (DeclarationSubmitted, *stops)]
    procedure.on(*rest)(fold.heard)
    procedure.on(*stops)(fold.stopped)
    procedure.on_deadline(TIME_LIMIT)(fold.due)
    return procedure


def followed(known: Catalogue) -> tuple[type[Event], ...]:
    """Return the events of cases: not our own, those of undeclared groups and of `tasks`."""
    used: dict[bool, set[type[Event]]] = {True: set(), False: set()}
    for group in known.groups.values():
        used[group.form is not None].update(_used(group))
    tasks = {event for spec in known.procedures for event in (*spec.acts, *spec.answers)}
    left_out = (used[False] - used[True]) | {CaseCompleted, *time_limits.SAID} | tasks
    return tuple(event for event in known.current if event not in left_out)


def _counts(procedure: str, state: Case, entry: int) -> bool:
    """Return whether the news is of a procedure of the bundle, and newer than what is known."""
    if state.submission is not None and procedure not in state.submission["bundle"]:
        return False
    known = state.ended.get(procedure)
    return known is None or entry > known["entry"]


def _with(state: Case, **changes: Any) -> Case:
    """Return the state with changes that need not be validated: they come from events and states
    that were when they were read."""
    return of_valid(Case, {**vars(state), **changes})


def _watched(state: Case, started: Iterable[Step]) -> tuple[Case, tuple[Deadline, ...]]:
    """Return the state and its deadline where limits of these steps may have begun to run.

    Until the first deadline comes, nothing can change it.
    """
    if state.watch is None:
        return state, ()
    watch = time_limits.watching(state.watch, _running(state, started))
    if watch is state.watch:
        return state, ()
    return _with(state, watch=watch), (Deadline(TIME_LIMIT, watch["wakes_at"]),)


def _decision(
    state: Case,
    plan: Plan,
    concerned: Iterable[Step],
    timed: Iterable[Step],
    context: Context,
    *,
    records: tuple[Record, ...] = (),
    filed: tuple[Filed, ...] = (),
    deadlines: tuple[Deadline, ...] = (),
) -> Decision[Case]:
    """Return what follows where a procedure of a submitted case ended, or it was submitted.

    `state` is that after the news. `concerned` are the steps that may have started or ended by it,
    `timed` those whose seconds may be known now and were not before. The register is written when
    a case begins and when it ends, and where somebody is waited for: else the journal says where it
    stands.
    """
    submission = state.submission
    assert submission is not None
    times = tuple(measures.of_procedures(timed, submission, state.ended, state.breaks))
    results = plan.results(state.ended)
    if results is None:
        after, moved = _watched(state, concerned)
        if state.waits:
            records = (_record(after, plan, context),)
        return Decision(after, (), records, filed, moved or deadlines, measures=times)
    completed = _completed(state, plan, results, context.now)
    return Decision(
        COMPLETED,
        events=(completed,),
        records=(_record(state, plan, context, completed),),
        filed=filed,
        deadlines=(Deadline(TIME_LIMIT, None),),
        measures=(*times, measures.of_case(submission["group"], completed, bool(state.waits))),
    )


def _record(
    state: Case, plan: Plan, context: Context, completed: CaseCompleted | None = None
) -> Record:
    submission, ended, waits = state.submission, state.ended, state.waits
    assert submission is not None
    begun = (step for step in plan.steps if step.since(submission["submitted_at"], ended))
    running = [step.name for step in begun if step.name not in ended] if waits else []
    waited_for = waiting.columns(waits, running, context.now)
    stands = partial(
        row, submission, ended, state.watch, completed, state.breaks, waiting=waited_for
    )
    return Record(CASES, context.case_id, stands)


def _running(state: Case, steps: Iterable[Step]) -> Iterator[Limit]:
    submission, ended, breaks = state.submission, state.ended, state.breaks
    assert submission is not None
    return time_limits.running(received_of(submission), steps, ended, breaks)


def _completed(
    state: Case, plan: Plan, results: Mapping[str, Closed], now: datetime
) -> CaseCompleted:
    submission, ended = state.submission, state.ended
    assert submission is not None
    submitted_at, limit = submission["submitted_at"], limit_of(submission, ended, state.breaks)
    due_at = limit.due_at if limit else None
    return CaseCompleted.model_validate(
        {
            "outcome": plan.outcome(results),
            "results": results,
            "submitted_at": submitted_at,
            "completed_at": now,
            # The clock of the replica that received it may be ahead of ours.
            "seconds": max(0.0, (now - submitted_at).total_seconds()),
            "due_at": due_at,
            # By when the agencies were done, however late we hear of it.
            "on_time": due_at and max(end["at"] for end in ended.values()) <= due_at,
        }
    )


def _used(group: ProcedureGroup) -> Iterator[type[Event]]:
    for spec in group.procedures:
        yield from (*spec.hears, *spec.ends)
    yield from group.notices


case = tracker(catalogue())
_memory = MemoryCodec([case])


def remembered(state: bytes) -> Case:
    """Return what an entry of the portal's journal remembers of its case."""
    found = _memory.load(state).states.get(case.name, case.initial)
    assert isinstance(found, Case)
    return found
