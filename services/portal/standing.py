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
from functools import lru_cache
from typing import Any, Literal, NamedTuple, NotRequired, get_args

from pydantic import AwareDatetime
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.common.events import Outcome
from contracts.group import ProcedureGroup, ProcedureSpec, Result

State = Literal["waiting", "in-progress", "granted", "refused", "not-started"]
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
        """From the moment it could start to its end, where it has had both.

        Publishers' clocks differ by a little: never below zero.
        """
        if self.since is None or self.until is None:
            return None
        return max(0.0, (self.until - self.since).total_seconds())


@dataclass(frozen=True, slots=True)
class Step:
    """A procedure of a bundle, and which others of the bundle must be granted before."""

    spec: ProcedureSpec
    name: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A bundle in an order in which each procedure comes after what it requires."""

    bundle: tuple[str, ...]
    steps: tuple[Step, ...]
    foundation: str

    def standings(self, submitted_at: datetime, ends: Ends) -> dict[str, Standing]:
        """Return where each procedure of the bundle stands, in the order of `steps`."""
        found: dict[str, Standing] = {}
        for step in self.steps:
            found[step.name] = _standing(step, submitted_at, ends.get(step.name), found)
        return found

    def outcome(self, standings: Mapping[str, Standing]) -> Outcome | None:
        """Return how the case ended, or None while something is still to happen."""
        if any(standing.until is None for standing in standings.values()):
            return None
        if all(standing.state == "granted" for standing in standings.values()):
            return "completed"
        return "partial" if standings[self.foundation].state == "granted" else "refused"


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
        return Plan(bundle, _in_order(steps), _foundation(steps))


def _standing(
    step: Step, submitted_at: datetime, end: End | None, before: Mapping[str, Standing]
) -> Standing:
    since: datetime | None = submitted_at
    closed_at: datetime | None = None
    for name in step.requires:
        required = before[name]
        if required.state == "granted":
            if since is not None and required.until is not None and required.until > since:
                since = required.until
            continue
        since = None
        # Of several the first: from then on it could no longer start.
        if required.until is not None and (closed_at is None or required.until < closed_at):
            closed_at = required.until
    if end is not None:
        return Standing(end["state"], since, end["at"])
    if closed_at is not None:
        return Standing("not-started", None, closed_at)
    return Standing("waiting" if since is None else "in-progress", since, None)


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


def _foundation(steps: Mapping[str, Step]) -> str:
    """Return the procedure on which most others stand; of equals, the first of the bundle."""
    stand_on = {name: len(_dependents(name, steps)) for name in steps}
    return max(steps, key=lambda name: stand_on[name])


def _dependents(name: str, steps: Mapping[str, Step]) -> set[str]:
    direct = {step.name for step in steps.values() if name in step.requires}
    return direct.union(*(_dependents(other, steps) for other in direct))
