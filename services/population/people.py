"""A person is reported by an import -> recorded, unless the identifier is another person's."""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.common.people import Person
from contracts.envelope import Event
from contracts.people.events import DeathReported, PersonRecorded, PersonReported
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.population.persons import IDENTIFIER, deceased_claim, person_record


class PersonRecord(State):
    """What is remembered of a reported person."""

    personal_id: str | None = None
    latest: tuple[AwareDatetime, UUID] | None = None
    """When the report was made that is recorded, and its id, which decides between two at once."""
    held_by: str | None = None
    """The case that has the identifier, where this one must not have it."""


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
    the death that it reports; where one is registered here, no other is said.
    """
    report = (context.cause.time, context.cause.id)
    if state.latest is not None and report <= state.latest:
        return Decision(state)
    person = event.person
    (held_by,) = context.claim(Claim(IDENTIFIER, person.personal_id))
    if held_by:
        return Decision(PersonRecord(held_by=held_by.case_id))
    said: tuple[Event, ...] = (PersonRecorded(person=person),)
    if (day := person.deceased_on) is not None:
        (marked_by,) = context.claim(deceased_claim(person.personal_id))
        # Of a death that is registered here this is a copy, which must not outlive the original.
        if marked_by is None:
            said = (*said, DeathReported(personal_id=person.personal_id, deceased_on=day))
    return Decision(
        PersonRecord(personal_id=person.personal_id, latest=report),
        events=said,
        records=(row_of(person),),
    )


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
