"""Events that procedure groups share."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.common.asking import Awaiting
from contracts.common.payouts import Payout
from contracts.common.people import Child, Household, Person
from contracts.common.proposals import Proposal
from contracts.common.tasks import (
    Act,
    OfficialDecision,
    OfficialText,
    Signatory,
    Supplied,
    TaskEvent,
    TaskId,
)
from contracts.envelope import Event
from contracts.group import Result
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Text, Value, Vnd

Channel = Literal["portal", "office"]
PaymentMethod = Literal["online", "counter"]
Outcome = Literal["completed", "partial", "refused"]
WorkingDays = Annotated[int, Field(ge=1, le=365)]


class DeclarationSubmitted(Event, type="portal.declaration-submitted.v1"):
    """A family declared a life event. The bundle is frozen here, whatever the law says later."""

    group: Name
    declarant: PersonalId
    channel: Channel
    province: ProvinceCode
    received_at: AwareDatetime
    bundle: tuple[Name, ...]
    form: dict[str, Any] = Field(description="The form of the group, checked at intake.")
    people: dict[PersonalId, Person] = Field(
        default_factory=dict, description="What the register holds of the people in the form."
    )
    reused_fields: Annotated[int, Field(ge=0)] = 0
    entered_fields: Annotated[int, Field(ge=0)] = 0
    working_days: WorkingDays | None = Field(
        default=None, description="The legal time limit of the whole case, frozen as the bundle is."
    )
    answers: Name | None = Field(
        default=None, description="The key of the proposal that the form would answer."
    )
    proposal: Proposal | None = Field(
        default=None, description="That proposal, or what stands in for it, where it is known."
    )
    replaced: tuple[Name, ...] | None = Field(
        default=None, description="The keys of what the proposal stands in for, one for another."
    )


class PersonIdentified(Event, type="population.person-identified.v1"):
    """A registered person has a personal identifier. Carries what the next agencies need."""

    personal_id: PersonalId
    registration_number: Name
    child: Child
    household: Household | None = None
    bundle: tuple[Name, ...]


class FeeLine(Value):
    """One fee: what the tariff says, what is waived and why, what is left to pay."""

    code: Name
    tariff: Vnd
    waived: Vnd
    due: Vnd
    reason: Reason | None = None


class FeeSettled(Event, type="payments.fee-settled.v1"):
    """The fees of a case are settled, also when there is nothing to pay."""

    receipt_number: Name
    lines: tuple[FeeLine, ...]
    due: Vnd
    waived: Vnd
    method: PaymentMethod


class FeeRefunded(Event, type="payments.fee-refunded.v1"):
    """What had been paid for a service that was then refused is given back."""

    receipt_number: Name
    amount: Vnd
    reason: Reason


class CasePassed(Event, type="portal.case-passed.v1"):
    """The declarant of a running case has died, and the other parent goes on with it."""

    deceased: PersonalId
    successor: PersonalId


class CaseOrphaned(Event, type="portal.case-orphaned.v1"):
    """The declarant of a running case has died, and nobody is there to go on with it: an official
    has to."""

    deceased: PersonalId
    province: ProvinceCode | None = None
    persons: tuple[PersonalId, ...] = Field(
        default=(),
        description="Whom the declaration or a supplement names, and officials who have adopted"
        " the case: none of them decides about it.",
    )


DecidedAt = Annotated[
    int | None,
    Field(
        ge=1,
        description="That of the task when it was decided: the greater one is of the newer word."
        " Of old events unknown.",
    ),
]


class CaseAdopted(Event, type="civil-status.case-adopted.v1"):
    """An official goes on with the case of a declarant who has died."""

    deceased: PersonalId
    by: Signatory | None = Field(
        default=None, description="Who acts for the declarant from now on; of old events unknown."
    )
    revision: DecidedAt = None


class CaseAbandoned(Event, type="civil-status.case-abandoned.v1"):
    """Nobody goes on with the case of a declarant who has died; what was declared is decided."""

    deceased: PersonalId
    reason: Reason
    revision: DecidedAt = None


class AdoptionReopened(TaskEvent, Awaiting, type="civil-status.adoption-reopened.v1"):
    """Who goes on with a case that was adopted or left is decided anew; until then it stays so."""

    act: UUID
    by: Signatory
    reason: Reason


class CaseCompleted(Event, type="portal.case-completed.v1"):
    """Every procedure of the frozen bundle has ended, or can no longer start."""

    outcome: Outcome
    results: dict[Name, Result | Literal["not-started"]]
    submitted_at: AwareDatetime
    completed_at: AwareDatetime
    seconds: Annotated[float, Field(ge=0, description="From submission to completion.")]
    due_at: AwareDatetime | None = Field(
        default=None, description="When the time limit of the whole case ended, where it has one."
    )
    on_time: bool | None = Field(
        default=None, description="Whether the last procedure ended by then."
    )


class LimitedTime(Value):
    """A time limit in law: of one procedure, or of the whole case."""

    procedure: Name | None = Field(default=None, description="None: the whole case.")
    owner: Name | None = Field(default=None, description="The agency; None for the whole case.")
    working_days: WorkingDays
    due_at: AwareDatetime


class DeadlineApproached(Event, type="portal.deadline-approached.v1"):
    """A time limit will soon end, and what it limits has not ended: it is at risk."""

    limit: LimitedTime


class DeadlineMissed(Event, type="portal.deadline-missed.v1"):
    """A time limit has ended, and what it limits has not: it is overdue."""

    limit: LimitedTime


class DelayEscalated(Event, type="portal.delay-escalated.v1"):
    """What is overdue is still not done, and somebody higher up is told."""

    limit: LimitedTime
    rung: Name
    to: Text = Field(description="Who is told.")


class ApologySent(Event, type="portal.apology-sent.v1"):
    """The family of an overdue case is asked for its patience, and told a new date."""

    due_at: AwareDatetime
    promised_at: AwareDatetime
    notice: Text = Field(description="What the family reads.")


class TaskClaimRequested(Act, type="portal.task-claim-requested.v1"):
    """An official wants to have a task in hand; the holder, to have it longer."""


class TaskReleaseRequested(Act, type="portal.task-release-requested.v1"):
    """An official wants to give a task back."""


class TaskDecisionSubmitted(Act, type="portal.task-decision-submitted.v1"):
    """An official has decided, and wants it to count."""

    decided: OfficialDecision


class HandoverRequested(Act, type="portal.handover-requested.v1"):
    """An official, the adopter or another, wants somebody to be found for a case that was adopted
    or left."""

    reason: OfficialText = Field(
        description="Why. Whoever has the case is told, also by the channel of notices outside."
    )


class PayoutInstructed(Event, type="portal.payout-instructed.v1"):
    """Who has the case or is paid says where else the money is to go, where it cannot arrive."""

    by: PersonalId
    declared: bool = Field(
        description="Whether it is who has the case: who declared it, or goes on with it since."
    )
    payout: Payout


class SupplementSubmitted(Event, type="portal.supplement-submitted.v1", stream="acts"):
    """A family supplies what it was asked for, as the portal took it. Whether it counts, the agency
    says."""

    task_id: TaskId
    procedure: Name
    by: PersonalId
    request: UUID = Field(description="The act that asked for it.")
    received_at: AwareDatetime
    supplied: Annotated[tuple[Supplied, ...], Field(min_length=1, max_length=20)]
    declaration: DeclarationSubmitted | None = Field(
        default=None,
        description="The declaration with its form corrected; what was frozen stays frozen.",
    )


class CaseRated(Event, type="portal.case-rated.v1"):
    """Whoever had a case in hand says how well they were served, once."""

    stars: Annotated[int, Field(ge=1, le=5, description="5 is the best.")]
    comment: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
