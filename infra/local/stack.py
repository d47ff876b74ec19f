"""The whole system on this machine: Kafka, mongod, the topics, and each service as a process."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from contracts.catalogue import PARTITIONS, catalogue
from infra.authority import FOLDER as AUTHORITY
from infra.issuer import FOLDER, Issuer
from infra.local import mongo, parts, prometheus, topics
from infra.local.clock import ClockSetting, machine_now, remember, settle
from infra.local.errors import ServerDied, StackError
from infra.local.folder import DataFolder
from infra.local.parts import Addresses, Command, Part, service_command
from infra.local.ports import CONTROLLER, GATEWAY, HOST, KAFKA, MONGO, PROMETHEUS, Ports
from infra.local.waiting import wait_until

READY_SECONDS = 60.0
EXTERNAL_SECONDS = 10.0
SERVERS = (KAFKA, MONGO, PROMETHEUS)

Tell = Callable[[str, str], None]
"""Is told the name of a part and what happens to it."""


class Stack:
    """Starts, watches and stops everything; each part can be killed, paused and restarted.

    Use it as a context manager, with `with` or `async with`. The methods block: in an event loop,
    call them through `asyncio.to_thread`. Names of parts: "kafka", "mongo", the services,
    "<service>-2" and so on for replicas, and "prometheus".

    Args:
        data: the folder for all data and logs; `<data>/<part>/logs/<part>.log`.
        ports: where the parts listen; by default on free ports.
        services: the services to start, by default those of the catalogue.
        topic_names: the topics to create, by default those of the catalogue.
        command: gives the command line of a service, for those that are not in `services/`.
        environment: variables for all services; `environments`: for single ones, by name.
        clock: what the services' clock shows when they start, and how fast it runs.
        database_prefix: what the names of the services' databases begin with.
        measured: whether to start a Prometheus too; what it reads is in `<data>/prometheus`.
        tell: is called at each change with the part and a word or a sentence.
    """

    def __init__(
        self,
        data: Path,
        *,
        ports: Ports | None = None,
        services: Iterable[str] | None = None,
        topic_names: Iterable[str] | None = None,
        partitions: int = PARTITIONS,
        command: Command = service_command,
        environment: Mapping[str, str] | None = None,
        environments: Mapping[str, Mapping[str, str]] | None = None,
        clock: ClockSetting = ClockSetting(),  # noqa: B008  it never changes
        database_prefix: str = "onestop_",
        measured: bool = False,
        tell: Tell = lambda part, what: None,
    ) -> None:
        self._folder = DataFolder(data)
        self.data = self._folder.path
        self.ports = ports or Ports.free()
        self.services = tuple(catalogue().services if services is None else services)
        self.topics = tuple(catalogue().topics if topic_names is None else topic_names)
        self.addresses = Addresses.choose(self.ports)
        self._partitions, self._measured, self._command = partitions, measured, command
        self.issuer = Issuer(self.data / FOLDER)
        self.environment = {
            **self.issuer.environment,
            **(environment or {}),
            "ONESTOP_KAFKA": self.addresses.kafka,
            "ONESTOP_MONGO": self.addresses.mongo,
            "ONESTOP_DATABASE_PREFIX": database_prefix,
        }
        self._own_bank = parts.PAYING in self.services and parts.BANK not in os.environ
        if self._own_bank:
            self.environment[parts.BANK] = f"http://{HOST}:{self.ports[GATEWAY]}"
        self._environments = dict(environments or {})
        self._clock, self._tell = clock, tell
        self._parts: dict[str, Part] = {}
        self._expected: set[str] = set()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts that were started, in the order of their start."""
        return tuple(self._parts.values())

    def part(self, name: str) -> Part:
        """Return a part by its name. Raises StackError for a name that was never started."""
        if name not in self._parts:
            raise StackError(f"no part of this stack is called {name!r}")
        return self._parts[name]

    def url(self, name: str) -> str:
        """Return the address of a part: http://… of a service, host:port of Kafka, mongodb://…"""
        return self.part(name).url

    def start(self) -> None:
        """Start everything and wait until it is ready; after an error, nothing is left running.

        Raises PortInUse, ServerDied or StackError, which also says that the clock of earlier data
        would be set back, or that nobody knows how it was set.
        """
        self._folder.take()
        try:
            if self._measured:
                prometheus.program("prometheus")
            settle(self.data, self.data / MONGO, self._clock.showing or machine_now())
            self.issuer.prepare()
            self.ports.check(self._own_names())
            self._start_servers()
            self._tell("topics", f"creating {len(self.topics)}")
            topics.create_topics(self.addresses.kafka, self.topics, self._partitions)
            self._tell("topics", "ready")
            setting = self._clock.environment(machine_now())
            remember(self.data, setting)
            self.environment |= setting
            if self._own_bank:
                self._add(parts.gateway_part(self.data, self.ports, self.environment))
            for name in self.services:
                self._add(self._service(name, name, self._environments.get(name, {})))
            self._await_ready([name for name in self._parts if name not in SERVERS])
            self._measure()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the services, then the servers. Does nothing when nothing runs."""
        servers = [part for part in self.parts if part.name in SERVERS]
        self._expected.clear()
        try:
            for group in ([part for part in self.parts if part not in servers], servers):
                parts.stop_together(group, self._tell)
        finally:
            for part in self.parts:
                part.child.kill()
            self._parts.clear()
            self._folder.leave()

    def wipe(self) -> None:
        """Remove the data and logs of earlier runs. Raises StackError while a stack uses them."""
        self._folder.wipe({*SERVERS, GATEWAY, FOLDER, AUTHORITY, *self.services})

    def start_part(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a part that was killed or stopped, and wait until it is ready.

        `environment` is added for this process only.
        """
        part = self.part(name)
        part.child.start(environment)
        self._expected.add(name)
        self._await_ready([name])

    def stop_part(self, name: str) -> None:
        """Ask one part to end, and wait for it."""
        self._expected.discard(name)
        self.part(name).child.stop()

    def kill(self, name: str) -> None:
        """Kill one part (SIGKILL) and wait until it is gone."""
        self._expected.discard(name)
        self.part(name).child.kill()

    def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Stop one part if it runs, start it again and wait until it is ready."""
        self.stop_part(name)
        self.start_part(name, environment)

    def pause(self, name: str) -> None:
        """Halt one part (SIGSTOP) until `resume`."""
        self.part(name).child.pause()

    def resume(self, name: str) -> None:
        """Let a paused part go on."""
        self.part(name).child.resume()

    def alive(self, name: str) -> bool:
        """Tell whether the process of this part exists (a paused one does)."""
        return self.part(name).child.alive

    def add_replica(self, service: str, environment: Mapping[str, str] | None = None) -> str:
        """Start one more process of a service, wait until it is ready, and return its name."""
        taken = [name for name in self._parts if name.startswith(f"{service}-")]
        name = f"{service}-{len(taken) + 2}"
        self._add(self._service(name, service, environment or {}))
        self._await_ready([name])
        self._lay_out_targets()
        return name

    def check(self) -> None:
        """Raise ServerDied if a part that should run has ended by itself."""
        for name in sorted(self._expected):
            try:
                self._parts[name].child.check()
            except ServerDied:
                self._tell(name, "died")
                raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _own_names(self) -> list[str]:
        names = [KAFKA, CONTROLLER] if self.addresses.own_kafka else []
        names += [MONGO] if self.addresses.own_mongo else []
        names += [GATEWAY] if self._own_bank else []
        return names + list(self.services) + ([PROMETHEUS] if self._measured else [])

    def _start_servers(self) -> None:
        """Start both before waiting for either: they come up at the same time."""
        if self.addresses.own_mongo:
            self._add(parts.mongo_part(self.data, self.ports))
        if self.addresses.own_kafka:
            tell = partial(self._tell, KAFKA)
            self._add(parts.kafka_part(self.data, self.ports, tell))
        self._await_ready(list(self._parts))
        self._await_given()

    def _await_given(self) -> None:
        kafka, url = self.addresses.kafka, self.addresses.mongo
        if not wait_until(lambda: topics.answers(kafka), EXTERNAL_SECONDS):
            raise StackError(f"the broker {kafka}, named in ONESTOP_KAFKA, does not answer")
        if not wait_until(lambda: mongo.answers(url), EXTERNAL_SECONDS):
            raise StackError("the MongoDB server named in ONESTOP_MONGO does not answer")

    def _measure(self) -> None:
        self._lay_out_targets()
        if self._measured:
            self._add(parts.prometheus_part(self.data, self.ports))
            self._await_ready([PROMETHEUS])

    def _lay_out_targets(self) -> None:
        """Write down where the services are, for our Prometheus or for another."""
        found = [
            (service, f"{HOST}:{self.ports[name]}")
            for service in self.services
            for name in self._parts
            if name == service or name.removeprefix(f"{service}-").isdecimal()
        ]
        prometheus.lay_out(self.data / PROMETHEUS, found)

    def _service(self, name: str, service: str, environment: Mapping[str, str]) -> Part:
        variables = {**self.environment, **environment}
        command, port = self._command(service), self.ports[name]
        return parts.service_part(name, command, self.data, port, variables)

    def _add(self, part: Part) -> None:
        self._parts[part.name] = part
        self._tell(part.name, "starting")
        part.child.start()
        self._expected.add(part.name)

    def _await_ready(self, names: Iterable[str]) -> None:
        """Wait for all of these at once; a death of any part ends the wait."""
        waiting = {name: self.part(name) for name in names}

        def all_ready() -> bool:
            self.check()
            for name in [name for name, part in waiting.items() if part.is_ready()]:
                self._tell(name, "ready")
                del waiting[name]
            return not waiting

        if not wait_until(all_ready, READY_SECONDS):
            late = next(iter(waiting.values()))
            raise ServerDied(
                f"{late.name} was not ready within {READY_SECONDS:.0f} s:"
                f" {late.child.explanation()} — the rest is in {late.child.log}"
            )
