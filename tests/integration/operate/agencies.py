"""Real services on the real servers, and their commands as an operator runs them."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from typer.testing import CliRunner

from contracts.catalogue import PARTITIONS, catalogue, topic
from contracts.common.calendar import local_date
from contracts.common.people import Person
from contracts.envelope import Event
from infra.local import Stack
from infra.local.topics import create_topics
from services.chassis.broker import Publisher
from services.chassis.message import Outgoing
from services.chassis.operate import command
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.testing import eventually
from services.population.importing import people as importer
from services.portal import declaration
from services.portal.identity import new_identity
from tests.fire.births import Births
from tests.fire.families import families
from tests.integration.office import LIMIT_SECONDS
from tests.integration.portal.counter import outgoing_of

FAMILIES = 400


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass
class Agencies:
    """Services under the names and topics that they really have, in databases of their own."""

    servers: Stack
    prefix: str
    running: dict[str, Runtime] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings(
            kafka=self.servers.addresses.kafka,
            mongo=self.servers.addresses.mongo,
            database_prefix=self.prefix,
            commit_interval=0.05,
            source_interval=0.05,
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "ONESTOP_KAFKA": self.settings.kafka,
            "ONESTOP_MONGO": self.settings.mongo,
            "ONESTOP_DATABASE_PREFIX": self.prefix,
        }

    async def prepare(self) -> None:
        """Create the topics, and pass over what earlier tests have said on them."""
        create_topics(self.settings.kafka, catalogue().topics, PARTITIONS)
        for name in catalogue().services:
            await self._pass_over(name)

    async def _pass_over(self, group: str) -> None:
        async with AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka, group_id=group, enable_auto_commit=False
        ) as reader:
            reader.assign(
                [TopicPartition(name, n) for name in catalogue().topics for n in range(PARTITIONS)]
            )
            ends = await reader.end_offsets(reader.assignment())
            await reader.commit({tp: OffsetAndMetadata(end, "") for tp, end in ends.items()})

    async def open(self, name: str, service: Service | None = None) -> Runtime:
        """Run a service, or another version of it, and wait until it is ready."""
        runtime = (service or real(name)).build(self.settings)
        self.running[name] = runtime
        await runtime.start()
        await eventually(lambda: not runtime.health.problems)
        await eventually(lambda: len(runtime.subscription.partitions) == PARTITIONS)
        return runtime

    async def close(self, name: str) -> None:
        await self.running.pop(name).stop()

    async def publish(self, service: str, *values: bytes, key: bytes = b"case") -> None:
        """Put raw messages on the topic of a service."""
        await self._send([Outgoing(topic(service), key, value, ()) for value in values])

    async def tell(self, case: str, *events: Event, group: str) -> None:
        """Publish events of a case as the agencies do."""
        await self._send([outgoing_of(case, event, group) for event in events])

    async def declare(self, count: int) -> list[str]:
        """Submit declarations of births that will be registered, and return their cases."""
        now = datetime.now(UTC)
        births = Births(local_date(now), FAMILIES).sequence(0, 50 * count)
        granted = [birth.declaration for birth in births if birth.outcome == "completed"][:count]
        messages = [_submitted(raw, now) for raw in granted]
        await self._send(messages)
        return [message.key.decode() for message in messages]

    async def _send(self, messages: Sequence[Outgoing]) -> None:
        publisher = Publisher(self.settings.kafka, LIMIT_SECONDS, "test")
        try:
            await publisher.publish(messages)
        finally:
            await publisher.close()

    async def heard_on(self, service: str, case: str) -> list[Any]:
        """Return the messages of a case on the topic of a service."""
        async with AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka, auto_offset_reset="earliest"
        ) as reader:
            reader.assign([TopicPartition(topic(service), n) for n in range(PARTITIONS)])
            ends = await reader.end_offsets(reader.assignment())
            found: list[Any] = []
            while any([await reader.position(tp) < end for tp, end in ends.items()]):
                for records in (await reader.getmany(timeout_ms=200)).values():
                    found += [record for record in records if record.key == case.encode()]
        return found

    async def operate(self, service: str, *arguments: str) -> Done:
        """Run a service's own command, in a thread of this process: a start of Python is dear."""
        cli = command(real(service), importer=importer if service == "population" else None)
        done = await asyncio.to_thread(
            CliRunner().invoke, cli, arguments, env=self._environment, catch_exceptions=False
        )
        return Done(done.exit_code, done.stdout, done.stderr)

    async def onestop(self, *arguments: str) -> Done:
        """Run the umbrella's command, which runs the services' own: all in real processes."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.cli", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment},
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in err, err.decode()
        return Done(process.returncode, out.decode(), err.decode())


def people(count: int) -> list[Person]:
    """Return that many people."""
    everybody = (person for family in families(count=FAMILIES) for person in family.people)
    return list(islice(everybody, count))


def _submitted(raw: dict[str, Any], now: datetime) -> Outgoing:
    """Return a declaration as the portal publishes it."""
    filled = declaration.filled(declaration.sent(raw))
    known = {person.personal_id: person for person in people(3 * FAMILIES)}
    identity = new_identity(None, now)
    event = declaration.encode(declaration.event_of(filled, known, now), identity)
    return Outgoing(topic("portal"), identity.case_id.encode(), event, ())


def real(name: str) -> Service:
    """Return the service of that name as it is deployed."""
    service: Service = import_module(f"services.{name.replace('-', '_')}.main").service
    return service
