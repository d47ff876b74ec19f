"""Which part of the stack listens where."""

import os
import random
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from infra.local.errors import PortInUse, StackError

HOST = "127.0.0.1"
KAFKA, CONTROLLER, MONGO = "kafka", "kafka-controller", "mongo"
PROMETHEUS, GATEWAY = "prometheus", "gateway"
DEFAULT_BASE = 8080
DEFAULT_SERVERS = {
    **{KAFKA: 19092, CONTROLLER: 19093, MONGO: 27117, PROMETHEUS: 9090},
    GATEWAY: 8090,
}

# Below the range from which kernels take the ports of outgoing connections, so that a port that
# was free when it was chosen is not taken by a client a moment later.
FREE = range(20_000, 32_000)


def variable(part: str) -> str:
    """Return the environment variable that sets the port of this part."""
    return f"ONESTOP_PORT_{part.upper().replace('-', '_')}"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket() as probe:
        # As servers do: the last connections of a server that just ended are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def accepts(host: str, port: int) -> bool:
    """Tell whether a server accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _free_ports() -> Iterator[int]:
    while True:
        port = random.choice(FREE)
        if is_free(port):
            yield port


@dataclass
class Ports:
    """The port of each part by name. Names it does not know (replicas) get the next free one."""

    by_name: dict[str, int]
    _unused: Iterator[int] = field(default_factory=_free_ports, repr=False)

    @classmethod
    def fixed(
        cls,
        services: Iterable[str],
        base: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> "Ports":
        """Return the ports to document: portal 8080, services from 8081, Kafka 19092, mongod 27117.

        With a `base`, the portal has it, the services follow, and the servers are at base + 90.
        A variable such as ONESTOP_PORT_PORTAL sets a single one. Raises StackError for a value
        that is no port.
        """
        start = DEFAULT_BASE if base is None else base
        others = sorted(name for name in services if name != "portal")
        chosen = {name: start + index for index, name in enumerate(["portal", *others])}
        if base is None:
            chosen |= DEFAULT_SERVERS
        else:
            chosen |= {name: base + 90 + index for index, name in enumerate(DEFAULT_SERVERS)}
        for name in chosen:
            chosen[name] = _from_environment(name, environment) or chosen[name]
        return cls(chosen)

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that nobody uses now: for tests, which run beside other stacks."""
        return cls({})

    def __getitem__(self, name: str) -> int:
        if name not in self.by_name:
            taken = set(self.by_name.values())
            self.by_name[name] = next(port for port in self._unused if port not in taken)
        return self.by_name[name]

    def check(self, names: Iterable[str]) -> None:
        """Raise PortInUse for the first of these parts whose port another program has."""
        for name in names:
            if not is_free(self[name]):
                raise PortInUse(
                    f"port {self[name]} for {name} is in use by another program:"
                    f" stop that program, or choose another port with {variable(name)}"
                )


def _from_environment(name: str, environment: Mapping[str, str] | None) -> int | None:
    value = (os.environ if environment is None else environment).get(variable(name))
    if not value:
        return None
    if not value.isdecimal() or not 0 < int(value) < 65_536:
        raise StackError(f"{variable(name)} is {value!r}: it must be a port between 1 and 65535")
    return int(value)
