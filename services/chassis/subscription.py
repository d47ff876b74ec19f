"""The one subscription of a service: FastStream's batch subscriber under our own commits."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import ConsumerProtocol

from services.chassis.clock import Clock, machine_milliseconds
from services.chassis.lag import Lag
from services.chassis.message import Message
from services.chassis.metrics import COMMIT_FAILURES, OFFSET_GAPS
from services.chassis.polling import PatientConsumer
from services.chassis.security import kafka_security
from services.chassis.settings import Haste, Settings

log = logging.getLogger(__name__)

Handle = Callable[[Sequence[Message]], Awaitable[int]]
_LEADERS_KNOWN_MS = 5_000
"""How long the client trusts what it knows of partitions' leaders. Where it asks one that is no
longer the leader for the first offset of a partition, it asks that one again and again, and reads
nothing from it meanwhile, until this is over."""
_FETCH_WAIT_MS = 100
_FETCH_BYTES = 192 * 1024
_ANSWER_BYTES = 4 * 1024 * 1024
"""Of one answer, over all partitions: the client holds it three times while it takes it apart."""


class Subscription:
    """All topics of a service, in batches, committed only when their effects are there."""

    def __init__(
        self,
        service: str,
        topics: Sequence[str],
        settings: Settings,
        *,
        on_idle: Callable[[], None],
        haste: Haste,
        clock: Clock,
    ) -> None:
        self.service, self.topics, self.settings = service, tuple(topics), settings
        self._on_idle, self._haste, self._clock = on_idle, haste, clock
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self._finished: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._expected: dict[TopicPartition, int] = {}
        self._handled_until: dict[TopicPartition, int] = {}
        self._lag = Lag(service)
        self._assigned_at = self._answered_at = 0.0
        self._turn = 0
        """Counts the rebalances. What was in hand during one may be far behind by now: another
        replica went on, or the same messages come again."""

    async def start(self, handle: Handle) -> None:
        """Begin to consume. `handle` returns when all effects of a batch are there, and how many
        of its messages were for this service."""
        broker = KafkaBroker(
            self.settings.kafka.split(","),
            client_id=self.service,
            consumer_only=True,
            security=kafka_security(self.settings),
            logger=None,
            metadata_max_age_ms=_LEADERS_KNOWN_MS,
            # Joining a group is answered only when all members have joined.
            request_timeout_ms=int(self.settings.session_timeout * 1000) + 5_000,
        )
        self._broker = broker

        @broker.subscriber(
            *self.topics,
            batch=True,
            max_records=self._haste.batch,
            batch_timeout_ms=int(self.settings.commit_interval * 1000),
            group_id=self.service,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            # All topics of a partition number to one replica, so that a case has one handler.
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=int(self.settings.session_timeout * 1000),
            heartbeat_interval_ms=int(self.settings.session_timeout * 1000 / 3),
            max_partition_fetch_bytes=_FETCH_BYTES,
            fetch_max_bytes=_ANSWER_BYTES,
            # Other questions to the broker wait until it has answered this one.
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            listener=_Listener(self),
            parser=self._parse,
            decoder=_as_is,
        )
        async def consume(batch: list[Message]) -> None:
            turn = self._turn
            ours = await handle(batch)
            if self.consumer is not None:
                self.consumer.note(ours)
            if turn == self._turn:
                self._finish(batch)

        await broker.connect()
        config = broker.config.broker_config
        config.builder = partial(
            PatientConsumer,
            on_idle=self._on_idle,
            before_stop=self.commit,
            haste=self._haste,
            **config.builder.keywords,  # type: ignore[attr-defined]
        )
        self._subscriber = broker.subscribers[0]
        await broker.start()

    async def stop(self) -> None:
        """Wait for the batch in hand, commit what is finished, and leave the group."""
        if self._broker is not None:
            await self._broker.stop()
            self._broker = None

    async def commit(self) -> None:
        """Commit the offsets of finished batches, and only those. A failure is counted."""
        consumer = self.consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        dirty = {
            tp: offset
            for tp, offset in self._finished.items()
            if tp in assigned and self._committed.get(tp) != offset
        }
        if not dirty:
            return
        try:
            # Without a coordinator aiokafka would wait for one, and a rebalance for us.
            async with asyncio.timeout(self.settings.session_timeout / 2):
                await consumer.commit(dirty)
        except (KafkaError, TimeoutError) as error:
            COMMIT_FAILURES.labels(self.service).inc()
            log.warning("offsets were not committed: %s", type(error).__name__)
        else:
            self._committed.update(dirty)

    @property
    def consumer(self) -> PatientConsumer | None:
        """The consumer, while there is one."""
        return self._subscriber.consumer if self._subscriber is not None else None

    @property
    def partitions(self) -> set[int]:
        """The partition numbers that this replica owns in every topic."""
        consumer = self.consumer
        if consumer is None:
            return set()
        owned: dict[int, set[str]] = {}
        for tp in consumer.assignment():
            owned.setdefault(tp.partition, set()).add(tp.topic)
        return {number for number, topics in owned.items() if topics == set(self.topics)}

    async def caught_up_until(self, moment: datetime) -> dict[int, datetime]:
        """Return until when everything is handled, by partition number and the service's clock.

        That is `moment`, a past one, where all is handled that the broker has. It is asked: what
        the client knows may be old by the time that the process comes to read the answer. Raises
        `KafkaError`, `TimeoutError`.
        """
        consumer, turn = self.consumer, self._turn
        if consumer is None:
            return {}
        ours = [TopicPartition(topic, n) for n in self.partitions for topic in self.topics]
        async with asyncio.timeout(self.settings.session_timeout / 2):
            ends = await consumer.end_offsets(ours)
        if turn != self._turn:
            return {}
        until: dict[int, datetime] = {}
        for tp, end in ends.items():
            # Kafka's stamps are of the machine's clock.
            handled = self._clock.at(self._handled_until.get(tp, 0))
            reached = moment if self._is_handled(consumer, tp, end) else handled
            until[tp.partition] = min(reached, until.get(tp.partition, moment))
        return until

    def _is_handled(self, consumer: PatientConsumer, tp: TopicPartition, end: int) -> bool:
        in_hand = self._finished.get(tp, 0) < consumer.handed_out.get(tp, 0)
        return not in_hand and tp not in consumer.reading and consumer.next_offset(tp) >= end

    def last_answer(self) -> float:
        """Return when (ms since the epoch) the broker last answered a question for messages, or for
        its ends while nobody asked for messages, or gave us something to ask for; infinity where
        nothing is assigned."""
        consumer = self.consumer
        if consumer is None or not (assigned := consumer.assignment()):
            return math.inf
        # While a batch is in hand it is not asked for messages.
        fetched = (consumer.last_poll_timestamp(tp) or self._assigned_at for tp in assigned)
        return max(self._answered_at, *fetched)

    async def observe_lag(self) -> None:
        """Set the lag metric. Raises as `Lag.observe`."""
        if self.consumer is not None:
            await self._lag.observe(self.consumer, self._finished)
            # Ends that are told say nothing of messages that are asked for and do not come.
            if not self.consumer.asking:
                self._answered_at = machine_milliseconds()

    async def look_for_gaps(self, batch: Iterable[Message]) -> None:
        """Count messages that retention deleted before this service had read them."""
        turn = self._turn
        for tp, (first, last) in _spans(batch).items():
            if tp not in self._expected:
                before = await self._committed_before(tp, first.offset)
                if turn != self._turn:
                    return
                self._expected[tp] = before
                self._finished.setdefault(tp, first.offset)
            if first.offset > self._expected[tp]:
                OFFSET_GAPS.labels(self.service, tp.topic).inc()
                log.error("offsets %s-%s are gone", self._expected[tp], first.offset - 1)
            self._expected[tp] = last.offset + 1

    async def _committed_before(self, tp: TopicPartition, offset: int) -> int:
        """Return where the group had left off, or `offset` where nobody says so in time."""
        try:
            async with asyncio.timeout(self.settings.session_timeout / 2):
                committed = await self.consumer.committed(tp) if self.consumer else None
        except (KafkaError, TimeoutError):
            committed = None
        return offset if committed is None else int(committed)

    def _finish(self, batch: Iterable[Message]) -> None:
        for tp, (_, last) in _spans(batch).items():
            self._finished[tp] = max(last.offset + 1, self._finished.get(tp, 0))
            self._handled_until[tp] = max(last.timestamp, self._handled_until.get(tp, 0))

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget partitions that change hands; the next messages say what is true of them."""
        self._turn += 1
        self._assigned_at = machine_milliseconds()
        for tp in partitions:
            for known in (self._finished, self._committed, self._expected, self._handled_until):
                known.pop(tp, None)
            if self.consumer is not None:
                self.consumer.handed_out.pop(tp, None)

    async def _parse(self, records: tuple[Any, ...]) -> KafkaMessage:
        return KafkaMessage(
            body=[
                Message(
                    record.topic,
                    record.partition,
                    record.offset,
                    record.timestamp,
                    record.key,
                    record.value,
                    tuple(record.headers),
                    unreadable=getattr(record, "unreadable", None),
                )
                for record in records
            ],
            raw_message=records,
            consumer=cast(ConsumerProtocol, self.consumer),
        )


def _spans(batch: Iterable[Message]) -> dict[TopicPartition, tuple[Message, Message]]:
    """Return the first and the last message of each partition: within one, offsets go up."""
    spans: dict[TopicPartition, tuple[Message, Message]] = {}
    for (topic, partition), messages in groupby(batch, key=attrgetter("topic", "partition")):
        these, tp = list(messages), TopicPartition(topic, partition)
        spans[tp] = (spans[tp][0] if tp in spans else these[0], these[-1])
    return spans


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._subscription.commit()
        self._subscription.forget(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._subscription.forget(assigned)


async def _as_is(message: KafkaMessage) -> Any:
    return message.body
