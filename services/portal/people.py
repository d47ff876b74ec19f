"""What the population register says of people -> the portal's own copy, for intake and its forms.

Who is deceased has a register of its own, and so has what was corrected: a person is recorded in
a case of theirs, and their birth or death was registered in another, so the one must not overwrite
the other, in whichever order they are heard. The three are joined when they are read.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from contracts.common.events import PersonIdentified
from contracts.common.people import Person
from contracts.compensation.events import (
    DeathRecordCancelled,
    DeathRecordCorrected,
    IdentificationCancelled,
    PersonCorrected,
)
from contracts.people.events import (
    DeathReported,
    DeathReportWithdrawn,
    PersonDeceased,
    PersonRecorded,
)
from services.chassis.procedure import Context, Decision, Filed, Procedure, Record, State

PEOPLE = "people"
"""The register of people: persons in JSON by their identifier."""
NEWBORNS = "newborns"
"""What children who were declared here are filed as, by identifier, as their certificates name
them: what is known of them until an import does."""
CANCELLED = "cancelled_newborns"
"""The register of those of them whose registration is void, by identifier."""
DECEASED = "deceased"
"""The register of those whose death was registered, or reported by an import, by case."""
CORRECTIONS = "corrections"
"""What civil status has put right of people, by identifier."""
STANDS = {"cancelled": False}
"""What finds those of the deceased whom no court has found not to be."""
Row = Mapping[str, Any]


class Known(State):
    """Which entry of the population register's journal the row comes from."""

    entry: int = -1
    corrected: int = -1
    """The same, of what was put right."""
    cancelled: bool = False
    """Whether the birth or death that this case registered is void."""
    told: tuple[int, bool] = (-1, False)
    """Which entry says the newest of a death that imports report, and whether that withdraws it:
    this is the last that an entry says."""


register = Procedure("people-register", initial=Known())


@register.on(PersonRecorded)
def recorded(state: Known, event: PersonRecorded, context: Context) -> Decision[Known]:
    """Keep the person as the population register has them now; older news changes nothing."""
    if context.cause.entry <= state.entry:
        return Decision(state)
    fields = event.person.model_dump(mode="json", exclude={"personal_id"})
    record = Record(PEOPLE, event.person.personal_id, fields)
    return Decision(state.with_(entry=context.cause.entry), records=(record,))


@register.on(DeathReported)
def reported(state: Known, event: DeathReported, context: Context) -> Decision[Known]:
    """Keep that the person is deceased, whose death was registered elsewhere: their running cases
    pass on.
    """
    told = (context.cause.entry, False)
    if told <= state.told:
        return Decision(state)
    record = _deceased(event.personal_id, event.deceased_on, context, reported=True)
    return Decision(state.with_(told=told), records=(record,))


@register.on(DeathReportWithdrawn)
def withdrawn(state: Known, event: DeathReportWithdrawn, context: Context) -> Decision[Known]:
    """Keep that the person lives. Cases of theirs that have passed on stay where they are."""
    told = (context.cause.entry, True)
    if told <= state.told:
        return Decision(state)
    record = _deceased(event.personal_id, None, context, reported=True)
    return Decision(state.with_(told=told), records=(record,))


@register.on(PersonIdentified)
def identified(state: Known, event: PersonIdentified, context: Context) -> Decision[Known]:
    """File a child who has just got an identifier, where it has a household to live in."""
    child, household = event.child, event.household
    if household is None or state.cancelled:
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
    return Decision(state, filed=(Filed(NEWBORNS, event.personal_id, fields),))


@register.on(IdentificationCancelled)
def identification_cancelled(
    state: Known, event: IdentificationCancelled, context: Context
) -> Decision[Known]:
    """Forget a child whose registration is void."""
    record = Record(CANCELLED, event.personal_id, {}, insert_only=True)
    return Decision(state.with_(cancelled=True), records=(record,))


@register.on(PersonDeceased)
def deceased(state: Known, event: PersonDeceased, context: Context) -> Decision[Known]:
    """Keep that the person is deceased, whatever is recorded of them before or after.

    The row is open until their running cases have passed to somebody else (`successions`). Where
    something newer is known of this death, that is there already.
    """
    if state.cancelled or state.corrected >= 0:
        return Decision(state)
    record = _deceased(event.personal_id, event.deceased_on, context)
    return Decision(state, records=(record._replace(insert_only=True),))


@register.on(DeathRecordCorrected)
def death_corrected(state: Known, event: DeathRecordCorrected, context: Context) -> Decision[Known]:
    """Keep the newest date of death; nothing of one that is void."""
    if state.cancelled or context.cause.entry <= state.corrected:
        return Decision(state)
    record = _deceased(event.personal_id, event.deceased_on, context)
    return Decision(state.with_(corrected=context.cause.entry), records=(record,))


@register.on(DeathRecordCancelled)
def death_cancelled(state: Known, event: DeathRecordCancelled, context: Context) -> Decision[Known]:
    """Keep that the person lives. Cases of theirs that have passed on stay where they are."""
    record = _deceased(event.personal_id, None, context)
    return Decision(state.with_(cancelled=True), records=(record,))


@register.on(PersonCorrected)
def corrected(state: Known, event: PersonCorrected, context: Context) -> Decision[Known]:
    """Keep what was put right: it counts before any report, which is a copy."""
    if context.cause.entry <= state.corrected:
        return Decision(state)
    child = event.child
    fields = {
        "full_name": child.full_name,
        "born_on": child.born_on.isoformat(),
        "ethnicity": child.ethnicity,
    }
    record = Record(CORRECTIONS, event.personal_id, fields)
    return Decision(state.with_(corrected=context.cause.entry), records=(record,))


def dead(rows: Iterable[Row]) -> dict[str, str]:
    """Return the day of death of those who are dead by all rows of the deceased of them.

    Which reports of imports count is for the population register to say. Should one be found beside
    a registered death, the date of this counts.
    """
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: bool(row.get("reported"))):
        if not row["cancelled"]:
            found.setdefault(row["personal_id"], row["deceased_on"])
    return found


def persons(
    people: Iterable[Row], deceased: Iterable[Row], corrections: Iterable[Row]
) -> dict[str, Person]:
    """Return the persons in rows of the three registers, by identifier.

    Of whom there is a row of the deceased, these rows alone say whether they live.
    """
    known_of = list(deceased)
    died = dead(known_of)
    concerned = {row["personal_id"] for row in known_of}
    corrected = {row["_id"]: row for row in corrections}
    found = {}
    for row in people:
        id = row["_id"]
        fields = {**row, **corrected.get(id, {}), "personal_id": id}
        if id in concerned:
            fields["deceased_on"] = died.get(id)
        found[id] = Person.model_validate(fields)
    return found


def _deceased(
    personal_id: str, on: date | None, context: Context, *, reported: bool = False
) -> Record:
    """Return the row of somebody who has died; without a day, it was found that they live."""
    fields = {
        "personal_id": personal_id,
        "deceased_on": on.isoformat() if on else None,
        "cancelled": on is None,
        "reported": reported,
        "cause": str(context.cause.id),
        "open": on is not None,
        "asked": 0,
    }
    return Record(DECEASED, context.case_id, fields)
