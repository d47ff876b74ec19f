"""Where the procedures of a case stand, derived from what was heard and the group's data. Pure.

The rules of a case are here and nowhere else:

- a procedure *waits* until everything that it requires is granted, and is then *in progress*, from
  the last of these grants, or from the submission where it requires nothing;
- where something that it requires was refused or can no longer start, it is *not started*;
- a case has ended when each procedure of its bundle was granted, refused or not started. It is
  *completed* where all were granted. Else it is *partial* where its foundation was granted, that is
  the procedure on which most others of the bundle stand, by what they require; and *refused* where
  not even that was. So fees settled for a birth that was refused do not make it a partial success.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple, NotRequired, get_args

from pydantic import AwareDatetime
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.common.events import Outcome
from contracts.group import ProcedureGroup, ProcedureSpec, Result

Closed = Result | Literal["not-started"]
"""Where a procedure stands of which nothing more is expected."""
State = Literal["waiting", "in-progress"] | Closed
"""Where a procedure stands."""
Status = Literal["in-progress"] | Outcome
"""Where a case stands."""
STATUSES: tuple[Status, ...] = ("in-progress", *get_args(Outcome))


class End(TypedDict):
    """How a procedure ended, as its owner told."""

    state: Result
    at: AwareDatetime
    entry: int
    reason: NotRequired[dict[str, Any]]
    result: NotRequired[dict[str, Any]]


Ends = Mapping[str, End]
"""How procedures ended, by name."""


class Standing(NamedTuple):
    """Where one procedure stands: since when it could start, and until when it ran."""

    state: State
    since: datetime | None
    until: datetime | None

    @property
    def seconds(self) -> float | None:
        """From the moment it could start to its end, where it has had both."""
        if self.since is None or self.until is None:
            return None
        return _seconds(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Step:
    """A procedure of a bundle, and which others of the bundle must be granted before."""

    spec: ProcedureSpec
    name: str
    requires: tuple[str, ...]

    def since(self, submitted_at: datetime, ends: Ends) -> datetime | None:
        """Return since when it could start; None as long as not all that it requires is granted."""
        since = submitted_at
        for name in self.requires:
            end = ends.get(name)
            if end is None or end["state"] != "granted":
                return None
            since = max(since, end["at"])
        return since

    def seconds(self, submitted_at: datetime, ends: Ends) -> float | None:
        """Return what `Standing.seconds` would say, without asking where the others stand."""
        end = ends.get(self.name)
        if end is None or (since := self.since(submitted_at, ends)) is None:
            return None
        return _seconds(since, end["at"])


@dataclass(frozen=True)
class Plan:
    """A bundle in an order in which each procedure comes after what it requires.

    `timed_by` names the steps whose seconds may become known with the end of a procedure: its own,
    and those that require it, for news may come in any order.
    """

    bundle: tuple[str, ...]
    steps: tuple[Step, ...]
    foundation: str
    timed_by: Mapping[str, tuple[Step, ...]]

    @cached_property
    def limited(self) -> bool:
        """Whether the law has set a time limit for any of its procedures."""
        return any(step.spec.working_days is not None for step in self.steps)

    def standings(self, submitted_at: datetime, ends: Ends) -> dict[str, Standing]:
        """Return where each procedure of the bundle stands, in the order of `steps`."""
        found: dict[str, Standing] = {}
        for step in self.steps:
            found[step.name] = _standing(step, submitted_at, ends, found)
        return found

    def results(self, ends: Ends) -> dict[str, Closed] | None:
        """Return how each procedure ended, or None while something is still to happen.

        This is asked after every event of a case, so it stops at the first procedure that goes on.
        """
        found: dict[str, Closed] = {}
        missed: set[str] = set()  # what requires one of these can no longer start
        for step in self.steps:
            end = ends.get(step.name)
            if end is None and missed.isdisjoint(step.requires):
                return None
            result = found[step.name] = "not-started" if end is None else end["state"]
            if result != "granted":
                missed.add(step.name)
        return {name: found[name] for name in self.bundle}

    def outcome(self, results: Mapping[str, Closed]) -> Outcome:
        """Return how a case with these results ended."""
        if all(result == "granted" for result in results.values()):
            return "completed"
        return "partial" if results[self.foundation] == "granted" else "refused"


class Plans:
    """The plans of all bundles of some groups."""

    def __init__(self, groups: Mapping[str, ProcedureGroup]) -> None:
        self._groups = groups
        self.of = lru_cache(maxsize=256)(self._plan)

    def _plan(self, group: str, bundle: tuple[str, ...]) -> Plan:
        """Return the plan of a bundle.

        Raises `LookupError` for a group or a procedure that is not in the catalogue, and
        `ValueError` for an empty bundle, or procedures that require each other in a circle.
        """
        if group not in self._groups:
            raise LookupError(f"there is no group '{group}' in the catalogue")
        if not bundle:
            raise ValueError(f"a bundle of '{group}' is empty: a case has at least one procedure")
        specs = {spec.name: spec for spec in self._groups[group].procedures}
        unknown = [name for name in bundle if name not in specs]
        if unknown:
            raise LookupError(f"group '{group}' has no procedure '{unknown[0]}'")
        steps = {name: _step(specs[name], bundle) for name in bundle}
        ordered = _in_order(steps)
        return Plan(bundle, ordered, _foundation(steps), _timed_by(ordered))


def _standing(
    step: Step, submitted_at: datetime, ends: Ends, before: Mapping[str, Standing]
) -> Standing:
    since, end = step.since(submitted_at, ends), ends.get(step.name)
    if end is not None:
        return Standing(end["state"], since, end["at"])
    if since is not None:
        return Standing("in-progress", since, None)
    required = [before[name] for name in step.requires]
    closed = [each.until for each in required if each.until and each.state != "granted"]
    if closed:
        # Of several the first: from then on it could no longer start.
        return Standing("not-started", None, min(closed))
    return Standing("waiting", None, None)


def _seconds(since: datetime, until: datetime) -> float:
    """Return the time between. Publishers' clocks differ by a little: never below zero."""
    return max(0.0, (until - since).total_seconds())


def _step(spec: ProcedureSpec, bundle: Sequence[str]) -> Step:
    return Step(spec, spec.name, tuple(name for name in spec.requires if name in bundle))


def _in_order(steps: Mapping[str, Step]) -> tuple[Step, ...]:
    ordered: dict[str, Step] = {}
    left = dict(steps)
    while left:
        free = [step for step in left.values() if all(name in ordered for name in step.requires)]
        if not free:
            raise ValueError(f"procedures require each other in a circle: {', '.join(left)}")
        for step in free:
            ordered[step.name] = left.pop(step.name)
    return tuple(ordered.values())


def _timed_by(steps: Sequence[Step]) -> dict[str, tuple[Step, ...]]:
    return {
        ended.name: tuple(s for s in steps if s is ended or ended.name in s.requires)
        for ended in steps
    }


def _foundation(steps: Mapping[str, Step]) -> str:
    """Return the procedure on which most others stand; of equals, the first of the bundle."""
    stand_on = {name: len(_dependents(name, steps)) for name in steps}
    return max(steps, key=lambda name: stand_on[name])


def _dependents(name: str, steps: Mapping[str, Step]) -> set[str]:
    direct = {step.name for step in steps.values() if name in step.requires}
    return direct.union(*(_dependents(other, steps) for other in direct))
