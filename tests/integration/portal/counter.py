"""The portal's counter as tests stand before it: HTTP in front, Kafka and MongoDB behind."""

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import MongoClient

from contracts.catalogue import PARTITIONS, catalogue, publisher, topic_of
from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.envelope import CONTENT_TYPE, Envelope, Event, envelope_of
from contracts.people.events import PersonRecorded
from infra.local import Stack
from services.chassis.broker import Publisher
from services.chassis.message import Outgoing
from services.chassis.testing import eventually
from tests.unit.births import MOTHER, form

DATABASE = "onestop_portal"

E = TypeVar("E", bound=Event)

_numbers = itertools.count(1)


def declaration(**changes: Any) -> dict[str, Any]:
    """Return what a client sends; `form=` and other fields change it."""
    born = (datetime.now(UTC) - timedelta(days=9)).date().isoformat()
    fields = {
        "group": "birth",
        "declarant": MOTHER,
        "channel": "portal",
        "form": form({"born_on": born}),
    }
    return fields | changes


def new_key() -> str:
    """Return a key that nobody has used."""
    return f"key-{next(_numbers)}-{uuid4().hex[:8]}"


@dataclass
class Counter:
    """One portal and its surroundings."""

    stack: Stack
    http: httpx.AsyncClient
    publisher: Publisher
    mongo: MongoClient[dict[str, Any]] = field(repr=False)

    async def post(
        self, key: str | None = None, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Declare."""
        named = {"Idempotency-Key": key} if key else {}
        content = declaration() if body is None else body
        return await self.http.post("/api/declarations", json=content, headers=named | headers)

    async def accepted(self, key: str | None = None, body: Any = None) -> str:
        """Declare, and return the id of the case."""
        response = await self.post(key or new_key(), body)
        assert response.status_code == 202, response.text
        return str(response.json()["case_id"])

    async def case(self, case_id: str) -> dict[str, Any]:
        """Return the page of a case."""
        response = await self.http.get(f"/api/cases/{case_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def until(self, case_id: str, status: str) -> dict[str, Any]:
        """Wait until the case has this status, and return its page."""

        async def there() -> bool:
            return bool((await self.case(case_id))["status"] == status)

        await eventually(there)
        return await self.case(case_id)

    async def registered(self, case_id: str) -> None:
        """Wait until the register has the case."""
        await eventually(lambda: self.rows("cases", _id=case_id) != [])

    async def publish(
        self, case_id: str, *events: Event, group: str = "birth", entry: int = 1
    ) -> None:
        """Publish events of a case as the agencies do, in this entry of theirs."""
        messages = [outgoing_of(case_id, event, group, entry) for event in events]
        await self.publisher.publish(messages)

    async def record(self, *people: Person, entry: int = 1) -> None:
        """Let the population register tell of people, and wait until the portal knows them."""
        messages = [
            outgoing_of(f"person-{p.personal_id}", PersonRecorded(person=p), "people", entry)
            for p in people
        ]
        await self.publisher.publish(messages)
        for person in people:
            wanted = person.model_dump(mode="json", exclude={"personal_id"})
            await eventually(lambda w=wanted, p=person: self._knows(p, w))

    async def submitted(self, case_id: str) -> list[Envelope[DeclarationSubmitted]]:
        """Return everything that was published of the case's submission."""
        return await self.published(case_id, DeclarationSubmitted)

    async def published(self, case_id: str, event: type[E]) -> list[Envelope[E]]:
        """Return all that the portal published of a case, of one type of event."""
        async with AIOKafkaConsumer(
            bootstrap_servers=self.stack.addresses.kafka, auto_offset_reset="earliest"
        ) as reader:
            reader.assign([TopicPartition(topic_of(event), n) for n in range(PARTITIONS)])
            ends = await reader.end_offsets(reader.assignment())
            records: list[Any] = []
            while any([await reader.position(tp) < end for tp, end in ends.items()]):
                for batch in (await reader.getmany(timeout_ms=200)).values():
                    records += batch
        found = [
            envelope_of(event).model_validate_json(record.value)
            for record in records
            if record.key == case_id.encode()
            and dict(record.headers)["type"] == event.type.encode()
        ]
        assert all(envelope.subject == case_id for envelope in found)
        return found

    def rows(self, collection: str, **filter: Any) -> list[dict[str, Any]]:
        """Return documents of the portal's database."""
        return list(self.mongo[DATABASE][collection].find(filter))

    async def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric, 0 where it has none."""
        return sum([value for named, value in await self._metrics(name) if named == labels])

    async def total(self, name: str, **labels: str) -> float:
        """Return the sum of a metric over all other labels than these."""
        found = await self._metrics(name)
        return sum([value for named, value in found if labels.items() <= named.items()])

    async def _metrics(self, name: str) -> list[tuple[dict[str, str], float]]:
        lines = (await self.http.get("/metrics")).text.splitlines()
        found = filter(None, (re.fullmatch(rf"{name}{{(.*)}} (\S+)", line) for line in lines))
        return [(dict(re.findall(r'(\w+)="([^"]*)"', each[1])), float(each[2])) for each in found]

    async def kill(self, part: str) -> None:
        """Kill a server."""
        await asyncio.to_thread(self.stack.kill, part)

    async def start(self, part: str) -> None:
        """Start it again."""
        await asyncio.to_thread(self.stack.start_part, part)

    def _knows(self, person: Person, wanted: dict[str, Any]) -> bool:
        rows = self.rows("people", _id=person.personal_id)
        return bool(rows) and wanted.items() <= rows[0].items()


def outgoing_of(case_id: str, event: Event, group: str, entry: int = 1) -> Outgoing:
    """Return an event of a case as its agency publishes it."""
    id = uuid4()
    owner = publisher(type(event))
    envelope = envelope_of(type(event))(
        id=id,
        source=f"/services/{owner}",
        type=event.type,
        subject=case_id,
        time=datetime.now(UTC),
        group=group,
        entry=entry,
        correlationid=id,
        data=event,
    )
    assert event.type in catalogue().events
    headers = (("content-type", CONTENT_TYPE.encode()), ("type", event.type.encode()))
    return Outgoing(topic_of(type(event)), case_id.encode(), envelope.encode(), headers)
