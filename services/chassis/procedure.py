"""The pure side of a service: `(state, event, context) -> Decision`.

A procedure is an initial state and a table of handlers. Nothing here or in a handler reads a
clock, draws a number or does I/O: time, rules and the answers to claims are in the context, and
what should happen is in the decision. So a decision can be repeated, tested by table, and stored.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from contracts.envelope import Event, upgraded, versions
from contracts.model import Value
from services.chassis.cause import Cause


class State(Value):
    """What a procedure remembers of one case."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a claim. The subject tells apart what one case claims more than once."""

    case_id: str
    procedure: str
    subject: str = ""

    def document(self) -> dict[str, str]:
        """Return it as it is stored; what is compared there is compared field by field in order."""
        return {"case_id": self.case_id, "procedure": self.procedure, "subject": self.subject}


class Claim(NamedTuple):
    """A scarce thing: whoever inserts the key first holds it."""

    kind: str
    key: str
    subject: str = ""

    @property
    def id(self) -> str:
        """The key over all kinds of claim of a service."""
        return f"{self.kind}/{self.key}"


class Record(NamedTuple):
    """A row of a register, as it stands after this decision.

    `insert_only` rows never change, or belong to several cases: the first one that writes them
    wins. They cost the store an eighth of the others.
    `fields` may be a function that returns them: of a row that one entry sets several times only
    the last is ever made.
    """

    register: str
    key: str
    fields: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
    insert_only: bool = False

    def row(self) -> Mapping[str, Any]:
        """Return the fields."""
        return self.fields() if callable(self.fields) else self.fields


class Filed(NamedTuple):
    """What an entry keeps under a key, and no register besides: `Journal.filed` finds it there.

    For what never changes and is looked up now and then: it costs the store a key in an index, not
    a row.
    """

    kind: str
    key: str
    fields: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The key over all kinds of a service."""
        return f"{self.kind}/{self.key}"


@dataclass(frozen=True)
class Deadline:
    """Call the procedure's `on_deadline` handler at `due`; None takes the deadline back."""

    name: str
    due: datetime | None


class Measure(NamedTuple):
    """An observation for a metric, taken once however often the effects are repeated."""

    metric: str
    value: float
    labels: Mapping[str, str]


S = TypeVar("S", bound=State)
E = TypeVar("E", bound=Event)
V = TypeVar("V")


class Decision(NamedTuple, Generic[S]):
    """The state after an event, and everything that follows from it.

    While `claims` is not empty the rest is void: the loop claims them and asks again.
    `signatory` is the id of who decided, where the service has not by itself: what is said is
    signed by their key.
    """

    state: S
    events: tuple[Event, ...] = ()
    records: tuple[Record, ...] = ()
    filed: tuple[Filed, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    measures: tuple[Measure, ...] = ()
    signatory: str | None = None


class _Asked(Exception):
    def __init__(self, claims: tuple[Claim, ...]) -> None:
        self.claims = claims


@dataclass(slots=True)
class Context:
    """Everything a decision may know besides the state and the event."""

    case_id: str
    procedure: str
    now: datetime
    cause: Cause
    rules: Any = None
    answers: Mapping[str, Owner] = field(default_factory=dict)
    secret: bytes = field(default=b"", repr=False)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What decisions about this case computed in earlier rounds."""

    def once(self, name: str, compute: Callable[[], V]) -> V:
        """Return what `compute` returns, computed in the first round of this decision only.

        For what follows from state, event, time and rules alone, before anything is claimed.
        """
        key = (self.procedure, self.cause.source, self.cause.id, name)
        if key not in self.memo:
            self.memo[key] = compute()
        value: V = self.memo[key]
        return value

    def owner(self, claim: Claim) -> Owner:
        """Return who this decision would own the claim as."""
        return Owner(case_id=self.case_id, procedure=self.procedure, subject=claim.subject)

    def claim(self, *claims: Claim) -> tuple[Owner | None, ...]:
        """Return for each claim None if it is ours, else its owner.

        Ends the decision where an answer is missing; it is made again when the answers are there.
        """
        missing = tuple(claim for claim in claims if claim.id not in self.answers)
        if missing:
            raise _Asked(missing)
        return tuple(
            None if (owner := self.answers[claim.id]) == self.owner(claim) else owner
            for claim in claims
        )

    def first_free(
        self, kind: str, candidate: Callable[[int], str], subject: str = "", limit: int = 64
    ) -> str:
        """Claim the candidates 0, 1, 2, … in turn and return the first that is ours.

        Raises `Exhausted` after `limit` candidates.
        """
        for k in range(limit):
            key = candidate(k)
            if self.claim(Claim(kind, key, subject)) == (None,):
                return key
        raise Exhausted(f"{kind}: none of {limit} candidates was free; the number space is full")

    def derive(self, purpose: str, k: int, below: int) -> int:
        """Return the k-th number under `below` for this case: unguessable, and always the same."""
        text = f"{purpose}\0{self.case_id}\0{self.procedure}\0{k}".encode()
        return int.from_bytes(hmac.digest(self.secret, text, hashlib.sha256), "big") % below


class Exhausted(LookupError):
    """No free candidate was found."""


class TooEarly(LookupError):
    """What this rests on was not heard yet: the event is put aside, and heard again by itself."""


class Unhandled(LookupError):
    """The procedure has no handler for this event or deadline."""


Handler = Callable[[S, E, Context], Decision[S]]


class Procedure(Generic[S]):
    """A named table of handlers over one kind of state."""

    def __init__(self, name: str, *, initial: S) -> None:
        self.name = name
        self.initial = initial
        self._handlers: dict[str, tuple[Handler[S, Any], type[Event]]] = {}
        self._deadlines: dict[str, Callable[[S, Context], Decision[S]]] = {}

    @property
    def handles(self) -> frozenset[str]:
        """The types of the events that the procedure has handlers for, in every version."""
        return frozenset(self._handlers)

    def on(self, *events: type[E]) -> Callable[[Handler[S, E]], Handler[S, E]]:
        """Register the handler of these events, and of the versions that they replace.

        It is called with these alone: what comes in an older version is upgraded. Raises
        `ValueError` for a second handler.
        """

        def register(handler: Handler[S, E]) -> Handler[S, E]:
            for event in events:
                for version in versions(event):
                    known = self._handlers.setdefault(version.type, (handler, event))
                    if known != (handler, event):
                        raise ValueError(f"{self.name} has two handlers for {version.type}")
            return handler

        return register

    def on_deadline(
        self, name: str
    ) -> Callable[[Callable[[S, Context], Decision[S]]], Callable[[S, Context], Decision[S]]]:
        """Register the handler of a deadline that has come due."""

        def register(
            handler: Callable[[S, Context], Decision[S]],
        ) -> Callable[[S, Context], Decision[S]]:
            if self._deadlines.setdefault(name, handler) is not handler:
                raise ValueError(f"{self.name} has two handlers for the deadline {name}")
            return handler

        return register

    def decide(self, state: S, event: Event, context: Context) -> Decision[S]:
        """Return the decision about an event.

        Where claims are still to be answered, only `state` (unchanged) and `claims` are set.
        Raises `Unhandled` where there is no handler, and whatever the handler raises, or the
        upgrade of an older version.
        """
        if event.type not in self._handlers:
            raise Unhandled(f"{self.name} does not handle {event.type}")
        handler, version = self._handlers[event.type]
        try:
            return handler(state, upgraded(event, version), context)
        except _Asked as asked:
            return Decision(state, claims=asked.claims)

    def due(self, state: S, name: str, context: Context) -> Decision[S]:
        """Return the decision about a deadline that has come due; see `decide`."""
        handler = self._deadlines.get(name)
        if handler is None:
            raise Unhandled(f"{self.name} has no deadline '{name}'")
        try:
            return handler(state, context)
        except _Asked as asked:
            return Decision(state, claims=asked.claims)
