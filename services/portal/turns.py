"""Turns: only so many batches are read and accepted at a time, the others wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.portal.problems import refused


class Turns:
    """Lets so many in at a time, in the order in which they came.

    What hundreds of declarations are parsed to is large, and memory that was taken for many batches
    at once is hardly ever given back: eight at once took the portal from 151 to 198 MB.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def turn(self, until: float) -> AsyncIterator[None]:
        """Wait for a turn, until this time of the event loop's clock.

        Raises `Problem` 503 where none is free by then.
        """
        try:
            async with asyncio.timeout_at(until):
                await self._free.acquire()
        except TimeoutError:
            raise refused(503, "unavailable") from None
        try:
            yield
        finally:
            self._free.release()
