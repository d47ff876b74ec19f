"""An official has adopted the case of somebody who has died -> whom the case answers to. Pure."""

from contracts.common.events import CaseAdopted
from services.chassis.procedure import Context, Decision, Procedure, Record, State

ADOPTIONS = "adoptions"
"""The register of who acts for declarants who have died, by case."""


class Nothing(State):
    """Nothing is remembered: the register has all of it."""


adoption = Procedure("adoption", initial=Nothing())


@adoption.on(CaseAdopted)
def adopted(state: Nothing, event: CaseAdopted, context: Context) -> Decision[Nothing]:
    """Let the official act for the declarant from now on."""
    if event.by is None:
        return Decision(state)
    record = Record(ADOPTIONS, context.case_id, {"by": event.by.person_id}, insert_only=True)
    return Decision(state, records=(record,))
