"""A person is reported by an import -> recorded, unless the identifier is another person's.

Whom the newest report names as deceased is marked so by it, unless a registered death does.
"""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from contracts.common.people import Person
from contracts.people.events import (
    DeathReported,
    DeathReportWithdrawn,
    PersonRecorded,
    PersonReported,
)
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.population.persons import IDENTIFIER, deceased_claim, person_record


class PersonRecord(State):
    """What is remembered of a reported person."""

    personal_id: str | None = None
    latest: tuple[AwareDatetime, UUID] | None = None
    """When the report was made that is recorded, and its id, which decides between two at once."""
    held_by: str | None = None
    """The case that has the identifier, where this one must not have it."""
    marked: date | None = None
    """The day on which they died, where this case marks them deceased."""
    copied: tuple[date, ...] = ()
    """Days on which they should have died, named while the mark was that of a registered death."""


record = Procedure("person-record", initial=PersonRecord())


@record.on(PersonReported)
def reported(
    state: PersonRecord, event: PersonReported, context: Context
) -> Decision[PersonRecord]:
    """Record the person as reported, and as reported again: the latest report counts.

    Reports of two imports may be heard in any order; one that is older than what is recorded says
    nothing new.

    The identifier is claimed, so that no newborn gets it. Where another case holds it already the
    import is wrong: the row stays as it is, nothing is said, and the state names that case. So is
    the death that it reports.
    """
    report = (context.cause.time, context.cause.id)
    if state.latest is not None and report <= state.latest:
        return Decision(state)
    person = event.person
    (held_by,) = context.claim(Claim(IDENTIFIER, person.personal_id))
    if held_by:
        return Decision(PersonRecord(held_by=held_by.case_id))
    after = state.with_(personal_id=person.personal_id, latest=report)
    decision = mark(after, person, context)
    said = PersonRecorded(person=person)
    return decision._replace(events=(said, *decision.events), records=(row_of(person),))


def mark(state: PersonRecord, person: Person, context: Context) -> Decision[PersonRecord]:
    """Mark the person deceased on the day that the report names, or no more where it names none.

    A day that was named while a registered death stood is a copy of it, and none for ever after:
    it must not outlive the original, however often it is said again.
    """
    day = None if person.deceased_on in state.copied else person.deceased_on
    if day == state.marked:
        return Decision(state)
    claim = deceased_claim(person.personal_id)
    if day is None:
        withdrawn = DeathReportWithdrawn(personal_id=person.personal_id)
        return Decision(state.with_(marked=None), events=(withdrawn,), releases=(claim,))
    (marked_by,) = context.claim(claim)
    if marked_by is not None:
        return Decision(state.with_(copied=(*state.copied, day)))
    said = DeathReported(personal_id=person.personal_id, deceased_on=day)
    return Decision(state.with_(marked=day), events=(said,))


def row_of(person: Person) -> Record:
    """Return the row of the register of persons; dates as ISO text."""
    return person_record(
        person.personal_id,
        {
            "full_name": person.full_name,
            "sex": person.sex,
            "born_on": person.born_on.isoformat(),
            "nationality": person.nationality,
            "ethnicity": person.ethnicity,
            "province": person.province,
            "commune": person.commune,
            "address": person.address,
            "household_owner": person.household_owner,
            "deceased_on": person.deceased_on.isoformat() if person.deceased_on else None,
        },
    )
