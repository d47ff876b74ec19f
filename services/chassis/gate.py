"""A gate before a procedure's decision: shut until acts from outside, or time, bring a verdict.

Where a procedure's decision is not for the rules alone, its state has a field `review`, and a gate
hears the acts. What they mean is for a keeper to say: a pure machine that services share as part of
their language. The gate turns what it says into decisions, so that a procedure needs only its
handler of the verdict.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from contracts.envelope import Event
from contracts.model import Value
from services.chassis.procedure import Context, Deadline, Decision, Procedure, State

S = TypeVar("S", bound=State)
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)

CLAIM = "claim"
"""The deadline at which whoever has something in hand has it no longer, or what is awaited is not
awaited any more."""


class Step(Protocol[V_co]):
    """What a keeper says to an act."""

    @property
    def waiting(self) -> Value | None:
        """What is remembered from now on."""

    @property
    def events(self) -> tuple[Event, ...]:
        """What is said."""

    @property
    def verdict(self) -> V_co | None:
        """What has been decided, or None while the gate stays shut."""

    @property
    def signatory(self) -> str | None:
        """Whose verdict it is, by their id; they sign what follows from it."""


class Keeper(Protocol[V_co]):
    """Judges the acts. What it remembers has a field `until`: when it wants to be called again."""

    @property
    def acts(self) -> tuple[type[Event], ...]:
        """The events that are acts."""

    def concerns(self, act: Event, /) -> bool:
        """Return whether an act is for this keeper."""

    def heard(self, waiting: Any, act: Event, id: UUID, at: datetime, /) -> Step[V_co]:
        """Judge an act."""

    def expired(self, waiting: Any, at: datetime, /) -> Step[V_co]:
        """Say what follows where the time is out."""


Opened = Callable[[S, V, Context], Decision[S]]
"""A procedure's handler of the verdict. It ends the review, or shuts the gate again."""


class Gate(Generic[S, V]):
    """Stands before the decision of one procedure; a procedure has one gate at most."""

    def __init__(self, procedure: Procedure[S], keeper: Keeper[V], opened: Opened[S, V]) -> None:
        self._keeper, self._opened = keeper, opened
        procedure.on(*keeper.acts)(self._heard)
        procedure.on_deadline(CLAIM)(self._expired)

    def shut(self, state: S, step: Step[V]) -> Decision[S]:
        """Return the decision to wait, with what the keeper says of it."""
        return self._after(Decision(state), _review(state), step)

    def lifted(self, decision: Decision[S], before: S, step: Step[V]) -> Decision[S]:
        """Return a decision for which nobody has to be waited, with what the keeper says of it.

        `before` is the state in which the gate may have been shut.
        """
        return self._after(decision, _review(before), step)

    def _heard(self, state: S, act: Event, context: Context) -> Decision[S]:
        if not self._keeper.concerns(act):
            return Decision(state)
        waiting = _review(state)
        step = self._keeper.heard(waiting, act, context.cause.id, context.now)
        return self._done(state, step, context)

    def _expired(self, state: S, context: Context) -> Decision[S]:
        waiting = _review(state)
        if waiting is None:
            return Decision(state)
        return self._done(state, self._keeper.expired(waiting, context.now), context)

    def _done(self, state: S, step: Step[V], context: Context) -> Decision[S]:
        """Do as the keeper says, and where there is a verdict as the procedure does with it."""
        if step.verdict is None:
            return self._after(Decision(state), _review(state), step)
        opened = self._opened(state, step.verdict, context)
        decision = opened._replace(signatory=step.signatory)
        if _review(decision.state) not in (None, _review(state)):
            # Shut again: what was waited for is no more, and something else is now.
            return decision._replace(events=(*step.events, *decision.events))
        return self._after(decision, _review(state), step)

    def _after(self, decision: Decision[S], before: Any, step: Step[V]) -> Decision[S]:
        """Return a decision with what the keeper says before it, and remembers."""
        until = getattr(step.waiting, "until", None)
        changed = until != getattr(before, "until", None)
        return decision._replace(
            state=decision.state.with_(review=step.waiting),
            events=(*step.events, *decision.events),
            deadlines=(*((Deadline(CLAIM, until),) if changed else ()), *decision.deadlines),
        )


def _review(state: State) -> Any:
    return vars(state)["review"]
