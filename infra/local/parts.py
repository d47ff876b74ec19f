"""The parts of a stack: two servers and the services, each with its readiness."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local import health, kafka, mongo, prometheus, topics
from infra.local.errors import StackError
from infra.local.ports import CONTROLLER, GATEWAY, HOST, KAFKA, MONGO, PROMETHEUS, Ports, accepts
from infra.local.process import STOP_SECONDS, Child
from infra.local.waiting import wait_until

Command = Callable[[str], Sequence[str]]
"""Gives the command line of a service by its name."""
PAYING = "payments"
"""The service that pays through a bank; where it runs, one is started."""
BANK = "ONESTOP_BANK"


def service_command(name: str) -> Sequence[str]:
    """Return the command line of a service: `python -m services.<module> run`."""
    return (sys.executable, "-m", f"services.{name.replace('-', '_')}", "run")


@dataclass(frozen=True)
class Part:
    """One running program: its process, its address and the question whether it is ready."""

    name: str
    child: Child
    url: str
    is_ready: Callable[[], bool]


@dataclass(frozen=True)
class Addresses:
    """Where the servers are: `kafka` as host:port, `mongo` as a mongodb:// URL.

    Servers that the environment names (ONESTOP_KAFKA, ONESTOP_MONGO) are used and never started.
    """

    kafka: str
    mongo: str
    own_kafka: bool
    own_mongo: bool

    @classmethod
    def choose(cls, ports: Ports, environment: Mapping[str, str] | None = None) -> "Addresses":
        """Take the servers of the environment, and for what it does not name, our own.

        Raises StackError for a name in the environment that is no address.
        """
        given = os.environ if environment is None else environment
        kafka_given, mongo_given = given.get("ONESTOP_KAFKA"), given.get("ONESTOP_MONGO")
        if kafka_given and not re.fullmatch(r"([^:,/]+:\d+)(,[^:,/]+:\d+)*", kafka_given):
            raise StackError(f"ONESTOP_KAFKA is {kafka_given!r}: it must be host:port")
        if mongo_given and not mongo_given.startswith("mongodb"):
            raise StackError("ONESTOP_MONGO must begin with mongodb:// or mongodb+srv://")
        return cls(
            kafka=kafka_given or f"{HOST}:{ports[KAFKA]}",
            mongo=mongo_given or f"mongodb://{HOST}:{ports[MONGO]}",
            own_kafka=not kafka_given,
            own_mongo=not mongo_given,
        )


def kafka_part(data: Path, ports: Ports, tell: Callable[[str], None]) -> Part:
    """Return the broker. Blocks while it is fetched and its storage is formatted."""
    child = kafka.broker(data / KAFKA, ports[KAFKA], ports[CONTROLLER], tell)
    address = f"{HOST}:{ports[KAFKA]}"
    return Part(KAFKA, child, address, lambda: topics.answers(address))


def mongo_part(data: Path, ports: Ports) -> Part:
    """Return mongod."""
    url = f"mongodb://{HOST}:{ports[MONGO]}"
    child = mongo.mongod(data / MONGO, ports[MONGO])
    return Part(MONGO, child, url, lambda: accepts(HOST, ports[MONGO]) and mongo.answers(url))


def prometheus_part(data: Path, ports: Ports) -> Part:
    """Return Prometheus. Raises StackError where it is not installed."""
    port = ports[PROMETHEUS]
    child = prometheus.prometheus(data / PROMETHEUS, port)
    url = f"http://{HOST}:{port}"
    return Part(PROMETHEUS, child, url, lambda: health.is_ready(port, "/-/ready"))


def gateway_part(data: Path, ports: Ports, environment: Mapping[str, str]) -> Part:
    """Return the bank, with its books in a folder of its own."""
    command = (sys.executable, "-m", "infra.gateway")
    own = {**environment, "ONESTOP_GATEWAY_DATA": str(data / GATEWAY)}
    return service_part(GATEWAY, command, data, ports[GATEWAY], own)


def stop_together(group: Iterable[Part], tell: Callable[[str, str], None]) -> None:
    """Ask these to end, wait for all of them at once, and kill those that do not."""
    running = [part for part in group if part.child.alive]
    for part in running:
        tell(part.name, "stopping")
        part.child.ask_to_stop()
    wait_until(lambda: not any(part.child.alive for part in running), STOP_SECONDS)
    for part in running:
        part.child.kill()
        tell(part.name, "stopped")


def service_part(
    name: str, command: Sequence[str], data: Path, port: int, environment: Mapping[str, str]
) -> Part:
    """Return one process of a service."""
    own = {
        "ONESTOP_HTTP_HOST": HOST,
        "ONESTOP_HTTP_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        # One pool of memory for all threads: what one of them frees, another can use. And what is
        # large goes back to the system: a burst would else leave 8 to 20 MB with each process.
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": "131072",
        "MALLOC_TRIM_THRESHOLD_": "262144",
    }
    log = data / name / "logs" / f"{name}.log"
    child = Child(name, command, log, environment={**environment, **own})
    return Part(name, child, f"http://{HOST}:{port}", lambda: health.is_ready(port))
