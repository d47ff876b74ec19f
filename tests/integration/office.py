"""A service of a test's own procedures on the real servers, and eyes to see what it did."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.catalogue import topic
from contracts.envelope import Envelope, Event, envelope_of
from infra.local import Stack
from infra.local.topics import create_topics
from services.chassis.broker import Publisher
from services.chassis.folding import Folder
from services.chassis.journal import Entry
from services.chassis.message import Headers, Message, Outgoing
from services.chassis.procedure import Procedure
from services.chassis.reading import Reader
from services.chassis.runtime import Runtime
from services.chassis.service import DECIDING
from services.chassis.settings import Haste, Settings
from services.chassis.signing import Signer
from services.chassis.testing import POINTS, Act, eventually, inject
from tests.integration.events import CITIZEN, NOON, Answered, Paid, Passed, Told

LIMIT_SECONDS = 20.0
PARTITIONS = 3
CATALOGUED: tuple[type[Event], ...] = (Told, Paid, Answered, Passed)
NO_GROUPS: Mapping[str, str] = {}

_numbers = itertools.count(1)
_run = uuid4().hex[:6]


class PowerCut(Exception):
    """The process ends here."""


async def power_cut() -> None:
    """End a batch at a point of the loop, as a crash does; the test hands it in again."""
    raise PowerCut


class Gate:
    """Holds an office at a point of its loop until it is opened."""

    def __init__(self) -> None:
        self.reached, self._opened = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self._opened.wait()

    def open(self) -> None:
        self._opened.set()


@dataclass
class Said:
    """What a service published: the bytes, and what they mean."""

    key: bytes
    value: bytes
    headers: dict[str, bytes]
    envelope: Envelope[Answered]

    @property
    def text(self) -> str:
        return self.envelope.data.text


@dataclass
class Office:
    """One service with its own topics and database."""

    runtime: Runtime
    _offsets: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def kafka(self) -> str:
        return self.runtime.settings.kafka

    @property
    def topics(self) -> tuple[str, ...]:
        return self.runtime.subscription.topics

    def topic_of(self, event: type[Event]) -> str:
        """The topic on which this office hears the event."""
        return self.topics[1] if event is Paid else self.topics[0]

    def message(
        self,
        case: str,
        event: Event,
        *,
        id: UUID | None = None,
        source: str = CITIZEN,
        entry: int = 0,
        group: str = "test",
        headers: Headers = (),
    ) -> Message:
        """The event as it would arrive from Kafka."""
        cause = id or uuid5(NAMESPACE_URL, f"citizen/{next(_numbers)}")
        envelope: Envelope[Any] = envelope_of(type(event)).model_construct(
            id=cause,
            source=source,
            type=event.type,
            subject=case,
            time=NOON,
            group=group,
            entry=entry,
            correlationid=cause,
            data=event,
        )
        return self.raw(envelope.encode(), case, type(event), headers)

    def raw(
        self,
        value: bytes | None,
        case: str = "case",
        event: type[Event] = Told,
        headers: Headers = (),
    ) -> Message:
        """Any bytes as they would arrive from Kafka, on the topic of that event."""
        timestamp = int(NOON.timestamp() * 1000)
        offset = next(self._offsets)
        return Message(self.topic_of(event), 0, offset, timestamp, case.encode(), value, headers)

    def changed(self, message: Message, change: Callable[[dict[str, Any]], Any]) -> Message:
        """The message with something changed in its envelope."""
        envelope = json.loads(message.value or b"")
        change(envelope)
        return replace(message, value=json.dumps(envelope).encode())

    async def handle(self, *messages: Message) -> int:
        """Handle them as one batch, without Kafka in between; return how many were for it."""
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.runtime.consumer.handle(messages)

    async def tell(self, case: str, *events: Event) -> None:
        """Handle these events, new ones, as one batch."""
        await self.handle(*[self.message(case, event) for event in events])

    async def send(self, *messages: Message) -> None:
        """Publish to Kafka, from where a started office hears them."""
        publisher = Publisher(self.kafka, LIMIT_SECONDS, "citizen")
        outgoing = [Outgoing(m.topic, m.key or b"", m.value or b"", m.headers) for m in messages]
        try:
            await publisher.publish(outgoing)
        finally:
            await publisher.close()

    def at(self, point: str, act: Act, number: int = 1) -> None:
        """Do something in this office alone when its loop passes a point."""
        owner = POINTS[point].owner
        (target,) = [
            value for value in vars(self.runtime.collaborators).values() if isinstance(value, owner)
        ]
        inject(point, act, at=number, target=target)

    def mend(self) -> None:
        """Take away everything that was put at points of the loop."""
        for point in POINTS.values():
            for value in vars(self.runtime.collaborators).values():
                vars(value).pop(point.method, None)

    async def start(self) -> None:
        """Run as a process would, and wait until it is ready and has its partitions."""
        await self.runtime.start()
        await eventually(lambda: not self.runtime.health.problems)
        await eventually(lambda: bool(self.runtime.subscription.partitions))

    async def committed(self) -> int:
        """How many messages the group has put behind it, over all its partitions."""
        async with AIOKafkaConsumer(
            bootstrap_servers=self.kafka, group_id=self.runtime.name, enable_auto_commit=False
        ) as consumer:
            partitions = [TopicPartition(t, n) for t in self.topics for n in range(PARTITIONS)]
            consumer.assign(partitions)
            return sum([await consumer.committed(tp) or 0 for tp in partitions])

    async def entries(self, case: str = "case") -> list[Entry]:
        """The journal of a case."""
        return await self.runtime.journal.case(case)

    async def rows(self, collection: str) -> dict[str, dict[str, Any]]:
        """A collection of the office's database by `_id`, without what the chassis adds."""
        found = await self.runtime.store.collection(collection).find({})
        hidden = ("_id", "_version", "_case")
        return {row["_id"]: {k: v for k, v in row.items() if k not in hidden} for row in found}

    async def letters(self) -> list[dict[str, Any]]:
        """The dead letters, oldest first."""
        return await self.runtime.dead_letters.find()

    async def said(self) -> list[Said]:
        """Everything that the office has published until now, in order of each partition."""
        name = topic(self.runtime.name)
        return [_said(record) for record in await read_all(self.kafka, name)]

    async def texts(self) -> list[str]:
        """The texts of all answers published, in the order of the alphabet."""
        return sorted(said.text for said in await self.said())


def _said(record: Any) -> Said:
    envelope = envelope_of(Answered).model_validate_json(record.value)
    return Said(record.key, record.value, dict(record.headers), envelope)


async def read_all(bootstrap: str, name: str, partitions: int = PARTITIONS) -> list[Any]:
    """Read a topic from its beginning to its present end."""
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as reader:
        numbers = reader.partitions_for_topic(name) or set(range(partitions))
        reader.assign([TopicPartition(name, number) for number in sorted(numbers)])
        ends = await reader.end_offsets(reader.assignment())
        found: list[Any] = []
        while any([await reader.position(tp) < end for tp, end in ends.items()]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                found.extend(records)
        return found


@dataclass
class Offices:
    """Opens offices on the same servers."""

    servers: Stack
    opened: list[Office]

    def open(
        self,
        *procedures: Procedure[Any],
        door: bool = False,
        groups: Mapping[str, str] = NO_GROUPS,
        haste: Haste = DECIDING,
        signer: Signer | None = None,
        **settings: Any,
    ) -> Office:
        """Return an office that has not been started, with topics of its own."""
        name = f"office-{_run}-{next(_numbers)}"
        topics = (f"{name}-citizen.events", f"{name}-bank.events")
        create_topics(self.servers.addresses.kafka, (*topics, topic(name)), PARTITIONS)
        return self._open(
            *(name, topics, procedures, settings, groups), door=door, haste=haste, signer=signer
        )

    def again(self, office: Office, *procedures: Procedure[Any], **settings: Any) -> Office:
        """Return one more replica of an office, or a new version of it."""
        return self._open(office.runtime.name, office.topics, procedures, settings)

    def _open(
        self,
        name: str,
        topics: tuple[str, ...],
        procedures: Sequence[Procedure[Any]],
        settings: dict[str, Any],
        groups: Mapping[str, str] = NO_GROUPS,
        *,
        door: bool = False,
        haste: Haste = DECIDING,
        signer: Signer | None = None,
    ) -> Office:
        addresses = self.servers.addresses
        defaults = {
            "kafka": addresses.kafka,
            "mongo": addresses.mongo,
            "database_prefix": "test_",
            "commit_interval": 0.05,
            "source_interval": 0.05,
        }
        chosen = Settings.model_validate({**defaults, **settings})
        handled = {type for procedure in procedures for type in procedure.handles}
        reader = Reader(
            [event for event in CATALOGUED if event.type in handled],
            [event.type for event in CATALOGUED],
            reports_unknown=door,
        )
        secret = chosen.secret.get_secret_value()
        grouped = [(procedure, groups.get(procedure.name)) for procedure in procedures]
        folder = Folder(name, grouped, secret=secret, signer=signer)
        office = Office(Runtime(name, topics, reader, folder, chosen, haste=haste))
        self.opened.append(office)
        return office
