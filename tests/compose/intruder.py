"""Run as one service in the profile `secure`: what it tries, and what becomes of each try.

Prints one JSON object: "allowed", or the name of the error, by what was tried.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from contracts.catalogue import topic
from services.chassis.broker import PLAIN, Publisher, Security, existing_topics
from services.chassis.message import Outgoing
from services.chassis.security import client_options
from services.chassis.settings import Settings

LIMIT_SECONDS = 20.0
STORE_MS = 5_000
ME, HEARD, OTHER = "residence", "population", "portal"


async def attempt(act: Callable[[], Awaitable[Any]]) -> str:
    """What becomes of it: the error that began it all, where there is one."""
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await act()
    except (KafkaError, PyMongoError, OSError) as error:
        return type(error.__cause__ or error).__name__
    return "allowed"


async def tried(settings: Settings) -> dict[str, Any]:
    options = client_options(settings)
    wrong = {**options, "sasl_plain_password": "wrong"}
    nobody = settings.mongo.split("@")[1]

    async def publish(service: str) -> None:
        publisher = Publisher(settings.kafka, LIMIT_SECONDS / 2, "intruder", options)
        try:
            await publisher.publish([Outgoing(topic(service), b"nothing", b"{}", ())])
        finally:
            await publisher.close()

    async def follow(group: str) -> None:
        partition = TopicPartition(topic(HEARD), 0)
        async with AIOKafkaConsumer(
            bootstrap_servers=settings.kafka, group_id=group, enable_auto_commit=False, **options
        ) as consumer:
            consumer.assign([partition])
            await consumer.committed(partition)

    async def look(security: Security) -> None:
        await existing_topics(settings.kafka, security)

    async def read(url: str, service: str) -> None:
        def find() -> None:
            with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=STORE_MS) as client:
                client[f"onestop_{service}"]["journal"].find_one()

        await asyncio.to_thread(find)

    return {
        "sees": sorted(await existing_topics(settings.kafka, options)),
        "publish as itself": await attempt(lambda: publish(ME)),
        "publish as another": await attempt(lambda: publish(OTHER)),
        "its own group": await attempt(lambda: follow(ME)),
        "another's group": await attempt(lambda: follow(OTHER)),
        "wrong password": await attempt(lambda: look(wrong)),
        "plain text": await attempt(lambda: look(PLAIN)),
        "its own database": await attempt(lambda: read(settings.mongo, ME)),
        "another's database": await attempt(lambda: read(settings.mongo, OTHER)),
        "no name": await attempt(lambda: read(f"mongodb://{nobody}", ME)),
        "store in plain text": await attempt(
            lambda: read(settings.mongo.replace("tls=true&tlsCAFile=/authority/ca.pem", ""), ME)
        ),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(tried(Settings.from_environment()))))
