"""One portal with servers of its own: its tests kill them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from pymongo import MongoClient

from infra.local import Stack, plain_http
from services.chassis.broker import Publisher
from tests.integration.portal.counter import Counter
from tests.unit.births import people


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, mongod and the portal."""
    with Stack(tmp_path_factory.mktemp("portal"), services=["portal"]) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def counter(stack: Stack) -> AsyncIterator[Counter]:
    """The portal's counter; it knows a mother and a father."""
    publisher = Publisher(stack.addresses.kafka, 10.0, "tests")
    async with plain_http.client(stack.url("portal"), timeout=30) as http:
        mongo: MongoClient[dict[str, Any]] = MongoClient(stack.addresses.mongo, tz_aware=True)
        counter = Counter(stack, http, publisher, mongo)
        await counter.record(*people().values())
        yield counter
        await publisher.close()
        mongo.close()
