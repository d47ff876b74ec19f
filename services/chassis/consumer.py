"""The heart: decide, append, effect. One function over messages from all sources.

Whatever breaks off in between, handling the same messages again completes it: an event that is in
the journal is not decided again, but every effect of the entry that heard it is repeated.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from contracts.catalogue import catalogue
from contracts.envelope import CONTENT_TYPE
from services.chassis import metrics
from services.chassis.broker import BrokerUnavailable, Publisher
from services.chassis.claims import Asked, Claims
from services.chassis.dead_letters import DeadLetters, Failure
from services.chassis.deadlines import Deadlines
from services.chassis.folding import Basis, Draft, Folder
from services.chassis.health import Breaker, Health
from services.chassis.journal import Entry, Gap, HeardId, Journal, Tip, entry_id, holding
from services.chassis.message import Message, Outgoing
from services.chassis.procedure import Measure, Owner
from services.chassis.reading import Item, Reader
from services.chassis.registers import Registers
from services.chassis.store import StoreUnavailable

log = logging.getLogger(__name__)

CONTENT = (("content-type", CONTENT_TYPE.encode()),)
T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


def now() -> datetime:
    """Return the time, to the millisecond that the store keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class Case:
    """The new items of one case, and what has become of them."""

    id: str
    items: dict[HeardId, Item] = field(default_factory=dict)
    answers: dict[str, Owner] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    draft: Draft | None = None

    def start_again(self) -> None:
        """Forget what was decided upon a tip that is no longer the newest."""
        self.answers, self.draft = {}, None


@dataclass(frozen=True, kw_only=True)
class Collaborators:
    """Everything that the loop acts upon, each behind one object, so that a test can wrap it."""

    journal: Journal
    claims: Claims
    registers: Registers
    deadlines: Deadlines
    dead_letters: DeadLetters
    publisher: Publisher


class Consumer:
    """Handles batches for one service."""

    def __init__(
        self,
        service: str,
        *,
        reader: Reader,
        folder: Folder,
        collaborators: Collaborators,
        breaker: Breaker,
        health: Health,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.service, self.clock = service, clock
        self._reader, self._folder = reader, folder
        self._do, self._breaker, self._health = collaborators, breaker, health

    async def handle(self, messages: Sequence[Message]) -> None:
        """Return when all effects of the messages are there.

        Lost connections are waited for, for as long as it takes. Raises `TooManyDeadLetters`.
        """
        items, failures = self._reader.read_all(messages)
        await self.handle_items(items, failures, len(messages))

    async def handle_items(
        self, items: Sequence[Item], failures: Sequence[Failure] = (), size: int = 0
    ) -> None:
        """The same for items that have been read already."""
        started = time.perf_counter()
        failed = [*failures, *await self._insist(lambda: self._attempt(items))]
        fresh = [failure for failure in failed if not failure.message.replayed]
        # What is skipped is no sign of health.
        concerned = [item for item in items if self._folder.concerns(item)]
        self._breaker.admit(len(concerned) + len(failures), len(fresh))
        await self._insist(lambda: self._put_aside(failed))
        self._health.tick()
        metrics.BATCH_SIZE.labels(self.service).observe(size or len(items))
        metrics.BATCH_SECONDS.labels(self.service).observe(time.perf_counter() - started)

    async def _insist(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do it until no lost connection comes between. Each try counts as progress."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await do()
            except (StoreUnavailable, BrokerUnavailable) as error:
                metrics.RETRIES.labels(self.service).inc()
                log.warning("begun again: %s", error)
                self._health.tick()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _attempt(self, items: Sequence[Item]) -> list[Failure]:
        """Decide, append and effect once. Return what could not be decided."""
        failed: list[Failure] = []
        entries = await self._decide_and_append(self._by_case(items), failed)
        await self._effect(entries)
        return failed

    def _by_case(self, items: Sequence[Item]) -> dict[str, Case]:
        cases: dict[str, Case] = {}
        for item in items:
            if self._folder.concerns(item):
                case = cases.setdefault(item.case_id, Case(item.case_id))
                case.items.setdefault(item.heard_id, item)
        return cases

    async def _decide_and_append(
        self, cases: dict[str, Case], failed: list[Failure]
    ) -> list[Entry]:
        """Append one entry for each case with something new; return these and the repeated ones."""
        entries: dict[str, Entry] = {}
        repeated: dict[str, set[HeardId]] = defaultdict(set)
        while cases:
            tips = await self._do.journal.load(cases)
            cases = self._without_gaps(cases, tips, failed)
            for case in cases.values():
                for heard, n in self._take_out_heard(case, tips[case.id]).items():
                    repeated[entry_id(case.id, n)].add(heard)
                if not case.items:
                    await self._forget_unused(case, tips[case.id])
            cases = {id: case for id, case in cases.items() if case.items}
            await self._decide(cases, tips)
            drafts = {id: d.entry for id, case in cases.items() if (d := case.draft) and d.entry}
            lost = await self._do.journal.append(list(drafts.values()))
            for id, case in cases.items():
                if id not in lost:
                    await self._settle(case, tips[id], failed)
                case.start_again()
            entries.update({e.id: e for id, e in drafts.items() if id not in lost})
            metrics.CONFLICTS.labels(self.service).inc(len(lost))
            cases = {id: case for id, case in cases.items() if case.items}
        stored = await self._do.journal.entries(repeated) if repeated else []
        return [entry.repeated_for(repeated[entry.id]) for entry in stored] + list(entries.values())

    def _without_gaps(
        self, cases: dict[str, Case], tips: dict[str, Tip], failed: list[Failure]
    ) -> dict[str, Case]:
        gap = Gap("entries of the case are missing: run `journal verify`, and restore them")
        for id, case in cases.items():
            if tips[id].torn:
                items = case.items.values()
                failed += [Failure.of(item.message, gap, item.whereabouts()) for item in items]
        return {id: case for id, case in cases.items() if not tips[id].torn}

    def _take_out_heard(self, case: Case, tip: Tip) -> dict[HeardId, int]:
        """Leave only what is new in a case; return the entries that have heard the rest."""
        heard = {id: tip.heard[id] for id in case.items if id in tip.heard}
        for id in heard:
            item = case.items.pop(id)
            metrics.REPEATED.labels(self.service, item.cause.type).inc()
        return heard

    async def _decide(self, cases: dict[str, Case], tips: dict[str, Tip]) -> None:
        """Fold each case, in rounds: all claims of a round are made in one write."""
        at = self.clock()
        bases = {id: Basis(id, tips[id], case.answers, at) for id, case in cases.items()}
        undecided = list(cases.values())
        while undecided:
            round: list[tuple[Case, Asked]] = []
            for case in undecided:
                items = list(case.items.values())
                draft = self._folder.fold(bases[case.id], items)
                case.draft = draft
                case.asked += draft.asked
                round += [(case, asked) for asked in draft.asked]
            if not round:
                return
            held = await self._do.claims.claim([asked for _, asked in round])
            for case, asked in round:
                case.answers[asked.claim.id] = held[asked]
            undecided = [case for case in undecided if case.draft and case.draft.asked]

    async def _settle(self, case: Case, tip: Tip, failed: list[Failure]) -> None:
        """Take stock of a case whose entry is in the journal; what is left waits for the next."""
        draft = case.draft
        assert draft is not None
        await self._forget_unused(case, tip, draft.entry)
        for due in draft.stale:
            await self._do.deadlines.drop(due)
        for item, error in draft.failed:
            failed.append(Failure.of(item.message, error, item.whereabouts()))
            if item.due is not None:
                await self._do.deadlines.drop(item.due)
        for item in draft.handled:
            metrics.HANDLED.labels(self.service, item.cause.type).inc()
            log.debug("handled %s", item.cause.type, extra=item.whereabouts())
        for event in draft.entry.events if draft.entry else ():
            metrics.EMITTED.labels(self.service, event["type"]).inc()
        _take(draft.measures)
        case.items = {item.heard_id: item for item in draft.rest}
        case.asked = []

    async def _forget_unused(self, case: Case, tip: Tip, entry: Entry | None = None) -> None:
        """Release what was claimed for an entry that lost, and is not held by another.

        What a message that failed has claimed stays with it until its replay.
        """
        kept = tip.holds.union(map(holding, entry.claims if entry else ()))
        unused = [a for a in case.asked if a.holding not in kept and a.n <= tip.n]
        if unused:
            await self._do.claims.forget(unused)

    async def _effect(self, entries: Sequence[Entry]) -> None:
        """Carry out what the stored entries say: registers first, so that who hears also sees.

        Deadlines last: a deadline that fired is what its entry's effects are repeated from.
        """
        await asyncio.gather(self._do.registers.apply(entries), self._do.claims.release(entries))
        await self._do.publisher.publish(
            [message for entry in entries for message in outgoing(entry, self._folder.topic)]
        )
        await self._do.deadlines.apply(entries)

    async def _put_aside(self, failed: Sequence[Failure]) -> None:
        if not failed:
            return
        await self._do.dead_letters.write(failed, self.clock())
        for failure in failed:
            metrics.DEAD_LETTERED.labels(self.service, _type(failure.message)).inc()
            log.warning("dead letter %s: %s", failure.message.id, failure.kind, extra=failure.where)


def outgoing(entry: Entry, topic: str) -> list[Outgoing]:
    """Return the stored events of an entry as messages, with the entry's hash as a witness."""
    witness = (("entry", str(entry.n).encode()), ("entry-hash", entry.hash.hex().encode()))
    return [
        Outgoing(
            topic=topic,
            key=entry.case_id.encode(),
            value=event["value"],
            headers=(*CONTENT, ("type", event["type"].encode()), *witness),
        )
        for event in entry.events
    ]


def _take(measures: Iterable[Measure]) -> None:
    """Take what a decision measured; a measure that does not fit costs nothing but itself."""
    for measure in measures:
        try:
            metrics.MEASURES[measure.metric].labels(**measure.labels).observe(measure.value)
        except (KeyError, ValueError) as error:
            log.error("no such measure: %s", error)


def _type(message: Message) -> str:
    """Return a type that is safe as a label: only what the catalogue knows."""
    claimed = (dict(message.headers).get("type") or b"").decode("ascii", "replace")
    return claimed if claimed in catalogue().events else "unknown"
