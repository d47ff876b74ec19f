"""One service of the bare pipeline: `python -m tests.bench.bare.worker SERVICE`.

As little as can be done for a message: it is parsed, and what is said is built from it and written
as JSON, by the fastest parser at hand; nothing is checked or remembered, and offsets are committed
by a timer, whatever happened. A `copying` worker does not even parse: it shows what the servers
could carry. What is here for speed was measured.
"""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from time import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic_core import from_json, to_json
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from contracts.catalogue import topic
from tests.bench.bare.flow import KIND, Step, heard_topics, steps
from tests.bench.feeder import new_producer

KAFKA, MONGO, PREFIX, COPYING = "BARE_KAFKA", "BARE_MONGO", "BARE_PREFIX", "BARE_COPYING"
"""The environment variables that tell a worker where the servers are, which run this is, and
whether it copies."""
READY = "ready"

UNDER_WAY = 4
"""So many batches are written and said at once: with one at a time, events wait for each other."""

Document = dict[str, Any]
Said = tuple[Step, bytes, bytes]
"""What was decided: a step has heard all it needs to know about this case, and says this."""


class Worker:
    """Reads all there is, writes documents and says events, and meanwhile reads on."""

    def __init__(
        self, service: str, prefix: str, mongo: AsyncDatabase[Document], *, copying: bool
    ) -> None:
        self._table, self._copying = steps(service), copying
        self._topic = prefix + topic(service)
        self._mongo = mongo
        self._free = asyncio.Semaphore(UNDER_WAY)

    async def run(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as under_way:
            while True:
                fetched = await consumer.getmany(timeout_ms=1000)
                # By partition: all events of a case are in the same one of every topic.
                said: dict[int, list[Said]] = defaultdict(list)
                for source, records in fetched.items():
                    said[source.partition].extend(self._decide(records))
                await self._free.acquire()
                under_way.create_task(self._do(producer, said))

    async def _do(self, producer: AIOKafkaProducer, said: Mapping[int, list[Said]]) -> None:
        try:
            await asyncio.gather(*self._say(producer, said), *self._write(said))
        finally:
            self._free.release()

    def _decide(self, records: Iterable[Any]) -> Iterator[Said]:
        table, copying = self._table, self._copying
        for record in records:
            event = None if copying else from_json(record.value)
            hearing = table[record.value[KIND] if event is None else ord(event["id"][0])]
            for step, bit in hearing:
                case = record.key
                if bit != step.everything:
                    heard = step.waiting.get(case, 0) | bit
                    if heard != step.everything:
                        step.waiting[case] = heard
                        continue
                    del step.waiting[case]
                yield step, case, _copied(step, case) if event is None else _built(step, event)

    def _write(self, said: Mapping[int, Iterable[Said]]) -> Iterator[Awaitable[Any]]:
        documents: dict[str, list[Document]] = defaultdict(list)
        for some in said.values():
            for step, case, _ in some:
                documents[step.register].append(_document(case))
        for register, new in documents.items():
            yield self._mongo[register].insert_many(new, ordered=False)

    def _say(
        self, producer: AIOKafkaProducer, said: Mapping[int, Iterable[Said]]
    ) -> Iterator[Awaitable[Any]]:
        now = int(time() * 1000)
        for partition, some in said.items():
            batch = producer.create_batch()
            for _, case, value in some:
                if batch.append(key=case, value=value, timestamp=now) is None:
                    yield _sent(producer, batch, self._topic, partition)
                    batch = producer.create_batch()
                    batch.append(key=case, value=value, timestamp=now)
            if batch.record_count():
                yield _sent(producer, batch, self._topic, partition)


def _copied(step: Step, case: bytes) -> bytes:
    return step.head + case + step.tail


def _built(step: Step, heard: dict[str, Any]) -> bytes:
    """Return what is said upon an event: of the same case, and caused by it."""
    said = {
        **step.event,
        "subject": heard["subject"],
        "causationid": heard["id"],
        "correlationid": heard["correlationid"],
    }
    return to_json(said)


def _document(case: bytes) -> Document:
    """Return what a register holds of a case at the least: who, which number, since when."""
    return {
        "_id": case.decode(),
        "personal_id": "001326123456",
        "full_name": "Trần Minh An",
        "number": "01-2026-012345",
        "on": "2026-11-21",
    }


async def _sent(producer: AIOKafkaProducer, batch: Any, topic: str, partition: int) -> None:
    await (await producer.send_batch(batch, topic, partition=partition))


async def main(service: str) -> None:
    """Run until SIGTERM. Prints one line when it is ready to be fed."""
    kafka, prefix = os.environ[KAFKA], os.environ[PREFIX]
    client: AsyncMongoClient[Document] = AsyncMongoClient(os.environ[MONGO], w=1)
    database = client[prefix.replace(".", "_") + service]
    worker = Worker(service, prefix, database, copying=bool(os.environ.get(COPYING)))
    consumer = AIOKafkaConsumer(
        *(prefix + name for name in heard_topics(service)),
        bootstrap_servers=kafka,
        group_id=prefix + service,
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        check_crcs=False,
    )
    producer = new_producer(kafka)
    await asyncio.gather(consumer.start(), producer.start(), client.admin.command("ping"))
    gc.freeze()
    working = asyncio.create_task(worker.run(consumer, producer))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    print(READY, flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await asyncio.gather(consumer.stop(), producer.stop(), client.close())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
