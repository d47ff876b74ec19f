"""The six services with a population, and what an onlooker sees of them."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import MongoClient

from contracts.catalogue import PARTITIONS
from contracts.common.people import Person
from contracts.people.events import PersonRecorded
from infra.issuer import FOLDER
from infra.local import Stack, plain_http
from infra.local.waiting import wait_until
from tests.e2e.metrics import Scrape
from tests.e2e.onestop import LIMIT_SECONDS, Done, onestop
from tests.fire.population import population, write

FAMILIES = 200
"""Of so many `fire` speaks."""
OTHERS = 20
"""Families besides: what becomes of them is no other test's concern."""
RUNS = range(1, 4)
"""The seeds with which the written declarations are sent."""

Document = dict[str, Any]


@dataclass(frozen=True)
class City:
    """A running system."""

    stack: Stack

    @property
    def environment(self) -> dict[str, str]:
        """What the commands need to find this stack and no other."""
        return {
            **os.environ,
            "ONESTOP_KAFKA": self.stack.addresses.kafka,
            "ONESTOP_MONGO": self.stack.addresses.mongo,
            "ONESTOP_URL": self.stack.url("portal"),
            "ONESTOP_ISSUER": str(self.issuer),
            "COLUMNS": "160",
        }

    @property
    def issuer(self) -> Path:
        """Where the keys for officials' tokens are."""
        return self.stack.data / FOLDER

    def onestop(self, *arguments: str) -> Done:
        """Run a command against this stack."""
        return onestop(self.environment, *arguments)

    def fire(self, *arguments: str) -> tuple[int, Document]:
        """Run `onestop fire --json`, and return its exit status and summary."""
        done = self.onestop("fire", "--families", str(FAMILIES), "--json", *arguments)
        assert done.err == ""
        return done.status, json.loads(done.out)

    def import_people(self) -> Done:
        """Import the population, and wait until the portal knows everybody too."""
        file = self.stack.data / "people.ndjson"
        count = write(file, FAMILIES + OTHERS, runs=RUNS)
        done = self.onestop("population", "import", str(file), "--wait")

        def known() -> bool:
            heard = {"type": PersonRecorded.type}
            return self.scrape("portal").total("onestop_events_handled_total", **heard) == count

        assert wait_until(known, LIMIT_SECONDS), done
        return done

    def scrape(self, service: str) -> Scrape:
        """Return the metrics of a service."""
        return Scrape.of(self.stack.url(service))

    def ended(self) -> list[Document]:
        """Return the cases that have ended; a written one waits for what its family supplies."""
        return [case for case in self.cases() if case["status"] != "in-progress"]

    def cases(self) -> list[Document]:
        """Return all cases that the portal lists."""
        found: list[Document] = []
        after: dict[str, str] = {}
        while True:
            asked = {"limit": "500", **after}
            answer = plain_http.get(f"{self.stack.url('portal')}/api/cases", params=asked).json()
            found += answer["cases"]
            if answer["next"] is None:
                return found
            after = {"after": answer["next"]}

    def rows(self, service: str, register: str) -> list[Document]:
        """Return a register of a service."""
        client: MongoClient[Document] = MongoClient(self.stack.addresses.mongo, tz_aware=True)
        with client:
            return list(client[f"onestop_{service.replace('-', '_')}"][register].find())

    def messages(self, topic: str) -> list[Any]:
        """Return all that is on a topic."""
        return asyncio.run(_all_of(self.stack.addresses.kafka, topic))

    def quiet(self) -> bool:
        """Whether everything that was said has been handled."""
        return all(
            self.scrape(name).total("onestop_consumer_lag_messages") == 0
            for name in self.stack.services
        )

    def logs(self) -> Iterator[Path]:
        """Yield the log files of the services."""
        for name in self.stack.services:
            yield self.stack.part(name).child.log


@contextmanager
def inhabited(stack: Stack) -> Iterator[City]:
    """Start a stack, and import the population."""
    with stack:
        city = City(stack)
        imported = city.import_people()
        assert (imported.status, imported.err) == (0, ""), imported
        yield city


def everybody() -> list[Person]:
    """Return everybody in the population of this city."""
    return list(population(FAMILIES + OTHERS, runs=RUNS))


async def _all_of(bootstrap: str, topic: str) -> list[Any]:
    """Read a topic from its beginning to its present end."""
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as reader:
        reader.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        ends = await reader.end_offsets(reader.assignment())
        found: list[Any] = []
        while any([await reader.position(tp) < end for tp, end in ends.items()]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                found += records
        return found
