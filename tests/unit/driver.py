"""Drives pure procedures: answers their claims as the loop would, until none are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from contracts.envelope import Event
from services.chassis.cause import Cause
from services.chassis.procedure import (
    Claim,
    Context,
    Decision,
    Filed,
    Measure,
    Owner,
    Procedure,
    Record,
    TooEarly,
)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""10 o'clock in the morning of 20 November 2026 in Viet Nam."""
SECRET = b"a secret for tests"

E = TypeVar("E", bound=Event)


@dataclass
class World:
    """The claims of a service, over all its cases."""

    held: dict[str, Owner] = field(default_factory=dict)

    def answer(self, claim: Claim, owner: Owner) -> Owner:
        """Return who holds the claim: the one who asked, where nobody did."""
        return self.held.setdefault(claim.id, owner)

    def release(self, claim: Claim, owner: Owner) -> None:
        """Let go of a claim, if it is this owner's."""
        assert self.held.get(claim.id) == owner, "released what was not won"
        del self.held[claim.id]

    def taken(self, kind: str, key: str, case: str = "another-case") -> None:
        """Let another case hold this claim."""
        self.held[f"{kind}/{key}"] = Owner(case_id=case, procedure="another-procedure")

    def of(self, case: str) -> set[str]:
        """Return what a case holds."""
        return {id for id, owner in self.held.items() if owner.case_id == case}


@dataclass
class Desk:
    """One case at one procedure: what it remembers, and everything that it has led to."""

    procedure: Procedure[Any]
    rules: Any
    case: str = "case-1"
    now: datetime = NOW
    world: World = field(default_factory=World)
    state: Any = None
    answers: dict[str, Owner] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    rounds: list[tuple[Claim, ...]] = field(default_factory=list)
    deadlines: dict[str, datetime] = field(default_factory=dict)
    group: str = "birth"

    def __post_init__(self) -> None:
        if self.state is None:
            self.state = self.procedure.initial

    def context(self, event: Event | None = None, entry: int = 0) -> Context:
        """Return what a decision about this case may know; `entry` is the publisher's."""
        type = event.type if event else "none"
        said = event.model_dump_json() if event else ""
        cause = Cause(
            id=uuid5(NAMESPACE_URL, f"{self.case}/{type}/{said}"),
            type=type,
            source=type.split(".", 1)[0],
            time=self.now,
            group=self.group,
            entry=entry,
        )
        return Context(
            case_id=self.case,
            procedure=self.procedure.name,
            now=self.now,
            cause=cause,
            rules=self.rules,
            answers=self.answers,
            secret=SECRET,
        )

    def step(self, event: Event, entry: int = 0) -> Decision[Any]:
        """Decide once. Where claims are asked, have them answered and do no more."""
        context = self.context(event, entry)
        decision = self.procedure.decide(self.state, event, context)
        if decision.claims:
            self.rounds.append(decision.claims)
            for claim in decision.claims:
                self.answers[claim.id] = self.world.answer(claim, context.owner(claim))
            return decision
        self._keep(decision, context)
        return decision

    def hear(self, event: Event, entry: int = 0) -> Decision[Any]:
        """Decide about an event, in as many rounds of claims as it takes.

        Raises `TooEarly`, and then has claimed nothing.
        """
        held = dict(self.world.held)
        for _ in range(100):
            try:
                decision = self.step(event, entry)
            except TooEarly:
                self.world.held, self.answers = held, {}
                raise
            if not decision.claims:
                return decision
        raise AssertionError("the decision asks for ever more claims")

    def time_out(self, name: str) -> Decision[Any]:
        """Let a deadline come due at the time that it was set for."""
        self.now = self.deadlines.pop(name)
        context = self.context()
        decision = self.procedure.due(self.state, name, context)
        self._keep(decision, context)
        return decision

    def said(self, kind: type[E]) -> E:
        """Return the one event of this type that was emitted."""
        (event,) = (event for event in self.events if isinstance(event, kind))
        return event

    def row(self, register: str) -> Mapping[str, Any]:
        """Return the one row of this register that was written."""
        (record,) = (record for record in self.records if record.register == register)
        return dict(record.row())

    def _keep(self, decision: Decision[Any], context: Context) -> None:
        # What is stored and read again must be the same state.
        text = decision.state.model_dump_json(exclude_defaults=True)
        self.state = type(decision.state).model_validate_json(text)
        assert self.state == decision.state
        self.answers = {}
        self.events += decision.events
        self.records += decision.records
        self.filed += decision.filed
        self.measures += decision.measures
        for deadline in decision.deadlines:
            self.deadlines.pop(deadline.name, None)
            if deadline.due is not None:
                self.deadlines[deadline.name] = deadline.due
        for claim in decision.releases:
            self.world.release(claim, context.owner(claim))
