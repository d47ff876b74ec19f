"""The door of the measurement is not held up by a connection that the portal had closed."""

import asyncio
from contextlib import aclosing

from tests.bench.door import Connection

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"


async def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    connections = 0

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        writer.close()

    async with (
        await asyncio.start_server(answer_once, "127.0.0.1", 0) as server,
        aclosing(Connection(*server.sockets[0].getsockname())) as connection,
    ):
        for _ in range(3):
            assert await connection.post("/", "", b"") == (202, b"{}")
    assert connections == 3
