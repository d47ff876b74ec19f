"""A registered death -> the person is deceased: marked once, and for ever."""

from typing import Literal

from contracts.death.events import DeathRecordRefused, DeathRegistered
from contracts.death.process import RECORD
from contracts.people.events import PersonDeceased
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.population.persons import deceased_claim
from services.population.rules import PopulationRules


class DeathRecord(State):
    """What is remembered of a death that is to be recorded."""

    outcome: Literal["recorded", "refused"] | None = None


record = Procedure(RECORD, initial=DeathRecord())


@record.on(DeathRegistered)
def registered(
    state: DeathRecord, event: DeathRegistered, context: Context
) -> Decision[DeathRecord]:
    """Mark the person deceased, unless the register has done so before: by an import, then."""
    if state.outcome or RECORD not in event.bundle:
        return Decision(state)
    rules: PopulationRules = context.rules
    personal_id = event.deceased.personal_id
    (held_by,) = context.claim(deceased_claim(personal_id))
    if held_by:
        before = rules.reason("recorded-before")
        refused = DeathRecordRefused(personal_id=personal_id, reason=before)
        return Decision(DeathRecord(outcome="refused"), events=(refused,))
    deceased = PersonDeceased(
        personal_id=personal_id,
        deceased_on=event.died_on,
        registration_number=event.registration_number,
    )
    return Decision(
        DeathRecord(outcome="recorded"), events=(deceased,), records=(deceased_record(deceased),)
    )


def deceased_record(event: PersonDeceased) -> Record:
    """Return the row of the register of the deceased; dates as ISO text.

    A register of its own: the row of the person belongs to the case that recorded them, and reports
    about them go on being heard.
    """
    return Record(
        "deceased",
        event.personal_id,
        {
            "deceased_on": event.deceased_on.isoformat(),
            "registration_number": event.registration_number,
        },
    )
