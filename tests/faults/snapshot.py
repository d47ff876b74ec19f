"""Everything that a system holds at one moment: its databases and its topics, as they are."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic_core import from_json
from pymongo import MongoClient
from pymongo.read_concern import ReadConcern

from contracts.catalogue import PARTITIONS, catalogue, publisher, topic_of
from contracts.common.events import DeclarationSubmitted
from infra.local import Stack
from services.chassis.journal import Entry, entry_from

Row = dict[str, Any]
Rows = list[Row]


@dataclass(frozen=True)
class Published:
    """A message as it lies in a topic."""

    type: str
    case_id: str
    source: str
    id: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    group: str = ""


@dataclass
class Snapshot:
    """The collections by service and name, and the messages by service."""

    collections: dict[str, dict[str, Rows]]
    topics: dict[str, list[Published]]
    journals: dict[str, dict[str, list[Entry]]] = field(init=False)
    """The entries by service and case, in order."""

    def __post_init__(self) -> None:
        self.journals = {name: _journal(self.rows(name, "journal")) for name in self.collections}

    def rows(self, service: str, collection: str) -> Rows:
        return self.collections[service].get(collection, [])

    def by_case(self, service: str, register: str) -> Counter[str]:
        """How many rows of a register each case has."""
        return Counter(row["_case"] for row in self.rows(service, register))

    def published(self) -> Iterator[Published]:
        """All messages of all topics."""
        for messages in self.topics.values():
            yield from messages

    def submitted(self) -> set[str]:
        """The cases that were accepted: each has its declaration on the portal's topic."""
        return {m.case_id for m in self.topics["portal"] if m.type == DeclarationSubmitted.type}


def _journal(rows: Rows) -> dict[str, list[Entry]]:
    cases: dict[str, list[Entry]] = {}
    for row in sorted(rows, key=lambda row: (row["case_id"], row["n"])):
        cases.setdefault(row["case_id"], []).append(entry_from(row))
    return cases


async def snapshot(stack: Stack) -> Snapshot:
    """Read everything of a stack. What is written meanwhile may be in it or not."""
    return await snapshot_of(stack.addresses.kafka, stack.addresses.mongo, stack.services)


async def snapshot_of(
    kafka: str, mongo: str, services: tuple[str, ...], security: Mapping[str, Any] | None = None
) -> Snapshot:
    """Read everything of these services. What is written meanwhile may be in it or not."""
    collections = await asyncio.to_thread(_collections, mongo, services)
    return Snapshot(collections, await _topics(kafka, services, security or {}))


def _collections(mongo: str, services: tuple[str, ...]) -> dict[str, dict[str, Rows]]:
    client: MongoClient[Row] = MongoClient(mongo, tz_aware=True)
    found: dict[str, dict[str, Rows]] = {}
    with client:
        for service in services:
            database = client.get_database(
                f"onestop_{service.replace('-', '_')}", read_concern=ReadConcern("majority")
            )
            names = database.list_collection_names()
            found[service] = {name: list(database[name].find()) for name in names}
    return found


async def _topics(
    kafka: str, services: tuple[str, ...], security: Mapping[str, Any]
) -> dict[str, list[Published]]:
    events = catalogue().events.values()
    by_topic = {topic_of(e): publisher(e) for e in events if publisher(e) in services}
    found: dict[str, list[Published]] = {service: [] for service in services}
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_000_000,
        **security,
    ) as reader:
        reader.assign([TopicPartition(name, n) for name in by_topic for n in range(PARTITIONS)])
        ends = await reader.end_offsets(reader.assignment())
        while any([await reader.position(tp) < end for tp, end in ends.items()]):
            for tp, records in (await reader.getmany(timeout_ms=200)).items():
                found[by_topic[tp.topic]] += map(_published, records)
    return found


def _published(record: Any) -> Published:
    head = _head(record.value)
    return Published(
        head.get("type", ""),
        head.get("subject", ""),
        head.get("source", ""),
        head.get("id", ""),
        record.value,
        tuple(record.headers),
        head.get("group", ""),
    )


def _head(value: bytes) -> Mapping[str, Any]:
    try:
        head = from_json(value)
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}
