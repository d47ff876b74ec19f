"""Every event of a case -> where the case stands -> CaseCompleted. One pure fold for all groups.

It knows the catalogue and no group by name. What is remembered is only what was heard, so the order
of events does not matter: where the case stands is derived (`standing`) after each of them. No
fold runs more often, so it derives only what the event can have changed, and leaves the row of the
register to be made when an entry is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import AwareDatetime, Field
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.catalogue import Catalogue, catalogue
from contracts.common.events import CaseCompleted, Channel, DeclarationSubmitted, Outcome
from contracts.envelope import Event
from contracts.group import ProcedureGroup, Result
from contracts.model import Reason, of_valid
from services.chassis.memory import MemoryCodec
from services.chassis.procedure import Context, Decision, Measure, Procedure, Record, State
from services.portal.standing import Closed, End, Ends, Plan, Plans, Step

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


COMPLETED = Case(completed=True)
"""What is remembered of every case that has ended."""


@dataclass(frozen=True, slots=True)
class Ending:
    """That an event ends a procedure, how, and what of the event is shown."""

    procedure: str
    state: Result
    shows: tuple[str, ...]
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
        plan = self._plans.of(event.group, event.bundle)
        opened = Record(CASES, context.case_id, partial(row, submission))
        return _decision(submission, ended, plan, plan.steps, context, records=(opened,))

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
        submission = state.submission
        ended = {**state.ended, ending.procedure: _end(ending, event, context)}
        if submission is None:
            return Decision(_remembered(None, ended))
        plan = self._plans.of(submission["group"], submission["bundle"])
        # What an agency says later about the same procedure changes no time already measured.
        timed = () if ending.procedure in state.ended else plan.timed_by[ending.procedure]
        return _decision(submission, ended, plan, timed, context)


def tracker(known: Catalogue) -> Procedure[Case]:
    """Return the procedure that follows the cases of all groups in the catalogue."""
    fold = Tracker(known)
    procedure = Procedure("case", initial=Case())
    procedure.on(DeclarationSubmitted)(fold.submitted)
    rest = [event for event in followed(known) if event is not DeclarationSubmitted]
    procedure.on(*rest)(fold.heard)
    return procedure


def followed(known: Catalogue) -> tuple[type[Event], ...]:
    """Return the events of cases: all but the completion, what only undeclared groups use, and
    what is said about officials' tasks, which `tasks` follows."""
    used: dict[bool, set[type[Event]]] = {True: set(), False: set()}
    for group in known.groups.values():
        used[group.form is not None].update(_used(group))
    tasks = {event for spec in known.procedures for event in (*spec.acts, *spec.answers)}
    left_out = (used[False] - used[True]) | {CaseCompleted} | tasks
    return tuple(event for event in known.events.values() if event not in left_out)


def row(
    submission: Submission, ended: Ends | None = None, completed: CaseCompleted | None = None
) -> Mapping[str, Any]:
    """Return a case as the register has it: what was declared, and in the end how it ended."""
    return {
        **submission,
        "bundle": list(submission["bundle"]),
        "ended": ended or {},
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
        end["result"] = _shown(event, ending.shows)
    if ending.has_reason:
        end["reason"] = _shown(event, ("reason",))["reason"]
    return end


def _shown(event: Event, names: tuple[str, ...]) -> dict[str, Any]:
    """Return these fields as JSON has them; `model_dump` would walk all the others too."""
    shown: dict[str, Any] = to_jsonable_python({name: getattr(event, name) for name in names})
    return shown


def _remembered(submission: Submission | None, ended: dict[str, End]) -> Case:
    """Return the state of a case that runs on.

    There is nothing to validate: its parts come from events and states that were validated when
    they were read.
    """
    return of_valid(Case, {"submission": submission, "ended": ended, "completed": False})


def _decision(
    submission: Submission,
    ended: dict[str, End],
    plan: Plan,
    timed: Iterable[Step],
    context: Context,
    *,
    records: tuple[Record, ...] = (),
) -> Decision[Case]:
    """Return what follows where a procedure of a submitted case ended, or it was submitted.

    `timed` are the steps whose seconds may be known now and were not before. The register is
    written when a case begins and when it ends: in between, the journal says where it stands.
    """
    measures = _procedure_seconds(submission, ended, timed)
    results = plan.results(ended)
    if results is None:
        return Decision(_remembered(submission, ended), records=records, measures=measures)
    completed = _completed(submission, plan.outcome(results), results, context.now)
    labels = {"group": submission["group"], "outcome": completed.outcome}
    return Decision(
        COMPLETED,
        events=(completed,),
        records=(Record(CASES, context.case_id, partial(row, submission, ended, completed)),),
        measures=(*measures, Measure("case_seconds", completed.seconds, labels)),
    )


def _completed(
    submission: Submission, outcome: Outcome, results: Mapping[str, Closed], now: datetime
) -> CaseCompleted:
    submitted_at = submission["submitted_at"]
    return CaseCompleted.model_validate(
        {
            "outcome": outcome,
            "results": results,
            "submitted_at": submitted_at,
            "completed_at": now,
            # The clock of the replica that received it may be ahead of ours.
            "seconds": max(0.0, (now - submitted_at).total_seconds()),
        }
    )


def _procedure_seconds(
    submission: Submission, ended: Ends, timed: Iterable[Step]
) -> tuple[Measure, ...]:
    """Return the time of each of these procedures that could start and has ended."""
    group, submitted_at = submission["group"], submission["submitted_at"]
    measures = []
    for step in timed:
        if (seconds := step.seconds(submitted_at, ended)) is not None:
            outcome = ended[step.name]["state"]
            labels = {"group": group, "procedure": step.name, "outcome": outcome}
            measures.append(Measure("procedure_seconds", seconds, labels))
    return tuple(measures)


def _endings(group: ProcedureGroup) -> Iterator[tuple[str, Ending]]:
    for spec in group.procedures:
        for event, result in spec.ends.items():
            fields = event.model_fields
            has_reason = "reason" in fields and fields["reason"].annotation is Reason
            shows = tuple(name for name in fields if name in spec.shows)
            yield event.type, Ending(spec.name, result, shows, has_reason)


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
