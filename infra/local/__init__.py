"""The embedded default: a real Kafka broker, a real mongod and the services, on one machine."""

from infra.local.errors import PortInUse, ServerDied, StackError
from infra.local.ports import Ports
from infra.local.stack import Stack

__all__ = ["PortInUse", "Ports", "ServerDied", "Stack", "StackError"]
