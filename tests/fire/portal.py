"""The portal as a client sees it: HTTP, retries with the same key, and problems as answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from time import monotonic
from typing import Any, Self, TypeVar

import httpx

from infra.errors import OnestopError
from tests.fire.answers import NO_ANSWER, Answer, answer_of, body_of
from tests.fire.words import VIET_NAM

MOST_LINES = 500
"""Of one batch, and of the cases asked for at once."""

_AGAIN = {429, 502, 503, 504}
_REQUEST_SECONDS = 30.0
_LONGEST_PAUSE = 5.0
_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news."""

T = TypeVar("T")


class FireError(OnestopError):
    """Nothing can be sent, or what is to be sent cannot be read."""


@dataclass(frozen=True)
class Item:
    """A declaration to send. Items with the same key are the same declaration."""

    key: str
    declaration: dict[str, Any]
    repeats: bool = False
    """Whether it was sent before, on purpose."""


class Portal:
    """Sends declarations and asks for cases. Use it with `async with`.

    429 and 503 are tried again after `Retry-After`, lost connections after a growing pause, always
    with the same key, until `patience` seconds are over; for so long it waits for news too.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = 64,
        patience: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._transport = transport
        self._patience = patience
        self._free = asyncio.Semaphore(connections)
        self._idle: list[httpx.AsyncClient] = []
        self._closing = AsyncExitStack()
        try:
            self._tls = httpx.create_ssl_context()
            self._idle.append(self._new_client())
        except (httpx.InvalidURL, ValueError) as error:
            raise FireError(f"{url} is no address of a portal: {error}") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    def _new_client(self) -> httpx.AsyncClient:
        """Return a client of one connection.

        With all connections in one pool, httpx looks at each of them at each request: 2 ms at 64.
        """
        client = httpx.AsyncClient(
            base_url=self.url,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=_REQUEST_SECONDS,
            trust_env=False,
            verify=self._tls,
            transport=self._transport,
        )
        self._closing.push_async_callback(client.aclose)
        return client

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with self._free:
            # The one used last: its connection is the least likely to have been closed meanwhile.
            client = self._idle.pop() if self._idle else self._new_client()
            try:
                return await client.request(method, path, **options)
            finally:
                self._idle.append(client)

    async def check(self) -> None:
        """Raise `FireError` where nobody answers at the address."""
        try:
            await self._send("GET", "/livez")
        except (httpx.HTTPError, httpx.InvalidURL):
            raise FireError(
                f"no portal answers at {self.url}: start one with `onestop up`,"
                " or say where it is with --url"
            ) from None

    async def today(self) -> date:
        """Return the day it is in Viet Nam by the system's own clock.

        Raises `FireError` where there is no answer.
        """
        clock = await self._clock()
        return datetime.fromisoformat(clock["now"]).astimezone(VIET_NAM).date()

    async def speed(self) -> float:
        """Return how many seconds of the system's clock pass in one of the machine's.

        Raises `FireError` where there is no answer.
        """
        return float((await self._clock())["speed"])

    async def _clock(self) -> Mapping[str, Any]:
        response = await self.ask("GET", "/api/clock")
        if response is None or not response.is_success:
            raise FireError(f"{self.url} does not say what time it is")
        return body_of(response)

    async def declare(self, items: Sequence[Item]) -> list[Answer]:
        """Send one declaration by itself, or several as a batch; answer for each, in order."""
        if len(items) == 1:
            return [await self._declare_one(items[0])]
        answers: dict[int, Answer] = {}
        waiting = list(range(len(items)))
        started = monotonic()
        while waiting:
            given, pause = await self._declare_batch([items[index] for index in waiting])
            answers.update(zip(waiting, given, strict=True))
            waiting = [index for index in waiting if answers[index].status in {NO_ANSWER, *_AGAIN}]
            if not await self._may_try_again(started, pause, bool(waiting)):
                break
        return [answers[index] for index in range(len(items))]

    async def case(self, case_id: str) -> dict[str, Any]:
        """Return a case with its procedures and timeline.

        Raises `FireError` where there is no such case or no answer.
        """
        response = await self.answer("GET", f"/api/cases/{case_id}")
        if response.status_code == 404:
            raise FireError(f"there is no case {case_id} at {self.url}")
        if not response.is_success:
            raise FireError(f"{self.url} does not show case {case_id}: HTTP {response.status_code}")
        return dict(body_of(response))

    async def becomes(self, case_id: str, so: Callable[[dict[str, Any]], bool]) -> bool:
        """Wait until this holds of a case, and say whether it came. Raises as `case` does."""
        return so(await self.until(lambda: self.case(case_id), so))

    async def until(
        self, ask: Callable[[], Awaitable[T]], enough: Callable[[T], object] = bool
    ) -> T:
        """Ask again until the answer is enough, or patience is over; return the last answer."""
        started = monotonic()
        while not enough(answer := await ask()):
            if not await self._may_try_again(started, _INTERVAL):
                break
        return answer

    async def cases(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Return what the list of cases says of these, up to 500; none where it does not answer."""
        response = await self.ask("GET", "/api/cases", params={"ids": ",".join(ids)})
        return [] if response is None else list(body_of(response).get("cases", []))

    async def _declare_one(self, item: Item) -> Answer:
        response = await self.ask(
            "POST",
            "/api/declarations",
            content=_encode(item.declaration),
            headers={"Content-Type": "application/json", "Idempotency-Key": item.key},
        )
        return Answer(NO_ANSWER) if response is None else answer_of(response)

    async def _declare_batch(self, items: Sequence[Item]) -> tuple[list[Answer], float]:
        lines = [
            _encode({"idempotency_key": item.key, "declaration": item.declaration})
            for item in items
        ]
        response = await self.ask(
            "POST",
            "/api/declarations/batch",
            content=b"\n".join(lines),
            headers={"Content-Type": "application/x-ndjson"},
        )
        if response is None:
            return [Answer(NO_ANSWER)] * len(items), 0.0
        pause = _retry_after(response)
        if not response.is_success:
            answer = Answer(response.status_code, problem=dict(body_of(response)))
            return [answer] * len(items), pause
        try:
            answers = [_answer(json.loads(line)) for line in response.text.splitlines()]
        except (ValueError, KeyError, AttributeError):
            raise FireError(f"{self.url} does not answer a batch with lines of JSON") from None
        missing = len(items) - len(answers)
        return answers[: len(items)] + [Answer(NO_ANSWER)] * missing, pause

    async def answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the answer. Raises `FireError` where there is none."""
        response = await self.ask(method, path, **options)
        if response is None:
            raise FireError(f"no answer from {self.url}")
        return response

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """Return the answer; the last 429 or 503, or None, where patience ends before."""
        started = monotonic()
        lost = 0
        while True:
            try:
                response = await self._send(method, path, **options)
            except httpx.TransportError:
                lost += 1
                if not await self._may_try_again(started, min(0.1 * 2**lost, _LONGEST_PAUSE)):
                    return None
                continue
            again = response.status_code in _AGAIN
            if not again or not await self._may_try_again(started, _retry_after(response)):
                return response

    async def _may_try_again(self, started: float, pause: float, wanted: bool = True) -> bool:
        """Wait for the pause, unless nothing is left to do or patience would end within it."""
        if not wanted or monotonic() - started + pause > self._patience:
            return False
        await asyncio.sleep(pause)
        return True


def repeated_of(item: Item) -> Item:
    """Return the same declaration, sent again on purpose."""
    return replace(item, repeats=True)


def _answer(line: dict[str, Any]) -> Answer:
    return Answer(line["status"], line.get("case_id"), line.get("problem"))


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _retry_after(response: httpx.Response) -> float:
    """Return the seconds that the answer asks to wait; 1 where it says nothing we understand."""
    try:
        return min(float(response.headers.get("Retry-After", "1")), _LONGEST_PAUSE)
    except ValueError:
        return 1.0
