"""A consumer that hands out also what it cannot read, and fetches only while it is asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    UnsupportedCodecError,
)

from services.chassis.message import UnreadRecord

PATIENCE = 1.0
"""Seconds to wait for the records of a partition that has some, and for what the broker says."""


class SalvagingConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer that loses no record over one that cannot be read.

    Where aiokafka fails to read a record, it has by then moved past others that it read in the same
    poll, and does not say which one failed. This one goes back to what it last handed out, reads
    each partition once by itself, and the one that fails record by record.

    The client fetches ahead, and while what it has fetched of one partition is not read, it asks
    for no other: what came later would be missing in the batch, and wait for the one after the
    next. So all partitions are paused but while somebody waits for their records.
    """

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._astray = False
        self._alone: list[TopicPartition] = []
        self.handed_out: dict[TopicPartition, int] = {}
        """The offset after the last message that was returned, by partition."""
        self.reading: set[TopicPartition] = set()
        """Of these, messages may have been read that are not handed out yet."""

    def next_offset(self, tp: TopicPartition) -> int:
        """Return what is read next; -1 where that is unknown, for partitions change hands."""
        if self._subscription.reassignment_in_progress:
            return -1
        state = self._subscription.subscription.assignment.state_value(tp)
        return int(state.position) if state and state.has_valid_position else -1

    @contextlib.contextmanager
    def fetching(self, partitions: Sequence[TopicPartition]) -> Iterator[None]:
        """Let the client fetch from these partitions meanwhile.

        Raises `IllegalStateError` where one is not ours.
        """
        self.resume(*partitions)
        try:
            yield
        finally:
            # Those too that came with an assignment meanwhile.
            self.pause(*self.assignment())

    def go_astray(self, error: Exception) -> None:
        """Note that a poll has failed, and moved past what it dropped."""
        self._astray = True
        # What the poll dropped is as good as in hand until it is read again.
        self.reading = set(self.assignment())
        if of_a_record(error):
            self._alone = list(self.assignment())

    async def is_on_track(self) -> bool:
        """Return whether it reads on where it had left off; it may have to go back there first."""
        if self._astray:
            try:
                async with asyncio.timeout(PATIENCE):
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

    async def one_partition(self, tp: TopicPartition, max_records: int | None) -> Any:
        """Read one partition, as long as it is ours; where that fails, record by record."""
        with contextlib.suppress(IllegalStateError), self.fetching([tp]):  # revoked meanwhile
            if await self._caught_up(tp):
                return {}
            self.reading.add(tp)
            try:
                return await self._read(tp, max_records)
            except ConsumerStoppedError:
                raise
            except Exception as error:
                if not of_a_record(error):
                    raise
            self.seek(tp, await self.position(tp))
            found = [record async for record in self._records(tp, max_records or 1)]
            return {tp: found} if found else {}
        return {}

    async def _read(self, tp: TopicPartition, max_records: int | None) -> Any:
        limit = int(PATIENCE * 1000)
        return await super().getmany(tp, timeout_ms=limit, max_records=max_records)

    async def _records(self, tp: TopicPartition, limit: int) -> AsyncIterator[Any]:
        """Yield records, and for each that cannot be read one that stands for it."""
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            for _ in range(limit):
                if await self._caught_up(tp):
                    return
                try:
                    found = await self._read(tp, 1)
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
