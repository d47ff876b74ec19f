"""A consumer that waits for messages, and that hands out also what it cannot read."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

log = logging.getLogger(__name__)

_IDLE = 0.05
_UNREADABLE = (UnicodeDecodeError, UnsupportedCodecError)


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
    poll. This one goes back to what it last handed out, and from there one record at a time.
    """

    def __init__(self, *topics: str, on_idle: Callable[[], None], **options: Any) -> None:
        super().__init__(*topics, **options)
        self._on_idle = on_idle
        self._careful = False
        self.handed_out: dict[TopicPartition, int] = {}
        """The offset after the last message that was returned, by partition."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Any:
        """Wait until there are messages and return them."""
        while True:
            if self._careful:
                found = await self._one_by_one(timeout_ms, max_records)
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
            return await super().getmany(timeout_ms=timeout_ms, max_records=max_records)
        except (*_UNREADABLE, CorruptRecordException) as error:
            log.error("a record cannot be read: %s", type(error).__name__)
            await self._go_back()
            if isinstance(error, CorruptRecordException):
                raise
            self._careful = True
        return {}

    async def _go_back(self) -> None:
        for tp in self.assignment():
            offset = self.handed_out.get(tp)
            if offset is None:
                offset = await self.committed(tp)
            if offset is None:
                await self.seek_to_beginning(tp)
            else:
                self.seek(tp, offset)

    async def _one_by_one(self, timeout_ms: int, max_records: int | None) -> Any:
        """Read until the record that cannot be read; only then are there polls of many again."""
        found: dict[TopicPartition, list[Any]] = defaultdict(list)
        wait = timeout_ms
        for tp in self.assignment():
            for _ in range(max_records or 1):
                try:
                    got = await super().getmany(tp, timeout_ms=wait, max_records=1)
                except _UNREADABLE as error:
                    offset = await self.position(tp)
                    reason = f"the record cannot be read: {type(error).__name__}"
                    found[tp].append(UnreadRecord(tp.topic, tp.partition, offset, reason))
                    self.seek(tp, offset + 1)
                    self._careful = False
                    return found
                if not got:
                    break
                found[tp] += got[tp]
                wait = 0
        return found
