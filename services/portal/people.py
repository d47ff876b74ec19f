"""PersonRecorded -> the portal's own copy of the register of people, for intake and its forms."""

from contracts.people.events import PersonRecorded
from services.chassis.procedure import Context, Decision, Procedure, Record, State

PEOPLE = "people"
"""The register of people: persons in JSON by their identifier."""


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
