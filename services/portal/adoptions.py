"""Who has adopted the case of somebody who has died -> whom the case answers to. Pure.

A case may be adopted again, and left in the end: what civil status said last counts, by the entry
of its journal, in whichever order it is heard.
"""

from contracts.common.events import CaseAbandoned, CaseAdopted
from contracts.model import PersonalId
from services.chassis.procedure import Context, Decision, Procedure, Record, State

ADOPTIONS = "adoptions"
"""The register of who acts for declarants who have died, by case: nobody, where all left it."""


class Newest(State):
    """By which entry the row was written; 0 where there is none, or it is of an older portal."""

    entry: int = 0


adoption = Procedure("adoption", initial=Newest())


@adoption.on(CaseAdopted)
def adopted(state: Newest, event: CaseAdopted, context: Context) -> Decision[Newest]:
    """Let the official act for the declarant from now on."""
    return _decided(state, event.by.person_id if event.by else None, context)


@adoption.on(CaseAbandoned)
def abandoned(state: Newest, event: CaseAbandoned, context: Context) -> Decision[Newest]:
    """Let nobody act for the declarant any more."""
    return _decided(state, None, context)


def _decided(state: Newest, by: PersonalId | None, context: Context) -> Decision[Newest]:
    entry = context.cause.entry
    if entry <= state.entry:
        return Decision(state)
    return Decision(Newest(entry=entry), records=(Record(ADOPTIONS, context.case_id, {"by": by}),))
