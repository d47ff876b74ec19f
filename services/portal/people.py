"""What the population register says of people -> the portal's own copy, for intake and its forms.

Who is deceased has a register of its own: a person is recorded in a case of theirs, and their death
in another, so the one must not overwrite the other, in whichever order they are heard.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.common.events import PersonIdentified
from contracts.common.people import Person
from contracts.people.events import PersonDeceased, PersonRecorded
from services.chassis.procedure import Context, Decision, Procedure, Record, State

PEOPLE = "people"
"""The register of people: persons in JSON by their identifier."""
NEWBORNS = "newborns"
"""The register of children who were declared here, as their certificates name them: what is known
of them until an import does, and so a register of its own, which no import has to outrun."""
DECEASED = "deceased"
"""The register of those whose death was registered, by identifier: once, and for ever."""
Row = Mapping[str, Any]


class Known(State):
    """Which entry of the population register's journal the row comes from."""

    entry: int = -1


register = Procedure("people-register", initial=Known())


@register.on(PersonRecorded)
def recorded(state: Known, event: PersonRecorded, context: Context) -> Decision[Known]:
    """Keep the person as the population register has them now; older news changes nothing."""
    if context.cause.entry <= state.entry:
        return Decision(state)
    person = event.person
    fields = person.model_dump(mode="json", exclude={"personal_id"})
    record = Record(PEOPLE, person.personal_id, fields)
    return Decision(Known(entry=context.cause.entry), records=(record,))


@register.on(PersonIdentified)
def identified(state: Known, event: PersonIdentified, context: Context) -> Decision[Known]:
    """Keep a child who has just got an identifier, where it has a household to live in."""
    child, household = event.child, event.household
    if household is None:
        return Decision(state)
    fields = {
        "full_name": child.full_name,
        "sex": child.sex,
        "born_on": child.born_on.isoformat(),
        "nationality": child.nationality,
        "ethnicity": child.ethnicity,
        "province": household.province,
        "commune": household.commune,
        "address": household.address,
        "household_owner": household.owner,
    }
    return Decision(state, records=(Record(NEWBORNS, event.personal_id, fields, insert_only=True),))


@register.on(PersonDeceased)
def deceased(state: Known, event: PersonDeceased, context: Context) -> Decision[Known]:
    """Keep that the person is deceased, whatever is recorded of them before or after.

    The row is open until their running cases have passed to somebody else (`successions`).
    """
    fields = {
        "deceased_on": event.deceased_on.isoformat(),
        "cause": str(context.cause.id),
        "open": True,
        "asked": 0,
    }
    return Decision(state, records=(Record(DECEASED, event.personal_id, fields, insert_only=True),))


def persons(people: Iterable[Row], deceased: Iterable[Row]) -> dict[str, Person]:
    """Return the persons in rows of these registers, by identifier."""
    died = {row["_id"]: row["deceased_on"] for row in deceased}
    found = {}
    for row in people:
        id = row["_id"]
        fields = {**row, "personal_id": id}
        if id in died:
            fields["deceased_on"] = died[id]
        found[id] = Person.model_validate(fields)
    return found
