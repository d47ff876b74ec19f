"""Real services, each test's in databases of its own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from infra.local import Stack
from tests.integration.operate.agencies import Agencies


@pytest_asyncio.fixture
async def agencies(servers: Stack) -> AsyncIterator[Agencies]:
    """Services under their real names, which have heard nothing yet."""
    opened = Agencies(servers, f"t{uuid4().hex[:8]}_")
    await opened.prepare()
    yield opened
    for name in list(opened.running):
        await opened.close(name)
