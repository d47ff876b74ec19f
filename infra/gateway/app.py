"""The bank's API: `PUT` and `GET /payments/{id}`, `GET /statement`, and switches for its faults."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.gateway.books import Books, Order, standing
from infra.gateway.faults import Faults, sandbox

SETTLE_SECONDS = 0.05
Seconds = Callable[[], float]
"""A clock: seconds since the epoch."""
Answer = Callable[[Request], Awaitable[Response]]


class Gateway:
    """Answers requests from the books."""

    def __init__(self, books: Books, clock: Seconds) -> None:
        self._books, self._clock = books, clock
        self._settling: asyncio.Task[None] | None = None

    async def order(self, request: Request) -> Response:
        """Take an order, or say how it stands: the same id is the same payment."""
        try:
            order = Order.model_validate_json(await request.body())
        except ValidationError as error:
            return _problem(422, error)
        id = request.path_params["id"]
        try:
            row, new = self._books.take(id, order, self._clock())
        except ValueError as error:
            return JSONResponse({"detail": str(error)}, 409)
        loses = sandbox(order.payout).loses_answer or self._books.faults().strikes("silent", id)
        if new and loses:
            return JSONResponse({"detail": "a fault of the bank"}, 500)
        return JSONResponse(standing(row), 202 if new else 200)

    async def payment(self, request: Request) -> Response:
        """Say how a payment stands."""
        row = self._books.payment(request.path_params["id"])
        if row is None:
            return JSONResponse({"detail": "no payment has this id"}, 404)
        return JSONResponse(standing(row))

    async def statement(self, request: Request) -> Response:
        """Tell what became of payments after a line of the statement."""
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            return JSONResponse({"detail": "after is the number of a line"}, 422)
        rows = self._books.statement(int(after))
        next = rows[-1]["n"] if rows else int(after)
        return JSONResponse({"lines": [standing(row) for row in rows], "next": next})

    async def movements(self, _: Request) -> Response:
        """Tell every movement of money, for those who check the books."""
        return JSONResponse([dict(row) for row in self._books.movements()])

    async def faults(self, request: Request) -> Response:
        """Say which faults are turned on, or turn them on and off."""
        if request.method == "PUT":
            try:
                self._books.turn(Faults.model_validate_json(await request.body()))
            except ValidationError as error:
                return _problem(422, error)
        return JSONResponse(self._books.faults().model_dump())

    def unless_away(self, answer: Answer) -> Answer:
        """Return the same answer, or 503 while the bank is away."""

        async def answered(request: Request) -> Response:
            if self._books.faults().away:
                return JSONResponse({"detail": "the bank is closed"}, 503)
            return await answer(request)

        return answered

    async def well(self, _: Request) -> Response:
        """Say whether payments are carried out: a bank that only takes orders is not well."""
        well = self._settling is not None and not self._settling.done()
        return JSONResponse({"well": well}, 200 if well else 503)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Carry out payments meanwhile."""
        self._settling = asyncio.create_task(self._settle())
        try:
            yield
        finally:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)

    async def _settle(self) -> None:
        while True:
            if not self._books.faults().away:
                self._books.settle(self._clock())
            await asyncio.sleep(SETTLE_SECONDS)


def application(books: Books, clock: Seconds) -> Starlette:
    """Return the bank as an ASGI application."""
    gateway = Gateway(books, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with gateway.open():
            yield
        books.close()

    return Starlette(
        routes=[
            Route("/payments/{id:path}", gateway.unless_away(gateway.order), methods=["PUT"]),
            Route("/payments/{id:path}", gateway.unless_away(gateway.payment)),
            Route("/statement", gateway.unless_away(gateway.statement)),
            Route("/movements", gateway.movements),
            Route("/faults", gateway.faults, methods=["GET", "PUT"]),
            Route("/livez", gateway.well),
            Route("/readyz", gateway.well),
        ],
        lifespan=lifespan,
    )


def _problem(status: int, error: ValidationError) -> Response:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "the body"
    return JSONResponse({"detail": f"{where}: {first['msg']}"}, status)
