"""The services' own commands, run for the stack on this machine or for another.

No code here reads a service's database: each service is asked by its own command, in a process of
its own, as its operator would ask it.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Self

import typer

from contracts.catalogue import catalogue
from infra.errors import OnestopError
from infra.local import mongo as store
from infra.local.parts import Addresses, service_command
from infra.local.ports import Ports, accepts

ALL = "all"
NO = 1
"""The exit status of a command that was carried out and whose answer is no."""

Kafka = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT", help="The broker, where it is not that of `onestop up`."),
]
Mongo = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The MongoDB server, where it is not that of `onestop up`."),
]
PortBase = Annotated[
    int | None,
    typer.Option(
        "--port-base",
        min=1024,
        max=65_000,
        help="The portal's port; the services follow it, the servers are 90 above it. The same for"
        " `onestop up` and for what is asked of it.",
    ),
]


@dataclass(frozen=True)
class Answer:
    """What a command said, and whether its answer was yes."""

    said: str
    complaint: str
    yes: bool


@dataclass(frozen=True)
class Services:
    """The services of one stack, as their operators reach them."""

    environment: Mapping[str, str]

    @classmethod
    def of(cls, kafka: str | None, mongo: str | None, port_base: int | None) -> "Services":
        """Return those of the named servers; by default, of the environment or of `onestop up`.

        Raises StackError for a name that is no address.
        """
        named = {"ONESTOP_KAFKA": kafka, "ONESTOP_MONGO": mongo}
        environment = {**os.environ, **{name: value for name, value in named.items() if value}}
        ports = Ports.fixed(catalogue().services, port_base, environment)
        addresses = Addresses.choose(ports, environment)
        environment |= {"ONESTOP_KAFKA": addresses.kafka, "ONESTOP_MONGO": addresses.mongo}
        return cls(environment)

    def with_store(self) -> Self:
        """Return the same. Raises OnestopError where the store is away.

        Each service would wait for it, and name only what is its own.
        """
        url = self.environment["ONESTOP_MONGO"]
        if not store.is_there(url):
            raise _away("MongoDB server", re.sub(r"//[^/]*@", "//", url), "--mongo")
        return self

    def with_servers(self) -> Self:
        """Return the same. Raises OnestopError where the store or the broker is away."""
        brokers = self.environment["ONESTOP_KAFKA"]
        addresses = [each.rpartition(":") for each in brokers.split(",")]
        if not any(accepts(host, int(port)) for host, _, port in addresses):
            raise _away("Kafka", brokers, "--kafka")
        return self.with_store()

    def ask(self, service: str, *arguments: str) -> Answer:
        """Run a command of a service and return what it says.

        Raises OnestopError where it could not be carried out.
        """
        done = subprocess.run(
            _command(service, arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, NO):
            raise OnestopError(f"{service}: {last_line(done.stderr)}")
        return Answer(done.stdout, done.stderr, done.returncode == 0)

    def ask_each(self, arguments: Mapping[str, Sequence[str]]) -> dict[str, Answer]:
        """Run a command of several services, as many at a time as there are processors.

        Raises OnestopError where one could not be carried out.
        """
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            answers = {name: pool.submit(self.ask, name, *args) for name, args in arguments.items()}
            try:
                return {name: answer.result() for name, answer in answers.items()}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def hand_over(self, service: str, *arguments: str) -> int:
        """Run a command of a service on this terminal, and return its exit status."""
        return subprocess.run(
            _command(service, arguments), env=self.environment, check=False
        ).returncode


def chosen(service: str) -> tuple[str, ...]:
    """Return the service of that name, or all. Raises OnestopError where there is none."""
    names = catalogue().services
    if service == ALL:
        return names
    if service not in names:
        raise OnestopError(f"there is no service {service}; there are {', '.join(names)}")
    return (service,)


def leave(statuses: Iterable[int]) -> None:
    """Exit with the worst of the statuses, unless all are 0."""
    worst = max((abs(status) for status in statuses), default=0)
    if worst:
        raise typer.Exit(worst)


def _away(what: str, where: str, option: str) -> OnestopError:
    return OnestopError(
        f"no {what} answers at {where}: start the system with `onestop up`, or say where it is with"
        f" {option} or --port-base"
    )


def _command(service: str, arguments: Sequence[str]) -> tuple[str, ...]:
    *module, _run = service_command(service)
    return (*module, *arguments)


def last_line(text: str) -> str:
    """Return what a command complained of at last."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("onestop: ") if lines else "ended without a word"
