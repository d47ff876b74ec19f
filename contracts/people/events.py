"""The register of people, as events."""

from datetime import date

from contracts.common.people import Person
from contracts.envelope import Event
from contracts.model import Name, PersonalId


class PersonReported(Event, type="population.person-reported.v1"):
    """An import of the population database named a person."""

    person: Person
    imported_from: Name


class PersonRecorded(Event, type="population.person-recorded.v1"):
    """The population register holds this person."""

    person: Person


class DeathReported(Event, type="population.death-reported.v1"):
    """An import named this person as deceased. No death of theirs was registered here."""

    personal_id: PersonalId
    deceased_on: date


class DeathReportWithdrawn(Event, type="population.death-report-withdrawn.v1"):
    """The newest import does not name this person as deceased any more, as an earlier one did.

    Of all that an entry of the population register says of reported deaths this is the last.
    """

    personal_id: PersonalId


class BenefitsBarred(Event, type="social-insurance.benefits-barred.v1"):
    """Nothing is granted to this person any more: an import has said that they have died."""

    personal_id: PersonalId


class BenefitsResumed(Event, type="social-insurance.benefits-resumed.v1"):
    """This person may be granted something again: the import that had named them dead was wrong."""

    personal_id: PersonalId


class PersonDeceased(Event, type="population.person-deceased.v1"):
    """The population register marks this person deceased: once, and for ever."""

    personal_id: PersonalId
    deceased_on: date
    registration_number: Name
