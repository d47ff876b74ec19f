"""Declarations through the door: over HTTP, singly or in batches, by a client that costs little.

httpx takes about as long for a request as the portal does; this one writes prepared bytes and reads
no more of the answer than it must.
"""

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter, open_connection
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from infra.errors import OnestopError
from tests.bench.declarations import Declaration
from tests.bench.feeder import Submitted

BATCH = 500
_BATCHES_AT_ONCE = 4
_SINGLES_AT_ONCE = 64


class Refused(OnestopError):
    """The portal did not accept a declaration that it must accept."""


@dataclass
class Connection:
    """One connection that is kept open, for one request at a time."""

    host: str
    port: int
    _streams: tuple[StreamReader, StreamWriter] | None = field(default=None)

    async def post(self, path: str, headers: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        request = head.encode() + body
        if self._streams is not None:
            # The portal closes a connection that was idle for a few seconds.
            with suppress(IncompleteReadError, ConnectionError):
                return await _exchange(*self._streams, request)
            await self.aclose()
        self._streams = await open_connection(self.host, self.port)
        return await _exchange(*self._streams, request)

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._streams is not None:
            writer = self._streams[1]
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _exchange(
    reader: StreamReader, writer: StreamWriter, request: bytes
) -> tuple[int, bytes]:
    writer.write(request)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = answer.partition(b"content-length:")
    length = int(rest.split(b"\r\n", 1)[0])
    return int(answer.split(b" ", 2)[1]), await reader.readexactly(length)


class _Door:
    """Connections to a portal, as many as there are requests at once."""

    def __init__(self, url: str, at_once: int) -> None:
        address = urlsplit(url)
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._all = [Connection(address.hostname or "", address.port or 80) for _ in range(at_once)]
        for connection in self._all:
            self._free.put_nowait(connection)

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in self._all:
            await connection.aclose()

    async def post(self, path: str, headers: str, body: bytes) -> tuple[int, bytes]:
        """Send on the first connection that is free."""
        connection = await self._free.get()
        try:
            return await connection.post(path, headers, body)
        finally:
            self._free.put_nowait(connection)


class Singles(_Door):
    """Each declaration in a request of its own."""

    def __init__(self, url: str) -> None:
        super().__init__(url, _SINGLES_AT_ONCE)

    async def burst(self, cases: Sequence[Declaration]) -> Submitted:
        """Send all, with as many requests under way as there are connections."""
        submitted: Submitted = {}
        waiting = iter(cases)
        async with asyncio.TaskGroup() as sending:
            for _ in self._all:
                sending.create_task(self._send_all(waiting, submitted))
        return submitted

    async def steady(self, cases: Sequence[Declaration], rate: float) -> Submitted:
        """Send each at its own time, whatever became of those before."""
        submitted: Submitted = {}
        start = time()
        async with asyncio.TaskGroup() as sending:
            for number, case in enumerate(cases):
                await asyncio.sleep(start + number / rate - time())
                sending.create_task(self._send(case, submitted))
        return submitted

    async def _send_all(self, waiting: Iterator[Declaration], submitted: Submitted) -> None:
        for case in waiting:
            await self._send(case, submitted)

    async def _send(self, case: Declaration, submitted: Submitted) -> None:
        at = time()
        headers = f"Content-Type: application/json\r\nIdempotency-Key: {case.key.decode()}\r\n"
        status, body = await self.post("/api/declarations", headers, case.body)
        if status != 202:
            raise Refused(f"{status}: {body.decode()}")
        submitted[from_json(body)["case_id"].encode()] = at


class Batches(_Door):
    """Declarations by the hundreds, as offices that synchronise send them."""

    def __init__(self, url: str) -> None:
        super().__init__(url, _BATCHES_AT_ONCE)

    async def burst(self, cases: Sequence[Declaration]) -> Submitted:
        """Send all in batches, with as many under way as there are connections."""
        submitted: Submitted = {}
        async with asyncio.TaskGroup() as sending:
            for first in range(0, len(cases), BATCH):
                sending.create_task(self._send(cases[first : first + BATCH], submitted))
        return submitted

    async def steady(self, cases: Sequence[Declaration], rate: float) -> Submitted:
        """Raise NotImplementedError: what comes at a steady rate comes singly."""
        raise NotImplementedError

    async def _send(self, cases: Sequence[Declaration], submitted: Submitted) -> None:
        body = b"\n".join(
            b'{"idempotency_key":"%s","declaration":%s}' % (case.key, case.body) for case in cases
        )
        at = time()
        status, answer = await self.post(
            "/api/declarations/batch", "Content-Type: application/x-ndjson\r\n", body
        )
        lines: list[Any] = [from_json(line) for line in answer.splitlines()]
        refused = [line for line in lines if line.get("status") != 202]
        if status != 200 or refused:
            raise Refused(f"{status}: {refused[:1]}")
        submitted.update((line["case_id"].encode(), at) for line in lines)
