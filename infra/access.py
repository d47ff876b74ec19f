"""Who may do what on Kafka, derived from the catalogue: nobody more than the contracts say."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from contracts.catalogue import catalogue, topic

OPERATOR = "operator"
"""The user that creates topics. It can neither read nor write what is in them."""
ALL = "*"

Resource = Literal["topic", "group"]
Operation = Literal["read", "write", "create", "describe"]


class Grant(NamedTuple):
    """One thing that a user may do. To read or write includes to describe."""

    user: str
    resource: Resource
    name: str
    operation: Operation


def users() -> tuple[str, ...]:
    """Return all users: one for each service, and the operator."""
    return (*catalogue().services, OPERATOR)


def grants() -> frozenset[Grant]:
    """Return everything that is allowed; the rest is refused."""
    return frozenset(_grants())


def _grants() -> Iterator[Grant]:
    for service in catalogue().services:
        yield Grant(service, "topic", topic(service), "write")
        yield Grant(service, "group", service, "read")
        for name in catalogue().reads(service):
            yield Grant(service, "topic", name, "read")
    yield Grant(OPERATOR, "topic", ALL, "create")
    yield Grant(OPERATOR, "topic", ALL, "describe")
