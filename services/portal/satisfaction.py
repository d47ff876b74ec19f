"""A case is rated -> measured, by group and nothing else."""

from contracts.common.events import CaseRated
from services.chassis.procedure import Context, Decision, Measure, Procedure
from services.portal.notices import Stateless

rating = Procedure("rating", initial=Stateless())


@rating.on(CaseRated)
def rated(state: Stateless, event: CaseRated, context: Context) -> Decision[Stateless]:
    """Measure it."""
    group = {"group": context.cause.group}
    return Decision(state, measures=(Measure("case_rating", event.stars, group),))
