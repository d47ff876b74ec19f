"""The register of people, as events."""

from contracts.common.people import Person
from contracts.envelope import Event
from contracts.model import Name


class PersonReported(Event, type="population.person-reported.v1"):
    """An import of the population database named a person."""

    person: Person
    imported_from: Name


class PersonRecorded(Event, type="population.person-recorded.v1"):
    """The population register holds this person."""

    person: Person
