"""A system whose services can be killed at any point of their loop."""

import asyncio
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import httpx
import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import MongoClient

from contracts.catalogue import PARTITIONS
from infra.local import Stack, plain_http
from infra.local.ports import GATEWAY
from infra.local.topics import create_topics
from services.chassis.testing import CRASH, HALT, eventually
from tests.e2e.metrics import Scrape
from tests.faults.flow import Flow
from tests.faults.invariants import FINISHED, broken
from tests.faults.snapshot import Snapshot, snapshot

LIMIT_SECONDS = 60.0


def command(name: str) -> Sequence[str]:
    """The command line of a service that dies, or stands still, where the environment says so."""
    module = f"services.{name.replace('-', '_')}"
    return (sys.executable, "-m", "services.chassis.testing", module, "run")


@dataclass
class City:
    """A stack, what flows into it, and what must come of it."""

    stack: Stack
    flow: Flow

    async def kill(self, *parts: str) -> None:
        for part in parts:
            await asyncio.to_thread(self.stack.kill, part)

    async def start(self, *parts: str, **environment: str) -> None:
        """Start parts that have died, all at once, and wait until they are ready."""
        start = self.stack.start_part
        await asyncio.gather(*(asyncio.to_thread(start, part, environment) for part in parts))

    async def die_and_rise(self, service: str, point: str) -> None:
        """Start a service that kills itself at a point of its loop; start it again when it has."""
        self.stack.part(service).child.start({CRASH: point})
        await eventually(lambda: not self.stack.alive(service), LIMIT_SECONDS)
        assert self.stack.part(service).child.exit_status == -signal.SIGKILL
        await self.start(service)

    async def join(self, services: Iterable[str], halts_at: str | None = None) -> list[str]:
        """Start one more replica of each service, and return their names.

        Each stands still when it comes to the point `halts_at`, where one is named.
        """
        names = [part.name for part in self.stack.parts]
        for service in services:
            taken = sum(name.startswith(f"{service}-") for name in names)
            self.stack.ports[f"{service}-{taken + 2}"]  # ports are not chosen in several threads
        add = partial(self.stack.add_replica, environment={HALT: halts_at} if halts_at else None)
        return list(await asyncio.gather(*(asyncio.to_thread(add, name) for name in services)))

    def stands_still(self, part: str) -> bool:
        """Whether the process of a part has been halted."""
        return psutil.Process(self.stack.part(part).child.pid).status() == psutil.STATUS_STOPPED

    def total(self, metric: str, part: str) -> float:
        """The sum of a counter of one part; 0 while that does not answer."""
        with suppress(httpx.HTTPError):
            return Scrape.of(self.stack.part(part).url).total(metric)
        return 0.0

    async def leave(self, part: str) -> None:
        """Ask a part to end, and wait for it."""
        await asyncio.to_thread(self.stack.stop_part, part)

    async def forget_everything(self) -> None:
        """Stop the services, and empty their databases and topics. The services stay stopped."""
        services, kafka = self.stack.services, self.stack.addresses.kafka
        await asyncio.gather(*map(self.leave, services))
        client: MongoClient[dict[str, object]] = MongoClient(self.stack.addresses.mongo)
        with client:
            for name in client.list_database_names():
                if name.startswith("onestop_"):
                    client.drop_database(name)
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            await admin.delete_topics(list(self.stack.topics))
            await eventually(lambda: _deleted(admin, self.stack.topics), LIMIT_SECONDS)
        finally:
            await admin.close()
        await asyncio.to_thread(create_topics, kafka, self.stack.topics, PARTITIONS)
        for group in services:
            await eventually(partial(_begins_anew, kafka, group, self.stack.topics), LIMIT_SECONDS)

    async def accepts(self, count: int) -> None:
        """Wait until so many more declarations have been acknowledged."""
        before = len(self.flow.outcomes)
        await eventually(lambda: len(self.flow.outcomes) >= before + count, LIMIT_SECONDS)

    async def all_ended(self) -> None:
        """Wait until every accepted case has ended."""
        await eventually(self._all_ended, LIMIT_SECONDS)

    async def finished(self) -> Snapshot:
        """Wait until every accepted case has ended and all services have heard everything."""
        await self.all_ended()
        await eventually(self._quiet, LIMIT_SECONDS)
        return await snapshot(self.stack)

    async def look(self) -> Snapshot:
        """What the system holds now, at rest or not."""
        return await snapshot(self.stack)

    def unfinished(self, found: Snapshot) -> list[str]:
        """The accepted cases that have not ended."""
        rows = {row["_id"]: row["status"] for row in found.rows("portal", "cases")}
        return [case for case in self.flow.outcomes if rows.get(case) not in FINISHED]

    async def assert_whole(self) -> Snapshot:
        """Wait for the end of all cases; then nothing may be lost or done twice."""
        found = await self.finished()
        faults = broken(found, self.flow.outcomes)
        assert not faults, faults[:20]
        assert await self._metrics("onestop_offset_gaps_total{") == []
        return found

    async def _all_ended(self) -> bool:
        statuses = await self.statuses(self.flow.outcomes)
        return all(statuses.get(case) in FINISHED for case in self.flow.outcomes)

    async def statuses(self, cases: Iterable[str]) -> dict[str, str]:
        """The status of each case, as the portal tells it."""
        found: dict[str, str] = {}
        wanted = list(cases)
        async with plain_http.client(self.stack.url("portal")) as door:
            for start in range(0, len(wanted), 100):
                ids = ",".join(wanted[start : start + 100])
                answer = await door.get("/api/cases", params={"ids": ids})
                found |= {case["case_id"]: case["status"] for case in answer.json()["cases"]}
        return found

    async def _quiet(self) -> bool:
        """Whether no part of the system has anything left to hear."""
        return not await self._metrics("onestop_consumer_lag_messages{")

    async def _metrics(self, name: str) -> list[str]:
        """The values of a metric that are not zero."""
        found: list[str] = []
        async with plain_http.client() as client:
            for part in self.stack.parts:
                if part.name in ("kafka", "mongo", GATEWAY) or not part.child.alive:
                    continue
                lines = (await client.get(f"{part.url}/metrics")).text.splitlines()
                found += [line for line in lines if line.startswith(name) and line[-4:] != " 0.0"]
        return found


async def _begins_anew(kafka: str, group: str, topics: Iterable[str]) -> bool:
    """Whether the group's offsets are gone; the broker deletes them after their topics."""
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=group, enable_auto_commit=False
    ) as consumer:
        partitions = [TopicPartition(name, n) for name in topics for n in range(PARTITIONS)]
        consumer.assign(partitions)
        return not any([await consumer.committed(tp) for tp in partitions])


async def _deleted(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> bool:
    return not set(topics) & set(await admin.list_topics())
