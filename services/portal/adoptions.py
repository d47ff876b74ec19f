"""Who has adopted the case of somebody who has died -> whom the case answers to. Pure.

A case may be adopted again, and left in the end: what civil status said last counts, by the entry
of its journal, in whichever order it is heard. Whoever has had a case decides nothing about it,
also when somebody else has it.
"""

from contracts.common.events import CaseAbandoned, CaseAdopted
from contracts.model import PersonalId
from services.chassis.procedure import Context, Decision, Procedure, Record, State

ADOPTIONS = "adoptions"
"""The register of who acts for declarants who have died (`by`: nobody, where all left it), and of
all who ever did (`ever`), by case."""


class Adopted(State):
    """What is remembered of a case that officials have adopted."""

    told: tuple[int, int] = (0, 0)
    """By which entry of civil status it is known who has it, and at which revision of the task:
    one entry may adopt and leave a case."""
    by: PersonalId | None = None
    ever: tuple[PersonalId, ...] = ()


adoption = Procedure("adoption", initial=Adopted())


@adoption.on(CaseAdopted)
def adopted(state: Adopted, event: CaseAdopted, context: Context) -> Decision[Adopted]:
    """Let the official act for the declarant from now on."""
    by = event.by.person_id if event.by else None
    return _decided(state, by, event.revision, context)


@adoption.on(CaseAbandoned)
def abandoned(state: Adopted, event: CaseAbandoned, context: Context) -> Decision[Adopted]:
    """Let nobody act for the declarant any more."""
    return _decided(state, None, event.revision, context)


def _decided(
    state: Adopted, by: PersonalId | None, revision: int | None, context: Context
) -> Decision[Adopted]:
    told = (context.cause.entry, revision or 0)
    after = state.with_(ever=tuple(sorted({*state.ever, by} if by else state.ever)))
    if told > state.told:
        after = after.with_(told=told, by=by)
    elif after == state:
        return Decision(state)
    row = {"by": after.by, "ever": list(after.ever)}
    return Decision(after, records=(Record(ADOPTIONS, context.case_id, row),))
