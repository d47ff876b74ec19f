"""A service: a name, its procedures and their rules. What it listens to and publishes follows."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.catalogue import catalogue, topic_of
from services.chassis import tracing
from services.chassis.folding import Folder
from services.chassis.procedure import Procedure
from services.chassis.reading import Reader
from services.chassis.rules import Rules
from services.chassis.runtime import Runtime
from services.chassis.settings import Haste, Settings
from services.chassis.signing import VARIABLE, Keyring, Signer

log = logging.getLogger(__name__)

DECIDING = Haste(fast=250, gather=0.25)
WATCHING = Haste(
    fast=1000,
    gather=2.5,
    apart=0.06,
    batch=300,
    read=4800,
    lanes=2,
)
"""The door hears everything, and no case waits for it. Its messages lead to more than others do, so
that fewer of them are in memory at once; and it is the last at work when there is much."""

Beside = Callable[[Runtime], AbstractAsyncContextManager[None]]
"""What a service does besides handling messages, while it runs: `runtime.every` repeats it."""


class Service:
    """One agency, or the door.

    The door hears every event there is, dead-letters those that nobody has catalogued, and is ready
    without the broker, to be able to say that it is away.
    """

    def __init__(
        self,
        name: str,
        *,
        procedures: Sequence[Procedure[Any]],
        rules: Rules[Any] | None = None,
        door: bool = False,
        beside: Sequence[Beside] = (),
        taken_in: Sequence[str] = (),
    ) -> None:
        """`taken_in` names collections of what came in from outside; see `chassis.outside`."""
        self.name, self.door, self.taken_in = name, door, tuple(taken_in)
        self._beside = tuple(beside)
        self.procedures = tuple(procedures)
        self._rules = rules
        self._runtime: Runtime | None = None

    @property
    def handles(self) -> frozenset[str]:
        """The types of all events that the procedures handle."""
        return frozenset().union(*(procedure.handles for procedure in self.procedures))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics on which these events arrive."""
        events = catalogue().events
        return tuple(sorted({topic_of(events[type]) for type in self.handles}))

    @property
    def runtime(self) -> Runtime:
        """What the running service holds. Raises `RuntimeError` while it does not run."""
        if self._runtime is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._runtime

    @property
    def is_alive(self) -> bool:
        """Whether it makes progress; also while it does not run yet, or no longer."""
        runtime = self._runtime  # once: another thread asks, too
        return runtime is None or runtime.is_stopping or runtime.health.alive

    def rules_in(self, settings: Settings) -> Rules[Any] | None:
        """Return the service's rules, with those added that the operator has for it.

        Raises `RulesError` for a file that cannot be used.
        """
        file = settings.rules and settings.rules / f"{self.name}.toml"
        if self._rules is None or not file or not file.exists():
            return self._rules
        return self._rules.amended(file.read_text("utf-8"), str(file))

    def build(self, settings: Settings) -> Runtime:
        """Return a runtime that has not been started. Raises as `rules_in`, and `SettingsError`."""
        known = catalogue()
        groups = {spec.name: group for group in known.groups for spec in _specs(group)}
        rules = self.rules_in(settings)
        folder = Folder(
            self.name,
            [(procedure, groups.get(procedure.name)) for procedure in self.procedures],
            secret=settings.secret.get_secret_value(),
            rules=rules,
            rules_version=rules.version if rules else "",
            signer=self.signer_in(settings),
        )
        reader = Reader(
            [known.events[type] for type in sorted(self.handles)],
            known.events,
            reports_unknown=self.door,
        )
        haste = WATCHING if self.door else DECIDING
        return Runtime(self.name, self.topics, reader, folder, settings, haste=haste)

    def signer_in(self, settings: Settings) -> Signer | None:
        """Return who signs what this service says; None where nothing is signed.

        Raises `SettingsError` for keys that cannot be used.
        """
        types = catalogue().signed_by(self.name)
        if not types:
            return None
        if settings.signing_keys is None:
            return None
        return Signer(Keyring.of(settings.signing_keys, self.name), types)

    def warnings(self, settings: Settings) -> Iterator[str]:
        """Yield what an operator should know of these settings, each in a line of the log."""
        if settings.demonstrates:
            yield (
                "ONESTOP_SECRET is the demonstration's: whoever knows a case can compute its"
                " numbers; choose your own before the first one is given, and keep it for ever"
            )
        if settings.signing_keys is None and catalogue().signed_by(self.name):
            yield f"{VARIABLE} names no keys: what is decided here is not signed"

    @asynccontextmanager
    async def lifespan(self, _: Any = None) -> AsyncIterator[None]:
        """Run the service while an ASGI application is up."""
        with tracing.running(self.name):
            self._runtime = self.build(Settings.from_environment())
            for warning in self.warnings(self._runtime.settings):
                log.warning(warning)
            await self._runtime.start()
            try:
                async with AsyncExitStack() as entered:
                    for beside in self._beside:
                        await entered.enter_async_context(beside(self._runtime))
                    yield
            finally:
                await self._runtime.stop()
                self._runtime = None

    def routes(self) -> list[Route]:
        """Return `/livez`, `/readyz` and `/metrics`."""
        return [
            Route("/livez", self._livez),
            Route("/readyz", self._readyz),
            Route("/metrics", _metrics),
        ]

    def asgi(self) -> Starlette:
        """Return the service as an ASGI application that has nothing but its health and metrics."""
        return Starlette(routes=self.routes(), lifespan=self.lifespan)

    async def _livez(self, _: Request) -> Response:
        alive = self.is_alive
        return JSONResponse({"alive": alive}, 200 if alive else 503)

    async def _readyz(self, _: Request) -> Response:
        health = self.runtime.health
        problems = health.problems
        blocking = [p for p in problems if not (self.door and p.startswith("broker: "))]
        return JSONResponse({"ready": not blocking, "problems": problems}, 503 if blocking else 200)


def _specs(group: str) -> Sequence[Any]:
    return catalogue().groups[group].procedures


async def _metrics(request: Request) -> Response:
    """Tell all metrics, as plain text or, to who asks for it, as OpenMetrics with exemplars."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), media_type=content_type)
