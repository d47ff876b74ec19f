"""Starting and stopping the bare pipeline on servers that run."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from contracts.catalogue import PARTITIONS, topic
from infra.local.errors import ServerDied
from infra.local.parts import Addresses
from infra.local.process import Child
from infra.local.topics import create_topics
from infra.local.waiting import wait_until
from tests.bench.bare.flow import HOPS
from tests.bench.bare.worker import COPYING, KAFKA, MONGO, PREFIX, READY

READY_SECONDS = 60.0


@asynccontextmanager
async def bare_pipeline(
    servers: Addresses, data: Path, *, copying: bool = False
) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """Run the six workers on new topics and databases, which are removed in the end.

    Gives the topic that takes declarations, and the process of each service.
    """
    prefix = f"bare-{uuid4().hex[:8]}."
    topics = [prefix + topic(service) for service in HOPS]
    await asyncio.to_thread(create_topics, servers.kafka, topics, PARTITIONS)
    environment = {KAFKA: servers.kafka, MONGO: servers.mongo, PREFIX: prefix}
    environment |= {COPYING: "1"} if copying else {}
    workers = [_worker(service, environment, data / "bare") for service in HOPS]
    try:
        for worker in workers:
            worker.start()
        await asyncio.to_thread(_await_ready, workers)
        yield prefix + topic("portal"), {worker.name: worker.pid or 0 for worker in workers}
        for worker in workers:
            worker.check()
    finally:
        for worker in workers:
            worker.ask_to_stop()
        for worker in workers:
            await asyncio.to_thread(worker.stop)
        await _remove(servers, topics, prefix.replace(".", "_"))


def _worker(service: str, environment: dict[str, str], data: Path) -> Child:
    command = (sys.executable, "-m", "tests.bench.bare.worker", service)
    log = data / f"{service}.log"
    log.unlink(missing_ok=True)
    return Child(service, command, log, environment=environment)


def _await_ready(workers: list[Child]) -> None:
    for worker in workers:
        if not wait_until(partial(_is_ready, worker), READY_SECONDS):
            raise ServerDied(f"{worker.name} was not ready in time: see {worker.log}")


def _is_ready(worker: Child) -> bool:
    worker.check()
    return READY in worker.log.read_text(encoding="utf-8").splitlines()


async def _remove(servers: Addresses, topics: list[str], databases: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    try:
        await admin.delete_topics(topics)
    finally:
        await admin.close()
    async with AsyncMongoClient[dict[str, object]](servers.mongo) as client:
        for service in HOPS:
            await client.drop_database(databases + service)
