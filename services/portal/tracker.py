"""Every event of a case -> where the case stands -> CaseCompleted. One pure fold for all groups.

It knows the catalogue and no group by name. What is remembered is only what was heard, so the order
of events does not matter: where the case stands is derived anew (`standing`) after each of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import CaseCompleted, Channel, DeclarationSubmitted, Outcome
from contracts.envelope import Event
from contracts.group import ProcedureGroup, Result
from contracts.model import Reason
from services.chassis.procedure import Context, Decision, Measure, Procedure, Record, State
from services.portal.standing import End, Ends, Plan, Plans, Standing

CASES = "cases"
"""The register of cases; its rows are `row`."""


class Submission(TypedDict):
    """What is remembered of a declaration. The bundle was frozen when it was received."""

    group: str
    bundle: tuple[str, ...]
    submitted_at: AwareDatetime
    province: str
    channel: Channel


class Case(State):
    """What has been heard of a case. Once it has ended, only that: the register has the rest."""

    submission: Submission | None = None
    ended: dict[str, End] = Field(default={})
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """That an event ends a procedure, how, and what of the event is shown."""

    procedure: str
    state: Result
    shows: frozenset[str]
    has_reason: bool


class Tracker:
    """Follows the cases of every group that somebody can declare."""

    def __init__(self, known: Catalogue) -> None:
        groups = {name: group for name, group in known.groups.items() if group.form is not None}
        self._groups = frozenset(groups)
        self._plans = Plans(groups)
        self._endings = {(name, type): e for name in groups for type, e in _endings(groups[name])}

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
        submission: Submission = {
            "group": event.group,
            "bundle": event.bundle,
            "submitted_at": event.received_at,
            "province": event.province,
            "channel": event.channel,
        }
        ended = {name: end for name, end in state.ended.items() if name in event.bundle}
        return self._decide(state, submission, ended, context)

    def heard(self, state: Case, event: Event, context: Context) -> Decision[Case]:
        """Note the end of a procedure; whatever else happens is only heard.

        Raises `LookupError` for a group that citizens do not declare.
        """
        cause = context.cause
        ending = self._endings.get((cause.group, cause.type))
        if ending is None:
            if cause.group not in self._groups:
                raise LookupError(f"there is no group '{cause.group}' that citizens declare")
            return Decision(state)
        if state.completed or not _counts(ending.procedure, state, cause.entry):
            return Decision(state)
        ended = {**state.ended, ending.procedure: _end(ending, event, context)}
        if state.submission is None:
            return Decision(Case.model_construct(submission=None, ended=ended, completed=False))
        return self._decide(state, state.submission, ended, context)

    def _decide(
        self, before: Case, submission: Submission, ended: dict[str, End], context: Context
    ) -> Decision[Case]:
        plan = self._plans.of(submission["group"], submission["bundle"])
        standings = plan.standings(submission["submitted_at"], ended)
        measures = tuple(_procedure_seconds(before, submission["group"], plan, standings))
        outcome = plan.outcome(standings)
        if outcome is None:
            state = Case.model_construct(submission=submission, ended=ended, completed=False)
            record = Record(CASES, context.case_id, row(submission, ended))
            return Decision(state, records=(record,), measures=measures)
        completed = _completed(submission, plan, standings, outcome, context.now)
        labels = {"group": submission["group"], "outcome": outcome}
        return Decision(
            Case(completed=True),
            events=(completed,),
            records=(Record(CASES, context.case_id, row(submission, ended, completed)),),
            measures=(*measures, Measure("case_seconds", completed.seconds, labels)),
        )


def tracker(known: Catalogue) -> Procedure[Case]:
    """Return the procedure that follows the cases of all groups in the catalogue."""
    fold = Tracker(known)
    procedure = Procedure("case", initial=Case())
    procedure.on(DeclarationSubmitted)(fold.submitted)
    rest = [event for event in followed(known) if event is not DeclarationSubmitted]
    procedure.on(*rest)(fold.heard)
    return procedure


def followed(known: Catalogue) -> tuple[type[Event], ...]:
    """Return the events of cases: all but the completion and what only undeclared groups use."""
    used: dict[bool, set[type[Event]]] = {True: set(), False: set()}
    for group in known.groups.values():
        used[group.form is not None].update(_used(group))
    left_out = (used[False] - used[True]) | {CaseCompleted}
    return tuple(event for event in known.events.values() if event not in left_out)


def row(
    submission: Submission, ended: Ends, completed: CaseCompleted | None = None
) -> Mapping[str, Any]:
    """Return a case as the register has it: what was heard, and how it ended."""
    return {
        **submission,
        "bundle": list(submission["bundle"]),
        "ended": ended,
        "status": completed.outcome if completed else "in-progress",
        "completed_at": completed.completed_at if completed else None,
        "seconds": completed.seconds if completed else None,
    }


def _counts(procedure: str, state: Case, entry: int) -> bool:
    """Return whether the news is of a procedure of the bundle, and newer than what is known."""
    if state.submission is not None and procedure not in state.submission["bundle"]:
        return False
    known = state.ended.get(procedure)
    return known is None or entry > known["entry"]


def _end(ending: Ending, event: Event, context: Context) -> End:
    end: End = {
        "state": ending.state,
        "at": context.cause.time,
        "entry": context.cause.entry,
    }
    if ending.shows:
        end["result"] = event.model_dump(mode="json", include=set(ending.shows))
    if ending.has_reason:
        end["reason"] = event.model_dump(mode="json", include={"reason"})["reason"]
    return end


def _completed(
    submission: Submission,
    plan: Plan,
    standings: Mapping[str, Standing],
    outcome: Outcome,
    now: datetime,
) -> CaseCompleted:
    submitted_at = submission["submitted_at"]
    return CaseCompleted.model_validate(
        {
            "outcome": outcome,
            "results": {name: standings[name].state for name in plan.bundle},
            "submitted_at": submitted_at,
            "completed_at": now,
            # The clock of the replica that received it may be ahead of ours.
            "seconds": max(0.0, (now - submitted_at).total_seconds()),
        }
    )


def _procedure_seconds(
    before: Case, group: str, plan: Plan, standings: Mapping[str, Standing]
) -> Iterator[Measure]:
    """Yield the time of each procedure of which, only now, both the start and the end are known."""
    for step in plan.steps:
        standing = standings[step.name]
        if standing.until is None or _was_known(before, step.name, step.requires):
            continue
        if (seconds := standing.seconds) is not None:
            labels = {"group": group, "procedure": step.name, "outcome": standing.state}
            yield Measure("procedure_seconds", seconds, labels)


def _was_known(before: Case, name: str, requires: tuple[str, ...]) -> bool:
    return (
        before.submission is not None
        and name in before.ended
        and all(required in before.ended for required in requires)
    )


def _endings(group: ProcedureGroup) -> Iterator[tuple[str, Ending]]:
    for spec in group.procedures:
        for event, result in spec.ends.items():
            fields = event.model_fields
            has_reason = "reason" in fields and fields["reason"].annotation is Reason
            shows = frozenset(spec.shows) & frozenset(fields)
            yield event.type, Ending(spec.name, result, shows, has_reason)


def _used(group: ProcedureGroup) -> Iterator[type[Event]]:
    for spec in group.procedures:
        yield from (*spec.hears, *spec.ends)
    yield from group.notices


case = tracker(catalogue())
