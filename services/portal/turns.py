"""Turns: only so many batches are read and accepted at a time, the others wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from services.portal.problems import refused


@dataclass
class Turn:
    """The turn of one batch."""

    until: float
    """When it is to be answered, by the event loop's clock."""
    work: asyncio.Future[Any] | None = field(default=None)
    """What goes on when the answer was due; the turn is not over before it is done."""


class Turns:
    """Lets so many in at a time, in the order in which they came.

    What hundreds of declarations are parsed to is large, and memory that was taken for many batches
    at once is hardly ever given back: eight at once took the portal from 151 to 198 MB.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def turn(self, within: float) -> AsyncIterator[Turn]:
        """Wait for a turn of what is to be answered within so many seconds.

        Half of them at most: who has a turn has time to use it, or under a lasting flood each
        batch would be accepted too late to be told so. Raises `Problem` 503 where none is free.
        """
        until = asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(until - within / 2):
                await self._free.acquire()
        except TimeoutError:
            raise refused(503, "unavailable") from None
        turn = Turn(until)
        try:
            yield turn
        finally:
            if turn.work is None:
                self._free.release()
            else:
                turn.work.add_done_callback(lambda _: self._free.release())
