"""A registered death -> the person is deceased: marked once, until a court should revoke it.

Registration, revocation and correction may be heard in any order.
"""

from datetime import date
from typing import Literal

from contracts.compensation.events import (
    DeathCorrected,
    DeathRecordCancelled,
    DeathRecordCorrected,
    RegistrationRevoked,
)
from contracts.death.events import DeathRecordRefused, DeathRegistered
from contracts.death.process import RECORD
from contracts.model import Reason
from contracts.people.events import PersonDeceased
from services.chassis.procedure import Context, Decision, Procedure, Record, State, TooEarly
from services.population.persons import deceased_claim
from services.population.rules import PopulationRules


class DeathRecord(State):
    """What is remembered of a death that is to be recorded."""

    outcome: Literal["recorded", "refused", "cancelled"] | None = None
    deceased: PersonDeceased | None = None
    """The mark that stands, with what was corrected since."""
    corrected: tuple[int, date] | None = None
    """The entry of civil status's journal that says the newest date of death, and that date."""
    revoked: Reason | None = None
    """Why there is no such registration any more."""


record = Procedure(RECORD, initial=DeathRecord())


@record.on(DeathRegistered)
def registered(
    state: DeathRecord, event: DeathRegistered, context: Context
) -> Decision[DeathRecord]:
    """Mark the person deceased, unless an import has named them so before.

    Raises `TooEarly` while another registered death marks them. Civil status lets one stand at a
    time, so one of the two is void: the news of that is on its way.
    """
    if state.outcome or RECORD not in event.bundle:
        return Decision(state)
    rules: PopulationRules = context.rules
    personal_id = event.deceased.personal_id
    if state.revoked is not None:
        return refuse(state, personal_id, state.revoked)
    (held_by,) = context.claim(deceased_claim(personal_id))
    if held_by and held_by.procedure == context.procedure:
        raise TooEarly("another registered death marks them; that it is void was not heard yet")
    if held_by:
        return refuse(state, personal_id, rules.reason("recorded-before"))
    deceased = PersonDeceased(
        personal_id=personal_id,
        deceased_on=state.corrected[1] if state.corrected else event.died_on,
        registration_number=event.registration_number,
    )
    after = state.model_copy(update={"outcome": "recorded", "deceased": deceased})
    return Decision(
        after, events=(deceased,), records=(deceased_record(deceased, context.case_id),)
    )


@record.on(RegistrationRevoked)
def revoked(
    state: DeathRecord, event: RegistrationRevoked, context: Context
) -> Decision[DeathRecord]:
    """Take the mark back; the person may be marked again, when they do die."""
    if state.revoked is not None:
        return Decision(state)
    after, mark = state.with_(revoked=event.reason), state.deceased
    if mark is None:
        return Decision(after)
    cancelled = DeathRecordCancelled(
        personal_id=mark.personal_id,
        registration_number=mark.registration_number,
        reason=event.reason,
    )
    return Decision(
        after.with_(outcome="cancelled"),
        events=(cancelled,),
        records=(deceased_record(mark, context.case_id, cancelled=True),),
        releases=(deceased_claim(mark.personal_id),),
    )


@record.on(DeathCorrected)
def corrected(state: DeathRecord, event: DeathCorrected, context: Context) -> Decision[DeathRecord]:
    """Put the date of death right, unless a newer one is known."""
    entry = context.cause.entry
    if state.corrected is not None and entry <= state.corrected[0]:
        return Decision(state)
    after = state.with_(corrected=(entry, event.died_on))
    if state.deceased is None:
        return Decision(after)
    mark = state.deceased.with_(deceased_on=event.died_on)
    cancelled = state.outcome == "cancelled"
    record = deceased_record(mark, context.case_id, cancelled=cancelled)
    after = after.with_(deceased=mark)
    if cancelled:
        return Decision(after, records=(record,))
    said = DeathRecordCorrected(
        personal_id=mark.personal_id,
        registration_number=mark.registration_number,
        deceased_on=event.died_on,
    )
    return Decision(after, events=(said,), records=(record,))


def refuse(state: DeathRecord, personal_id: str, reason: Reason) -> Decision[DeathRecord]:
    """Leave the register as it is."""
    refused = DeathRecordRefused(personal_id=personal_id, reason=reason)
    return Decision(state.with_(outcome="refused"), events=(refused,))


def deceased_record(event: PersonDeceased, case_id: str, cancelled: bool = False) -> Record:
    """Return the row of the register of the deceased; dates as ISO text.

    A register of its own: the row of the person belongs to the case that recorded them, and reports
    about them go on being heard. Its key is the case: who was marked by mistake will die once more,
    in another.
    """
    return Record(
        "deceased",
        case_id,
        {
            "personal_id": event.personal_id,
            "registration_number": event.registration_number,
            "deceased_on": event.deceased_on.isoformat(),
            "cancelled": cancelled,
        },
    )
