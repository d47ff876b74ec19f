"""The register of people as it was before the first birth: one `Person` a line."""

from contracts.common.people import Person
from contracts.people.events import PersonReported
from contracts.people.process import GROUP
from services.chassis.importing import Importer

LONGEST_NAME = 120
"""Letters of a file's name that the event keeps."""


def reported(person: Person, file: str) -> PersonReported:
    """Return the event that an import makes of a person."""
    return PersonReported(person=person, imported_from=file[:LONGEST_NAME])


people = Importer(
    model=Person,
    group=GROUP.name,
    key=lambda person: f"person/{person.personal_id}",
    event=reported,
)
