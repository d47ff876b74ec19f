"""The portal as an ASGI application: routers, health, lifespan, and every error as a problem."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus

import httpx
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.chassis.store import StoreUnavailable
from services.portal.cases import Cases
from services.portal.documents import Documents
from services.portal.family import Families
from services.portal.fields import sentence_of
from services.portal.inbox import Inboxes
from services.portal.intake import Intake
from services.portal.officials import Tokens
from services.portal.payouts import Instructions
from services.portal.problems import Problem, as_it_is, error, invalid, refused
from services.portal.proposing import Proposals
from services.portal.queue import Queue
from services.portal.second_thoughts import Petitions
from services.portal.sentences import sentence
from services.portal.successions import Successions
from services.portal.webhook import DELIVER_SECONDS, Receiver, Webhook, begin, client

log = logging.getLogger(__name__)

OBSERVE_SECONDS = 5.0
"""How often the metrics of unfinished cases are counted anew."""
SETTLE_SECONDS = 1.0
"""How often running cases of declarants who have died are looked for."""


def application(service: Service, routers: Sequence[APIRouter]) -> FastAPI:
    """Return the application: these routers, and the service's own health and metrics."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        receiver = Receiver.from_environment()
        # Closed after the service, whose tasks use it.
        async with client() as http, service.lifespan(app):
            runtime = service.runtime
            successions = Successions(runtime)
            app.state.documents = Documents.from_environment(runtime)
            keys = app.state.documents.keys
            app.state.intake, app.state.cases = Intake(runtime, successions, keys), Cases(runtime)
            app.state.instructions, app.state.clock = Instructions(runtime), runtime.clock
            app.state.queue, app.state.tokens = Queue(runtime), Tokens.from_environment()
            app.state.proposals = Proposals(runtime)
            app.state.families, app.state.inboxes = Families(runtime), Inboxes(runtime)
            app.state.petitions = Petitions(runtime)
            state = app.state
            asked = (state.inboxes, state.proposals)
            for part in (state.cases, state.queue, *asked, state.instructions, successions):
                runtime.before_consuming(part.prepare)
            runtime.every(OBSERVE_SECONDS, app.state.cases.observe)
            runtime.every(SETTLE_SECONDS, successions.settle)
            begin(runtime.name)
            if receiver is not None:
                _tell_outside(runtime, receiver, http)
            yield

    health = {route.path for route in service.routes()}
    # Its documentation needs nothing from the internet: an office may have none.
    app = FastAPIOffline(
        title="Onestop portal",
        summary="One declaration, every procedure.",
        version="1",
        lifespan=lifespan,
        redoc_url=None,
        # Spans of requests, where tracing is on. Nothing of exceptions: their texts may hold
        # personal data.
        telemetry={
            "auto_configure": False,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "exclude": lambda scope: scope["path"] in health,
        },
    )
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(service.routes())
    for kind, handler in (
        (Problem, _problem),
        (HTTPException, _http),
        (RequestValidationError, _invalid),
        (StoreUnavailable, _unavailable),
        (Exception, _fault),
    ):
        app.add_exception_handler(kind, handler)
    openapi = app.openapi
    app.openapi = cache(lambda: as_it_is(openapi()))  # type: ignore[method-assign]
    return app


def _tell_outside(runtime: Runtime, receiver: Receiver, http: httpx.AsyncClient) -> None:
    """Tell the families by the channel outside too."""
    webhook = Webhook(runtime, receiver, http)
    runtime.before_consuming(webhook.prepare)
    runtime.every(DELIVER_SECONDS, webhook.deliver)
    runtime.every(OBSERVE_SECONDS, webhook.observe)


async def _problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _http(_: Request, raised: Exception) -> Response:
    """Answer what the framework found: no such path, a method that is not allowed."""
    assert isinstance(raised, HTTPException)
    phrase = HTTPStatus(raised.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    why = {404: sentence("not-found"), 405: sentence("method-not-allowed")}
    text = why.get(raised.status_code) or sentence("not-answered", why=raised.detail)
    response = Problem(raised.status_code, kind, text).response()
    response.headers.update(raised.headers or {})
    return response


async def _invalid(_: Request, raised: Exception) -> Response:
    """Answer a parameter that FastAPI refused."""
    assert isinstance(raised, RequestValidationError)
    errors = [error(".".join(map(str, e["loc"])), sentence_of(e)) for e in raised.errors()]
    return invalid(errors, "invalid-request").response()


async def _unavailable(_: Request, __: Exception) -> Response:
    return Problem(503, "unavailable", sentence("store-away")).response()


async def _fault(_: Request, fault: Exception) -> Response:
    log.error("a request failed", exc_info=fault)
    return refused(500, "internal").response()
