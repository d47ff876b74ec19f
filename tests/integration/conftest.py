"""One real Kafka broker and one real mongod for all integration tests."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import pytest_asyncio

from infra.local import Stack
from tests.integration.office import Office, Offices
from tests.integration.operate.agencies import Agencies


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The servers alone, without topics or services, on free ports."""
    with Stack(tmp_path_factory.mktemp("servers"), services=[], topic_names=[]) as stack:
        yield stack


@pytest_asyncio.fixture
async def offices(servers: Stack) -> AsyncIterator[Offices]:
    """Opens services of the test's own procedures, each with topics and a database of its own."""
    opened: list[Office] = []
    yield Offices(servers, opened)
    for office in reversed(opened):
        await office.runtime.stop()


@pytest_asyncio.fixture
async def agencies(servers: Stack) -> AsyncIterator[Agencies]:
    """Services under their real names, which have heard nothing yet, in databases of their own."""
    opened = Agencies(servers, f"t{uuid4().hex[:8]}_")
    await opened.prepare()
    yield opened
    for name in list(opened.running):
        await opened.close(name)
