"""Intake: declarations that arrive together are looked up, claimed and published together.

A declaration is accepted when its event, exactly as claimed, is acknowledged by the broker: for
the first request of a key and for each repeated one. So an answer 202 is never false, and whoever
got no answer sends the same again.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, ParamSpec, TypeVar

from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from services.chassis import metrics, tracing
from services.chassis.broker import BrokerUnavailable
from services.chassis.runtime import Runtime
from services.chassis.settings import SettingsError
from services.chassis.store import StoreUnavailable
from services.portal import declaration
from services.portal.case_events import message
from services.portal.declaration import FORM, FilledIn, Sent
from services.portal.fields import joined
from services.portal.identity import new_identity
from services.portal.keys import Keys
from services.portal.known import People
from services.portal.problems import Problem, error, invalid, refused
from services.portal.proposals import Proposed
from services.portal.proposing import Proposals
from services.portal.sentences import mistake
from services.portal.submissions import Claim, Submissions, claim_id
from services.portal.successions import Successions
from services.portal.turns import Turn, Turns
from services.portal.verification import Invalid

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ANSWER_WITHIN = 8.0
"""Seconds after which a declaration that is not acknowledged is answered 503."""
TOGETHER = 500
_FLIGHTS = 2
"""How many groups of single declarations may be under way at once."""
_BATCHES = 2
"""The same of those that were sent together."""
_UNCOUNTED_AT_MOST = 100_000
_SHOWN = 200
"""How much is said again of why a signature does not hold: the sender writes some of it."""

Answer = str | Problem
"""The id of the case, or why there is none."""


@dataclass(eq=False)
class Arrival:
    """A declaration that waits for its answer. `raw` is the JSON that was sent."""

    key: str
    raw: object
    at: datetime
    traceparent: str | None = None
    answer: asyncio.Future[Answer] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, answer: Answer) -> None:
        """Give the answer, unless there is one."""
        if not self.answer.done():
            self.answer.set_result(answer)


@dataclass(eq=False)
class _Candidate:
    """An arrival on its way: what it is claimed as, and what speaks against accepting it."""

    arrival: Arrival
    sent: Sent
    filled: FilledIn | None = None
    objection: Problem | None = None
    claim: Claim | None = None

    @property
    def id(self) -> str:
        return claim_id(self.sent.declaration.declarant, self.arrival.key)


class _Known(NamedTuple):
    """What the portal knows of what some declarations speak of."""

    people: Mapping[str, Person]
    proposed: Mapping[str, Proposed]
    keys: Keys


class Intake:
    """Accepts declarations, singly and in batches."""

    def __init__(self, runtime: Runtime, successions: Successions, keys: Keys) -> None:
        self._people, self._proposals, self._keys = People(runtime), Proposals(runtime), keys
        self._submissions, self._successions = Submissions(runtime.store), successions
        self._publisher = runtime.publisher
        self.clock = runtime.clock.now
        self._turns = Turns(_BATCHES)
        self._waiting: list[Arrival] = []
        self._flying = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._uncounted: set[str] = set()

    async def one(self, arrival: Arrival) -> Answer:
        """Return the answer to a declaration; those that arrive meanwhile share its writes."""
        self._waiting.append(arrival)
        # Not at once: others that arrive in this turn of the event loop come along.
        asyncio.get_running_loop().call_soon(self._take_off)
        return (await self._answers([arrival], _now() + ANSWER_WITHIN))[0]

    def turn(self) -> AbstractAsyncContextManager[Turn]:
        """Wait for the turn of a batch, as `Turns.turn`; before it, a batch is better not read."""
        return self._turns.turn(ANSWER_WITHIN)

    async def many(self, arrivals: Sequence[Arrival], turn: Turn) -> list[Answer]:
        """Return the answers to a batch, in order: one claim write and one publication."""
        turn.work = self._start(arrivals)
        return await self._answers(arrivals, turn.until)

    async def _answers(self, arrivals: Sequence[Arrival], until: float) -> list[Answer]:
        waiting = [arrival.answer for arrival in arrivals]
        if waiting:
            await asyncio.wait(waiting, timeout=until - _now())
        for arrival in arrivals:
            arrival.settle(refused(503, "unavailable"))
        return [answer.result() for answer in waiting]

    def _take_off(self) -> None:
        if not self._waiting or self._flying >= _FLIGHTS:
            return
        together = self._waiting[:TOGETHER]
        del self._waiting[:TOGETHER]
        self._flying += 1
        flight = self._start([arrival for arrival in together if not arrival.answer.done()])
        flight.add_done_callback(self._landed)

    def _landed(self, _: object) -> None:
        self._flying -= 1
        self._take_off()

    def _start(self, arrivals: Sequence[Arrival]) -> asyncio.Task[None]:
        # A task of its own: a client that goes away must not take its neighbours' answers along,
        # nor interrupt the producer, which would then never notice that its connection is dead.
        task = asyncio.create_task(self._accept(arrivals))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, arrivals: Sequence[Arrival]) -> None:
        """Give each arrival its answer."""
        try:
            with tracing.within(arrival.traceparent for arrival in arrivals):
                await self._accept_while_all_is_there(arrivals)
        except (StoreUnavailable, BrokerUnavailable) as error:
            log.warning("%d declarations not accepted: %s", len(arrivals), error)
        except Exception:
            log.exception("%d declarations not accepted", len(arrivals))
        for arrival in arrivals:
            arrival.settle(refused(503, "unavailable"))

    async def _accept_while_all_is_there(self, arrivals: Sequence[Arrival]) -> None:
        candidates = [c for arrival in arrivals if (c := _alone(arrival, _read, arrival))]
        known = await self._look_up(candidates)
        for candidate in candidates:
            _alone(candidate.arrival, _prepare, candidate, known)
        await self._reconsider([c for c in candidates if c.objection is not None])
        await self._publish([c for c in candidates if c.claim is not None])

    async def _look_up(self, candidates: Sequence[_Candidate]) -> _Known:
        filled = [each.filled for each in candidates if each.filled is not None]
        people, proposed = await asyncio.gather(
            self._people.named({id for each in filled for id in each.people}),
            self._proposals.keyed(each.form.answers() for each in filled),
        )
        return _Known(people, proposed, self._keys)

    async def _reconsider(self, objected: Sequence[_Candidate]) -> None:
        """Let through what was accepted before: repeated, it is accepted whatever changed since."""
        earlier = await self._submissions.find({candidate.id for candidate in objected})
        for candidate in objected:
            claim = earlier.get(candidate.id)
            if claim is not None and claim.fingerprint == candidate.sent.fingerprint:
                candidate.claim = claim
            elif candidate.objection is not None:
                candidate.arrival.settle(candidate.objection)

    async def _publish(self, candidates: Sequence[_Candidate]) -> None:
        claims = [candidate.claim for candidate in candidates if candidate.claim is not None]
        claimed = await self._submissions.claim(claims)
        self._uncounted |= claimed.fresh
        accepted = []
        for candidate in candidates:
            if claimed.held[candidate.id].fingerprint == candidate.sent.fingerprint:
                accepted.append(candidate)
            else:
                candidate.arrival.settle(refused(409, "key-reused"))
        # They lived when they were looked up; a case that they have got since must pass on too.
        await self._successions.reopen({c.sent.declaration.declarant for c in accepted})
        unique = {(held := claimed.held[c.id]).case_id: held for c in accepted}
        await self._publisher.publish(
            [message(DeclarationSubmitted, claim) for claim in unique.values()]
        )
        for candidate in accepted:
            self._count(candidate)
            candidate.arrival.settle(claimed.held[candidate.id].case_id)

    def _count(self, candidate: _Candidate) -> None:
        """Count a case that is accepted for the first time, also where its claim is older."""
        if candidate.id in self._uncounted:
            self._uncounted.discard(candidate.id)
            said = candidate.sent.declaration
            metrics.DECLARATIONS.labels(said.group, said.channel).inc()
        while len(self._uncounted) > _UNCOUNTED_AT_MOST:
            self._uncounted.pop()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _alone(arrival: Arrival, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Do something for one arrival; a fault of ours costs its own answer and no neighbour's."""
    try:
        return do(*args, **kwargs)
    except Exception:
        log.exception("a declaration could not be read")
        arrival.settle(refused(500, "internal"))
        return None


def _read(arrival: Arrival) -> _Candidate | None:
    """Return the candidate, or None where the arrival has its answer already."""
    try:
        candidate = _Candidate(arrival, declaration.sent(arrival.raw))
    except Problem as problem:
        arrival.settle(problem)
        return None
    try:
        candidate.filled = declaration.filled(candidate.sent)
    except Problem as problem:
        candidate.objection = problem
    return candidate


def _prepare(candidate: _Candidate, known: _Known) -> None:
    """Set the claim of a candidate, or the objection to it."""
    filled, arrival = candidate.filled, candidate.arrival
    if filled is None:
        return
    try:
        _check_signature(filled, known.keys, arrival.at)
        declaration.check_people(filled, known.people)
        event = declaration.event_of(filled, known.people, arrival.at, known.proposed)
        identity = new_identity(arrival.traceparent, arrival.at)
        value = declaration.encode(event, identity)
    except Problem as problem:
        candidate.objection = problem
        return
    fingerprint = candidate.sent.fingerprint
    candidate.claim = Claim(candidate.id, fingerprint, identity.case_id, value)


def _check_signature(filled: FilledIn, keys: Keys, at: datetime) -> None:
    """Raise `Problem` 422 where the form is somebody's signed word, and they have not signed it."""
    signed = filled.form.signed()
    if signed is None:
        return
    try:
        keys.check(signed.jws, signed.by, at)
    except SettingsError as error_:
        log.error("no signature can be verified: %s", error_)
        raise refused(503, "unavailable") from None
    except Invalid as why:
        said = mistake("not-signed", by=signed.by, why=str(why)[:_SHOWN])
        raise invalid([error(joined(FORM, signed.field), said)]) from None
