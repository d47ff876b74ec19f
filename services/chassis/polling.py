"""A consumer that waits for messages, and that gathers them where they come fast."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError

from services.chassis.pace import Pace
from services.chassis.salvaging import PATIENCE, SalvagingConsumer, of_a_record
from services.chassis.settings import Haste

log = logging.getLogger(__name__)

_IDLE = 0.05
_GLANCE = 0.25
"""How often to look, between two rounds, whether messages still come fast."""

Ends = Mapping[TopicPartition, int]


def _count(found: Mapping[TopicPartition, Sequence[Any]]) -> int:
    return sum(len(messages) for messages in found.values())


@dataclass(slots=True)
class _Round:
    """One turn over the partition numbers, those still to be read."""

    began: float
    left: list[int]


def _now() -> float:
    return asyncio.get_running_loop().time()


class PatientConsumer(SalvagingConsumer):
    """A consumer whose `getmany` returns only with messages.

    FastStream sleeps a whole poll time-out after each empty poll, so an event that arrives then
    would wait for it. This one waits where the messages come in, and tells `on_idle` meanwhile.

    While it is told of more than `fast` messages in a second, it reads in rounds, one partition
    number after the other, over all topics, and lets messages gather in between: so the events of a
    case meet in one batch and cost one entry, and batches are large. See `Haste` for the figures.
    """

    def __init__(
        self,
        *topics: str,
        on_idle: Callable[[], None],
        before_stop: Callable[[], Awaitable[None]],
        haste: Haste,
        **options: Any,
    ) -> None:
        super().__init__(*topics, **options)
        self._on_idle, self._before_stop = on_idle, before_stop
        self._haste, self._pace = haste, Pace(haste.fast)
        self._began = 0.0
        self._round: _Round | None = None
        """The round that is under way while it is behind."""
        self.asking = False
        """Whether somebody waits for messages."""

    @property
    def gathering(self) -> bool:
        """Whether it reads in rounds."""
        return self._round is not None

    def note(self, count: int) -> None:
        """Note that so many of the messages returned were more than passed over."""
        self._pace.note(count)

    async def stop(self) -> None:
        """Do what comes before, then leave the group and close."""
        await self._before_stop()
        await super().stop()

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Any:
        """Wait until there are messages and return them."""
        self.asking = True
        try:
            return await self._wait(timeout_ms, max_records)
        finally:
            self.asking = False

    async def _wait(self, timeout_ms: int, max_records: int | None) -> Any:
        while True:
            if self._subscription.reassignment_in_progress or not await self.is_on_track():
                # Nothing else would tell that it waits: the client does so without a limit.
                self._on_idle()
                await asyncio.sleep(_IDLE)
                continue
            self.reading = set()
            # Also 0 gives way to others: a poll may return at once.
            await asyncio.sleep(max(0.0, self._began + self._haste.apart - _now()))
            if self._alone:
                found = await self.one_partition(self._alone.pop(), max_records)
            else:
                found = await self._poll(timeout_ms, max_records)
            if found:
                for partition, messages in found.items():
                    self.handed_out[partition] = messages[-1].offset + 1
                self.reading = set()
                # Where there is more than a batch, waiting gathers nothing.
                self._began = _now() if _count(found) < self._haste.batch else 0.0
                return found
            self._on_idle()
            if not self.assignment():
                await asyncio.sleep(_IDLE)

    async def _poll(self, timeout_ms: int, max_records: int | None) -> Any:
        try:
            if self._round is not None:
                return await self._in_rounds(self._round)
            self._pace.tell(_now())
            with self.fetching(self.assignment()):
                found = await super().getmany(timeout_ms=timeout_ms, max_records=max_records)
            if self._pace.is_fast:
                self._round = self._new_round()
            return found
        except ConsumerStoppedError:
            raise
        except Exception as error:
            log.error("a poll failed: %s", type(error).__name__)
            self.go_astray(error)
            if not of_a_record(error):
                raise
        return {}

    async def _in_rounds(self, round: _Round) -> Any:
        """Read the next partition numbers in all topics: what a case led to comes together."""
        by_number: dict[int, list[TopicPartition]] = defaultdict(list)
        for tp in self.assignment():
            by_number[tp.partition].append(tp)
        ends = await self._ends(tp for number in round.left for tp in by_number[number])
        if ends is None:
            self._leave_rounds()
            return {}
        chosen: list[TopicPartition] = []
        while round.left and self._unread(chosen, ends) < self._haste.batch:
            chosen += by_number[round.left.pop()]
        found = await self._read_out(chosen, ends)
        if found or round.left:
            return found
        await self._end_round(round)
        return {}

    async def _read_out(self, partitions: Sequence[TopicPartition], ends: Ends) -> Any:
        """Read what lies there before these ends, up to a limit, while it comes."""
        found: dict[TopicPartition, list[Any]] = defaultdict(list)
        self.reading |= set(partitions)
        until = _now() + PATIENCE
        while (left := self._haste.read - _count(found)) > 0 and (wait := until - _now()) > 0:
            behind = [tp for tp in partitions if self._unread([tp], ends)]
            if not behind:
                break
            try:
                with self.fetching(behind):
                    more = await super().getmany(
                        *behind, timeout_ms=int(wait * 1000), max_records=left
                    )
            except IllegalStateError:  # one was revoked meanwhile; the others come with the next
                break
            for tp, messages in more.items():
                found[tp] += messages
        return found

    async def _end_round(self, round: _Round) -> None:
        """Begin the next one after a pause, or leave it at that where little comes."""
        # Before the pause: what gathers in it would come all at once, and look fast.
        self._pace.tell(_now())
        if not self._pace.is_fast:
            self._leave_rounds()
            return
        self.reading = set()
        if await self._let_gather(round.began + self._haste.gather):
            self._round = self._new_round()
        else:
            self._round = None

    async def _let_gather(self, until: float) -> bool:
        """Wait until then, as long as messages come fast, and return whether they did."""
        before = await self._all_unread() if until - _now() > _GLANCE else None
        began = _now()
        while (left := until - _now()) > _GLANCE:
            await asyncio.sleep(_GLANCE)
            now = await self._all_unread()
            if before is None or now is None:
                continue
            if now - before < self._haste.fast * (_now() - began):
                return False
        await asyncio.sleep(max(0.0, left))
        return True

    async def _all_unread(self) -> int | None:
        """Return how much the broker has for it; None as `_ends`."""
        ends = await self._ends(self.assignment())
        return None if ends is None else self._unread(ends, ends)

    def _leave_rounds(self) -> None:
        self._round = None
        # What comes in the next second may have gathered, and then it comes all at once.
        self._pace.pass_over()

    def _new_round(self) -> _Round:
        return _Round(_now(), sorted({tp.partition for tp in self.assignment()}))

    async def _ends(self, partitions: Iterable[TopicPartition]) -> Ends | None:
        """Return how far the broker has messages; None where it does not say so in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                ends: Ends = await self.end_offsets(list(partitions))
        except (KafkaError, TimeoutError):
            return None
        return ends

    def _unread(self, partitions: Iterable[TopicPartition], ends: Ends) -> int:
        """Return how many messages lie there before these ends; none where it is not ours now."""
        offsets = ((ends[tp], self.next_offset(tp)) for tp in partitions)
        return sum(max(0, end - offset) for end, offset in offsets if offset >= 0)
