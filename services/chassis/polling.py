"""A consumer that waits for messages, and that hands out also what it cannot read."""

import asyncio
import contextlib
import logging
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

log = logging.getLogger(__name__)

_IDLE = 0.05
_PATIENCE_MS = 1000
"""How long to wait for the records of a partition that has some."""


def _count(found: Mapping[TopicPartition, Sequence[Any]]) -> int:
    return sum(len(messages) for messages in found.values())


@dataclass(frozen=True)
class UnreadRecord:
    """Stands for a record that the client cannot read: the name of a header is no UTF-8, or its
    compression is unknown here. It has the fields of a record, and says why."""

    topic: str
    partition: int
    offset: int
    unreadable: str
    timestamp: int = -1
    key: None = None
    value: None = None
    headers: tuple[()] = ()


class PatientConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """A consumer whose `getmany` returns only with messages.

    FastStream sleeps a whole poll time-out after each empty poll, so an event that arrives then
    would wait for it. This one waits where the messages come in, and tells `on_idle` meanwhile.

    Where aiokafka fails to read a record, it has by then moved past others that it read in the same
    poll, and does not say which one failed. This one goes back to what it last handed out, reads
    each partition once by itself, and the one that fails record by record.

    While it is behind, it reads one partition number after the other, over all topics, so that the
    events of a case meet in one batch and cost one entry.
    """

    def __init__(
        self,
        *topics: str,
        on_idle: Callable[[], None],
        before_stop: Callable[[], Awaitable[None]],
        **options: Any,
    ) -> None:
        super().__init__(*topics, **options)
        self._on_idle, self._before_stop = on_idle, before_stop
        self._astray = False
        self._alone: list[TopicPartition] = []
        self._behind, self._number = False, -1
        self.handed_out: dict[TopicPartition, int] = {}
        """The offset after the last message that was returned, by partition."""

    async def stop(self) -> None:
        """Do what comes before, then leave the group and close."""
        await self._before_stop()
        await super().stop()

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Any:
        """Wait until there are messages and return them."""
        while True:
            if self._astray:
                await self._go_back()
            if self._alone:
                found = await self._one_partition(self._alone.pop(), max_records)
            else:
                found = await self._poll(timeout_ms, max_records)
            if found:
                for partition, messages in found.items():
                    self.handed_out[partition] = messages[-1].offset + 1
                return found
            self._on_idle()
            # A poll returns at once while no partition is assigned.
            await asyncio.sleep(_IDLE if not self.assignment() else 0)

    async def _poll(self, timeout_ms: int, max_records: int | None) -> Any:
        try:
            if self._behind:
                return await self._next_number(max_records)
            found = await super().getmany(timeout_ms=timeout_ms, max_records=max_records)
            self._behind = max_records is not None and _count(found) >= max_records
            return found
        except ConsumerStoppedError:
            raise
        except Exception as error:
            log.error("a poll failed: %s", type(error).__name__)
            self._astray = True
            if not _of_a_record(error):
                raise
            self._alone = list(self.assignment())
        return {}

    async def _next_number(self, max_records: int | None) -> Any:
        """Read one partition number in all topics: what a case led to by now comes together."""
        by_number: dict[int, list[TopicPartition]] = defaultdict(list)
        for tp in self.assignment():
            by_number[tp.partition].append(tp)
        later = sorted(by_number, key=lambda number: (number <= self._number, number))
        for number in later:
            found = await super().getmany(*by_number[number], max_records=max_records)
            if found:
                self._number = number
                return found
        self._behind = False
        return {}

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
            try:
                return await super().getmany(tp, timeout_ms=_PATIENCE_MS, max_records=max_records)
            except ConsumerStoppedError:
                raise
            except Exception as error:
                if not _of_a_record(error):
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
                    if not _of_a_record(error):
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


def _of_a_record(error: Exception) -> bool:
    return not isinstance(error, KafkaError) or isinstance(error, UnsupportedCodecError)
