"""A case is orphaned -> an official has a task -> the case is adopted | abandoned.

Neither stops what runs: the agencies decide what was declared in life. An adopted case answers to
its official, who may supply what is asked for and withdraw, as the declarant could. It is handed
over by the same task, opened anew: adopted by the next one, or left by all.
"""

from contracts.birth.process import ORPHANED_BIRTH
from contracts.common.calendar import local_date
from contracts.common.events import CaseAbandoned, CaseAdopted, CaseOrphaned, HandoverRequested
from contracts.common.orphans import OFFICE
from contracts.common.review import Review, Reviews, Verdict
from contracts.death.process import ORPHANED_DEATH
from contracts.model import PersonalId
from services.chassis.gate import Gate
from services.chassis.procedure import Context, Decision, Procedure, State
from services.civil_status import handovers
from services.civil_status.rules import CivilStatusRules


class Orphan(State):
    """What is remembered of a case whose declarant has died."""

    deceased: PersonalId | None = None
    review: Review | None = None


def of_group(name: str) -> Procedure[Orphan]:
    """Return the procedure of one group: each has its own name for the same."""
    procedure = Procedure(name, initial=Orphan())
    reviews = Reviews(OFFICE, name, asks_family=False)

    @procedure.on(CaseOrphaned)
    def orphaned(state: Orphan, event: CaseOrphaned, context: Context) -> Decision[Orphan]:
        """Put the case into the officials' queue, once."""
        if state.deceased is not None:
            return Decision(state)
        rules: CivilStatusRules = context.rules
        opened = reviews.opened(
            context.case_id,
            context.now,
            province=event.province,
            persons=(event.deceased, *event.persons),
            second_person=False,
            claim_seconds=rules.claim_seconds.in_force(local_date(context.now), event.province),
        )
        return gate.shut(Orphan(deceased=event.deceased), opened)

    @procedure.on(HandoverRequested)
    def handed_over(state: Orphan, act: HandoverRequested, context: Context) -> Decision[Orphan]:
        """Look for another official, where one has the case, or all have left it."""
        if not reviews.concerns(act):
            return Decision(state)
        return gate.shut(state, handovers.judged(state.review, act, context.cause.id, context.now))

    def decided(state: Orphan, verdict: Verdict, context: Context) -> Decision[Orphan]:
        """Say whether an official goes on with the case."""
        assert state.deceased is not None
        assert state.review is not None
        deceased, task = state.deceased, state.review.task
        if verdict.refused:
            reason = verdict.refused
            left = CaseAbandoned(deceased=deceased, reason=reason, revision=task.revision)
            return Decision(state, events=(left,))
        # Only who has the task in hand decides about it.
        adopted = CaseAdopted(deceased=deceased, by=task.held_by, revision=task.revision)
        return Decision(state, events=(adopted,))

    gate = Gate(procedure, reviews, decided)
    return procedure


birth = of_group(ORPHANED_BIRTH)
death = of_group(ORPHANED_DEATH)
