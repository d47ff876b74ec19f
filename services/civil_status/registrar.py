"""A declaration is examined -> registered | refused, the same for births and deaths.

Where policy says so, an official decides about what was found. What is looked for, and how it is
registered or refused, each register says itself.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from contracts.common.calendar import local_date
from contracts.common.events import DeclarationSubmitted
from contracts.common.review import Reviews, Supplement, Verdict
from contracts.model import Name, Reason
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure
from services.civil_status.rules import CivilStatusRules
from services.civil_status.second_thoughts import AGENCY, Proceeding, SecondThoughts

A = TypeVar("A")
R = TypeVar("R", bound=Proceeding[Any, Any])


class Registrar(Generic[R, A]):
    """Hears declarations of one group for one procedure, and all that officials say of them.

    `find` returns what is to be registered, or why it cannot be, and may raise
    `pydantic.ValidationError` for a form that the portal should not have accepted, and
    `LookupError` for somebody whom the event does not carry; so does then the handler.
    """

    def __init__(
        self,
        procedure: Procedure[R],
        group: Name,
        *,
        find: Callable[[DeclarationSubmitted, CivilStatusRules], A | Reason],
        register: Callable[[A, Context], Decision[R]],
        refuse: Callable[[Reason], Decision[R]],
    ) -> None:
        self._name, self._group, self._initial = procedure.name, group, procedure.initial
        self._find, self._register, self._refuse = find, register, refuse
        self._reviews = Reviews(AGENCY, procedure.name)
        self._gate = Gate(procedure, self._reviews, self._decided)
        self._second_thoughts = SecondThoughts(procedure, self._reviews, self._gate)
        procedure.on(DeclarationSubmitted)(self._declared)

    def _declared(self, state: R, event: DeclarationSubmitted, context: Context) -> Decision[R]:
        """Examine the declaration, and decide, unless policy says that an official does."""
        if event.group != self._group or self._name not in event.bundle:
            return Decision(state)
        if state.outcome or state.awaits_official:
            return Decision(state)
        rules: CivilStatusRules = context.rules
        if state.withdrawal is not None:
            return self._second_thoughts.withdrawn(state, state.withdrawal, context)
        found = context.once("found", lambda: self._find(event, rules))
        received_on = local_date(event.received_at)
        policy = rules.review_of(self._name, received_on, event.province)
        if policy is None:
            return self._conclude(found, context)
        opened = self._reviews.opened(
            context.case_id,
            context.now,
            province=event.province,
            persons=(event.declarant, *event.people),
            finding=found if isinstance(found, Reason) else None,
            **policy._asdict(),
        )
        return self._gate.shut(self._initial.with_(awaits_official=found), opened)

    def _decided(self, state: R, verdict: Verdict, context: Context) -> Decision[R]:
        """Do as officials have decided; what they approved another case may have registered."""
        if verdict.supplement:
            return self._examined_again(state, verdict.supplement, context)
        if verdict.refused:
            return self._refuse(verdict.refused)
        assert state.awaits_official is not None
        return self._conclude(state.awaits_official, context)

    def _examined_again(self, state: R, supplement: Supplement, context: Context) -> Decision[R]:
        """Examine the file anew where its form was corrected; an official decides as before."""
        corrected = supplement.event.declaration
        found = self._find(corrected, context.rules) if corrected else state.awaits_official
        finding = found if isinstance(found, Reason) else None
        resumed = self._reviews.resumed(state.review, supplement, finding)
        return self._gate.shut(state.with_(awaits_official=found), resumed)

    def _conclude(self, found: A | Reason, context: Context) -> Decision[R]:
        """Register what passed the examination and refuse what did not."""
        if isinstance(found, Reason):
            return self._refuse(found)
        return self._register(found, context)
