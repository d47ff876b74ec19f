"""How far a service is behind, by topic and partition."""

import asyncio
from collections.abc import Mapping

from aiokafka import TopicPartition

from services.chassis.metrics import LAG
from services.chassis.salvaging import PATIENCE, SalvagingConsumer


class Lag:
    """The lag metric of one service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._measured: set[TopicPartition] = set()

    async def observe(
        self, consumer: SalvagingConsumer, finished: Mapping[TopicPartition, int]
    ) -> None:
        """Set it: what the broker has, less what is finished.

        Raises `KafkaError` or `TimeoutError` where the broker does not say what it has.
        """
        assigned = consumer.assignment()
        for tp in self._measured - assigned:
            # Here and not on revocation: during a rebalance the old assignment is still told.
            LAG.remove(self._service, tp.topic, str(tp.partition))
        self._measured &= assigned
        async with asyncio.timeout(PATIENCE):
            ends = await consumer.end_offsets(assigned)
        for tp, end in ends.items():
            done = finished.get(tp, consumer.next_offset(tp))
            if done >= 0:
                LAG.labels(self._service, tp.topic, str(tp.partition)).set(end - done)
                self._measured.add(tp)
