"""Finds the procedure groups and derives from them: events, services, topics, who hears what."""

import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import contracts
from contracts.envelope import Event, versions
from contracts.group import ProcedureGroup, ProcedureSpec

PARTITIONS = 12
"""The same for every topic, so that all events of a case (the key) are in one partition number."""


@dataclass(frozen=True)
class Catalogue:
    """All that is published, by whom and for whom."""

    groups: Mapping[str, ProcedureGroup]
    events: Mapping[str, type[Event]]

    @property
    def services(self) -> tuple[str, ...]:
        """The names of all services, the publishers of the events, in the order of the alphabet."""
        return tuple(sorted({publisher(event) for event in self.events.values()}))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of all events, in the order of the alphabet."""
        return tuple(sorted({topic_of(event) for event in self.events.values()}))

    @property
    def procedures(self) -> tuple[ProcedureSpec, ...]:
        """The procedures of all groups."""
        return tuple(spec for group in self.groups.values() for spec in group.procedures)

    @property
    def current(self) -> tuple[type[Event], ...]:
        """The events in their newest versions."""
        replaced = {event.replaces for event in self.events.values()}
        return tuple(event for event in self.events.values() if event not in replaced)

    def newest(self, type: str) -> type[Event] | None:
        """Return the newest version of this type of event; None where it is not catalogued."""
        return self._newest.get(type)

    @cached_property
    def _newest(self) -> Mapping[str, type[Event]]:
        return {version.type: event for event in self.current for version in versions(event)}

    def owned_by(self, service: str) -> tuple[ProcedureSpec, ...]:
        """Return the procedures that the service owns, over all groups."""
        return tuple(spec for spec in self.procedures if spec.owner == service)

    def hears(self, service: str) -> tuple[type[Event], ...]:
        """Return the events that the service's procedures hear, in every version of each.

        The portal hears all of them.
        """
        if service == "portal":
            return tuple(self.events.values())
        listened = {event for spec in self.owned_by(service) for event in spec.listens}
        heard = {version.type: version for event in listened for version in versions(event)}
        return tuple(heard[type] for type in sorted(heard))

    def signed_by(self, service: str) -> frozenset[str]:
        """Return the types of the events that are documents, which the service has to sign."""
        return frozenset(doc.type for spec in self.owned_by(service) for doc in spec.documents)

    def reads(self, service: str) -> tuple[str, ...]:
        """Return the topics of what the service hears, in the order of the alphabet."""
        return tuple(sorted({topic_of(event) for event in self.hears(service)}))

    def writes(self, service: str) -> tuple[str, ...]:
        """Return the topics to which the service publishes, in the order of the alphabet."""
        said = (event for event in self.events.values() if publisher(event) == service)
        return tuple(sorted({topic_of(event) for event in said}))


def publisher(event: type[Event]) -> str:
    """Return the service that publishes this type of event: the first part of its type."""
    return event.type.split(".", 1)[0]


def topic(service: str) -> str:
    """Return the topic to which the service publishes what it has decided."""
    return f"{service}.{Event.stream}"


def topic_of(event: type[Event]) -> str:
    """Return the topic on which this type of event is published."""
    return f"{publisher(event)}.{event.stream}"


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of everything that is on the package path of `contracts`."""
    events: dict[str, type[Event]] = {}
    groups: dict[str, ProcedureGroup] = {}
    for package in _packages():
        for event in _events(import_module(f"{package}.events")):
            if events.setdefault(event.type, event) is not event:
                raise ValueError(f"{event.type} is declared twice, the second time in {package}")
        if find_spec(f"{package}.process"):
            group: ProcedureGroup = import_module(f"{package}.process").GROUP
            groups[group.name] = group
    for spec in (spec for group in groups.values() for spec in group.procedures):
        events.update({event.type: event for event in spec.answers})
    return Catalogue(groups=groups, events=events)


def _packages() -> Iterator[str]:
    for module in sorted(pkgutil.iter_modules(contracts.__path__), key=lambda m: m.name):
        name = f"{contracts.__name__}.{module.name}"
        if module.ispkg and find_spec(f"{name}.events"):
            yield name


def _events(module: ModuleType) -> Iterator[type[Event]]:
    for value in vars(module).values():
        if not isinstance(value, type) or not issubclass(value, Event):
            continue
        if "type" in vars(value) and value.__module__ == module.__name__:
            yield value
