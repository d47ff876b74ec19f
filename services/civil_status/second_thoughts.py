"""Second thoughts about a declaration or its registration, the same for births and deaths.

Before the registration its declarant may withdraw a declaration: nothing was claimed, and nothing
stays. What crosses the registration on its way does not count, for then others rely on it.
Afterwards an official may revoke what a court has judged void, and put right what is wrong. Each
request is answered; a repeated one finds that it is done.
"""

from abc import abstractmethod
from datetime import date
from typing import Any, Generic, Literal, NamedTuple, Self, TypeVar
from uuid import UUID

from contracts.common.calendar import local_date
from contracts.common.review import Review, Reviews, Verdict
from contracts.compensation.events import (
    Asked,
    CorrectionRequested,
    DeclarationWithdrawn,
    RegistrationAct,
    RegistrationRevoked,
    RequestDeclined,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.envelope import Event
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Value
from services.chassis.gate import Gate
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.civil_status.rules import CivilStatusRules, RequestRefusal

AGENCY = "civil-status"


class Objection(NamedTuple):
    """Why a correction cannot be, and what was claimed for it in vain."""

    code: RequestRefusal
    won: tuple[Claim, ...] = ()


class Entered(Value):
    """An entry of a register: what has to be known to make it void, or to put it right."""

    number: Name
    registered_on: date

    @property
    @abstractmethod
    def province(self) -> ProvinceCode:
        """Whose office has it."""

    @property
    @abstractmethod
    def persons(self) -> tuple[PersonalId, ...]:
        """Whom it is about: none of them decides about it."""

    @property
    @abstractmethod
    def held(self) -> tuple[Claim, ...]:
        """What nobody else may have while it stands. Its number is not of these: it stays used."""

    @abstractmethod
    def record(self, revoked_by: str | None = None) -> Record:
        """Return its row; `revoked_by` is the number of the judgement that makes it void."""

    @abstractmethod
    def corrected(self, changes: dict[str, Any], context: Context) -> Self | Objection:
        """Return it with these changes, or why they cannot be."""

    @abstractmethod
    def told(self, act: CorrectionRequested, request: UUID, before: Self) -> Event:
        """Return what is said of it as it is now, after a correction."""


E = TypeVar("E", bound=Entered)
A = TypeVar("A")


class Withdrawal(Value):
    """Who has withdrawn a declaration that was not heard yet."""

    request: UUID
    declarant: PersonalId


class Proceeding(State, Generic[E, A]):
    """What is remembered of a registration, whatever is registered."""

    review: Review | None = None
    withdrawal: Withdrawal | None = None
    awaits_official: A | Reason | None = None
    """What was found, while an official has not decided."""
    entered: E | None = None
    outcome: Literal["registered", "refused", "withdrawn", "revoked"] | None = None


R = TypeVar("R", bound=Proceeding[Any, Any])

_WITHDRAWN: dict[str | None, RequestRefusal] = {
    "registered": "registered-before",
    "revoked": "registered-before",
    "refused": "refused-before",
    "withdrawn": "withdrawn-before",
}


class SecondThoughts(Generic[R]):
    """Hears second thoughts about one procedure; the gate before it is lifted where it is shut."""

    def __init__(
        self,
        procedure: Procedure[R],
        reviews: Reviews,
        gate: Gate[R, Verdict],
    ) -> None:
        self._name, self._initial = procedure.name, procedure.initial
        self._reviews, self._gate = reviews, gate
        procedure.on(WithdrawalRequested)(self._withdrawal)
        procedure.on(RevocationRequested)(self._revocation)
        procedure.on(CorrectionRequested)(self._correction)

    def withdrawn(self, state: R, withdrawal: Withdrawal, context: Context) -> Decision[R]:
        """End the procedure as withdrawn; nobody has to decide about it any more."""
        reason = _rules(context).reason("withdrawn-by-declarant")
        said = DeclarationWithdrawn(**dict(withdrawal), reason=reason)
        decision = Decision(self._initial.with_(outcome="withdrawn"), events=(said,))
        step = self._reviews.closed(state.review, reason)
        return self._gate.lifted(decision, state, step)

    def _withdrawal(self, state: R, event: WithdrawalRequested, context: Context) -> Decision[R]:
        if state.outcome or state.withdrawal:
            return _declined(state, "withdrawal", _WITHDRAWN[state.outcome or "withdrawn"], context)
        withdrawal = Withdrawal(request=context.cause.id, declarant=event.declarant)
        if not state.awaits_official:
            return Decision(state.with_(withdrawal=withdrawal))
        return self.withdrawn(state, withdrawal, context)

    def _revocation(self, state: R, act: RevocationRequested, context: Context) -> Decision[R]:
        entered, on, judgement = state.entered, local_date(context.now), act.judgement
        objection = self._objection(state, act)
        if objection is None and judgement.judged_on > on:
            objection = "judged-in-future"
        if objection is None and entered and judgement.judged_on < entered.registered_on:
            objection = "judged-before-registration"
        if objection is not None or entered is None:
            return _declined(state, "revocation", objection or "not-registered", context)
        said = RegistrationRevoked(
            request=context.cause.id,
            by=act.official.signatory,
            registration_number=entered.number,
            revoked_on=on,
            judgement=judgement,
            reason=_rules(context).reason(
                "revoked-by-court",
                refers_to=judgement.number,
                number=judgement.number,
                court=judgement.court,
                day=judgement.judged_on,
            ),
        )
        return Decision(
            state.with_(outcome="revoked"),
            events=(said,),
            records=(entered.record(revoked_by=judgement.number),),
            releases=entered.held,
        )

    def _correction(self, state: R, act: CorrectionRequested, context: Context) -> Decision[R]:
        entered, objection = state.entered, self._objection(state, act)
        if objection is not None or entered is None:
            return _declined(state, "correction", objection or "not-registered", context)
        after = entered.corrected(act.changes, context)
        if isinstance(after, Objection):
            declined = _declined(state, "correction", after.code, context)
            return declined._replace(releases=after.won)
        return Decision(
            state.with_(entered=after),
            events=(after.told(act, context.cause.id, entered),),
            records=(after.record(),),
            signatory=act.official.person_id,
        )

    def _objection(self, state: R, act: RegistrationAct) -> RequestRefusal | None:
        entered = state.entered
        if entered is None:
            return "not-registered"
        if not act.official.may_decide(AGENCY, entered.province, self._name):
            return "beyond-office"
        if act.official.person_id in (*entered.persons, *act.persons):
            return "own-family"
        return "revoked-before" if state.outcome == "revoked" else None


def _declined(state: R, asked: Asked, code: RequestRefusal, context: Context) -> Decision[R]:
    reason = _rules(context).reason(code)
    said = RequestDeclined(request=context.cause.id, asked=asked, reason=reason)
    return Decision(state, events=(said,))


def _rules(context: Context) -> CivilStatusRules:
    rules: CivilStatusRules = context.rules
    return rules
