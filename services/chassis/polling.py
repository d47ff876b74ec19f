"""A consumer that waits for messages, and that hands out also what it cannot read."""

import asyncio
import contextlib
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    UnsupportedCodecError,
)

from services.chassis.message import UnreadRecord
from services.chassis.pace import Pace
from services.chassis.settings import Haste

log = logging.getLogger(__name__)

_IDLE = 0.05
_FETCHED = 0.01
"""How long to leave to fetches that are under way."""
_GLANCE = 0.5
"""How often to look, between two rounds, whether messages still come fast."""
_PATIENCE_MS = 1000
"""How long to wait for the records of a partition that has some."""


def _count(found: Mapping[TopicPartition, Sequence[Any]]) -> int:
    return sum(len(messages) for messages in found.values())


@dataclass(slots=True)
class _Round:
    """One turn over the partition numbers, those still to be read."""

    began: float
    left: list[int]


def _now() -> float:
    return asyncio.get_running_loop().time()


class PatientConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer whose `getmany` returns only with messages.

    FastStream sleeps a whole poll time-out after each empty poll, so an event that arrives then
    would wait for it. This one waits where the messages come in, and tells `on_idle` meanwhile.

    Where aiokafka fails to read a record, it has by then moved past others that it read in the same
    poll, and does not say which one failed. This one goes back to what it last handed out, reads
    each partition once by itself, and the one that fails record by record.

    While more than `fast` messages come in a second, it reads in rounds, one partition number after
    the other, over all topics, and lets messages gather in between: so the events of a case meet in
    one batch and cost one entry, and batches are large. See `Haste` for what it is told.
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
        self._astray = False
        self._alone: list[TopicPartition] = []
        self._haste, self._pace = haste, Pace(haste.fast)
        self._began = 0.0
        self._round: _Round | None = None
        """The round that is under way while it is behind."""
        self.handed_out: dict[TopicPartition, int] = {}
        """The offset after the last message that was returned, by partition."""
        self.reading: set[TopicPartition] = set()
        """Of these, messages may have been read that are not handed out yet."""

    @property
    def gathering(self) -> bool:
        """Whether it reads in rounds."""
        return self._round is not None

    def next_offset(self, tp: TopicPartition) -> int:
        """Return what is read next; -1 where that is unknown, for partitions change hands."""
        if self._subscription.reassignment_in_progress:
            return -1
        state = self._subscription.subscription.assignment.state_value(tp)
        return int(state.position) if state and state.has_valid_position else -1

    async def stop(self) -> None:
        """Do what comes before, then leave the group and close."""
        await self._before_stop()
        await super().stop()

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Any:
        """Wait until there are messages and return them."""
        while True:
            if self._subscription.reassignment_in_progress or not await self._is_on_track():
                # Nothing else would tell that it waits: the client does so without a limit.
                self._on_idle()
                await asyncio.sleep(_IDLE)
                continue
            self.reading = set()
            # Also 0 gives way to others: a poll may return at once.
            await asyncio.sleep(max(0.0, self._began + self._haste.apart - _now()))
            if self._alone:
                found = await self._one_partition(self._alone.pop(), max_records)
            else:
                found = await self._poll(timeout_ms, max_records)
            if found:
                for partition, messages in found.items():
                    self.handed_out[partition] = messages[-1].offset + 1
                self.reading = set()
                # Where there is more than a batch, waiting gathers nothing.
                self._began = _now() if _count(found) < self._haste.batch else 0.0
                self._pace.note(_count(found))
                return found
            self._on_idle()
            if not self.assignment():
                await asyncio.sleep(_IDLE)

    async def _poll(self, timeout_ms: int, max_records: int | None) -> Any:
        try:
            if self._round is not None:
                return await self._in_rounds(self._round)
            self._pace.tell(_now())
            found = await super().getmany(timeout_ms=timeout_ms, max_records=max_records)
            if self._pace.is_fast:
                self._round = self._new_round()
            return found
        except ConsumerStoppedError:
            raise
        except Exception as error:
            log.error("a poll failed: %s", type(error).__name__)
            self._astray = True
            # What the poll dropped is as good as in hand until it is read again.
            self.reading = set(self.assignment())
            if not of_a_record(error):
                raise
            self._alone = list(self.assignment())
        return {}

    async def _in_rounds(self, round: _Round) -> Any:
        """Read the next partition numbers in all topics: what a case led to comes together."""
        by_number: dict[int, list[TopicPartition]] = defaultdict(list)
        for tp in self.assignment():
            by_number[tp.partition].append(tp)
        found: dict[TopicPartition, Any] = {}
        while round.left and (count := _count(found)) < self._haste.batch:
            partitions = by_number.get(round.left.pop(), [])
            found |= await self._read_out(partitions, self._haste.read - count)
        if found:
            return found
        # Before the pause: what gathers in it would come all at once, and look fast.
        self._pace.tell(_now())
        if not self._pace.is_fast:
            self._round = None
            self._pace.pass_over()
            return {}
        self.reading = set()
        await self._let_gather(round.began + self._haste.gather)
        self._round = self._new_round()
        return {}

    async def _let_gather(self, until: float) -> None:
        """Wait until then, and no longer than what has come meanwhile came fast."""
        began = _now()
        while (left := until - _now()) > 0:
            await asyncio.sleep(min(left, _GLANCE))
            if left > _GLANCE and await self._unread() < self._haste.fast * (_now() - began):
                return

    async def _unread(self) -> float:
        """Return how many messages the broker has beyond those read; no end where it is silent."""
        try:
            async with asyncio.timeout(_PATIENCE_MS / 1000):
                ends = await self.end_offsets(self.assignment())
        except (KafkaError, TimeoutError):
            return math.inf
        offsets = ((end, self.next_offset(tp)) for tp, end in ends.items())
        return float(sum(end - offset for end, offset in offsets if offset >= 0))

    def _new_round(self) -> _Round:
        return _Round(_now(), sorted({tp.partition for tp in self.assignment()}))

    async def _read_out(self, partitions: Sequence[TopicPartition], limit: int) -> Any:
        """Read all that the broker is known to have there, up to a limit, while it comes."""
        found: dict[TopicPartition, list[Any]] = defaultdict(list)
        self.reading |= set(partitions)
        until = _now() + _PATIENCE_MS / 1000
        while partitions and (left := limit - _count(found)) > 0:
            try:
                more = await super().getmany(*partitions, max_records=left)
            except IllegalStateError:  # one was revoked meanwhile; the others come with the next
                break
            for tp, messages in more.items():
                found[tp] += messages
            if more:
                continue
            if not any([await self._has_unread(tp) for tp in partitions]) or _now() > until:
                break
            await asyncio.sleep(_FETCHED)
        return found

    async def _has_unread(self, tp: TopicPartition) -> bool:
        """Return whether the broker was last known to have messages beyond those read."""
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            highwater = self.highwater(tp)
            # Unknown until the first answer.
            return highwater is None or bool(await self.position(tp) < highwater)
        return False

    async def _is_on_track(self) -> bool:
        """Return whether it reads on where it had left off; it may have to go back there first."""
        if self._astray:
            try:
                async with asyncio.timeout(_PATIENCE_MS / 1000):
                    await self._go_back()
            except TimeoutError:
                return False
        return True

    async def _go_back(self) -> None:
        """Seek to what was last handed out: the failed poll has moved past what it dropped.

        Nothing is read before that succeeds.
        """
        assigned = self.assignment()
        for tp in assigned & self.handed_out.keys():
            self.seek(tp, self.handed_out[tp])
        for tp in assigned - self.handed_out.keys():
            offset = await self.committed(tp)
            with contextlib.suppress(IllegalStateError):  # revoked meanwhile
                if offset is None:
                    await self.seek_to_beginning(tp)
                else:
                    self.seek(tp, offset)
        self._astray = False

    async def _one_partition(self, tp: TopicPartition, max_records: int | None) -> Any:
        """Read one partition, as long as it is ours; where that fails, record by record."""
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            if await self._caught_up(tp):
                return {}
            self.reading.add(tp)
            try:
                return await super().getmany(tp, timeout_ms=_PATIENCE_MS, max_records=max_records)
            except ConsumerStoppedError:
                raise
            except Exception as error:
                if not of_a_record(error):
                    raise
            self.seek(tp, await self.position(tp))
            found = [record async for record in self._records(tp, max_records or 1)]
            return {tp: found} if found else {}
        return {}

    async def _records(self, tp: TopicPartition, limit: int) -> AsyncIterator[Any]:
        """Yield records, and for each that cannot be read one that stands for it."""
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            for _ in range(limit):
                if await self._caught_up(tp):
                    return
                try:
                    found = await super().getmany(tp, timeout_ms=_PATIENCE_MS, max_records=1)
                except ConsumerStoppedError:
                    raise
                except Exception as error:  # noqa: BLE001  whatever a broken record breaks
                    if not of_a_record(error):
                        return  # it comes again with the next poll
                    offset = await self.position(tp)
                    self.seek(tp, offset + 1)
                    reason = f"the record cannot be read: {type(error).__name__}"
                    yield UnreadRecord(tp.topic, tp.partition, offset, reason)
                else:
                    if not found:
                        return
                    yield found[tp][0]

    async def _caught_up(self, tp: TopicPartition) -> bool:
        """Return whether there is nothing to wait for. Raises `IllegalStateError` if not ours."""
        position = await self.position(tp)
        highwater = self.highwater(tp)
        return highwater is not None and position >= highwater


def of_a_record(error: Exception) -> bool:
    """Return whether what a read raised is about a record, and not about the broker."""
    return not isinstance(error, KafkaError) or isinstance(error, UnsupportedCodecError)
