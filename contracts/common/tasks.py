"""An official's task: what stands to be decided, who has it in hand, and what is said of it.

All agencies say it in one shape, each under its own name (`task_events`).
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.common.asking import Awaiting
from contracts.envelope import Event
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Text, Value

TaskState = Literal["open", "claimed", "awaits-supplement", "decided"]
TaskId = Annotated[
    str,
    StringConstraints(pattern=r"^.{1,128}\.[a-z][a-z0-9-]{0,119}$"),
    Field(description="The case and the procedure, with a dot between."),
]
Anywhere = Literal["*"]
# No task moves so often, and what has more than 64 bits cannot be stored.
SeenRevision = Annotated[int, Field(ge=1, le=2**31 - 1)]


def task_id(case_id: str, procedure: str) -> str:
    """Return the id of the task of a procedure in a case; there is one at most."""
    return f"{case_id}.{procedure}"


class Signatory(Value):
    """Who did something in office."""

    person_id: PersonalId
    name: Name


class Official(Signatory):
    """Somebody in office, and how far the office reaches, as the issuer of the token says it."""

    agency: Name
    provinces: tuple[ProvinceCode | Anywhere, ...]
    procedures: tuple[Name, ...] = Field(description="Names of procedures; * for all.")

    def may_decide(self, agency: str, province: str | None, procedure: str) -> bool:
        """Return whether the office reaches so far."""
        return (
            self.agency == agency
            and ("*" in self.provinces or province in self.provinces)
            and ("*" in self.procedures or procedure in self.procedures)
        )

    @property
    def signatory(self) -> Signatory:
        """Who it is, without the office."""
        return Signatory(person_id=self.person_id, name=self.name)


class OfficialText(Text):
    """What an official writes to a family."""

    vi: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class OfRevision(Value):
    """A decision about the file as it was at some revision of its task."""

    revision: SeenRevision | None = Field(
        default=None,
        description="Of the task, when the official looked at the file. The portal names the one"
        " that it shows where a request names none.",
    )


class Approval(OfRevision):
    """The rules may have their way."""

    decision: Literal["approve"]


class Refusal(OfRevision):
    """It is refused, for the official's own reason, or else for what the rules found."""

    decision: Literal["refuse"]
    reason: OfficialText | None = None


class SupplementRequest(OfRevision):
    """The file is not complete; each thing that is missing is named."""

    decision: Literal["supplement"]
    missing: Annotated[tuple[OfficialText, ...], Field(min_length=1, max_length=20)]


OfficialDecision = Annotated[
    Approval | Refusal | SupplementRequest, Field(discriminator="decision")
]


class Act(Event, stream="acts"):
    """What an official wants, as the portal took it from them. Whether it counts, the agency says.

    On a topic of its own: of all that the portal publishes, most agencies need to hear only this.
    """

    task_id: TaskId
    procedure: Name
    official: Official
    persons: tuple[PersonalId, ...] = Field(
        default=(),
        description="Whom the declaration or a supplement names, and officials who have adopted"
        " the case: none of them decides about it.",
    )


class Supplied(Value):
    """What the family supplies for one thing that was missing."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    document: Annotated[
        str | None,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
        Field(description="The number or code by which the agency finds the document."),
    ] = None


class Task(Value):
    """Where a task stands. Of two versions the one with the higher revision is the newer."""

    task_id: TaskId
    procedure: Name
    province: ProvinceCode | None
    revision: Annotated[int, Field(ge=1)]
    state: TaskState
    opened_at: AwareDatetime
    second_person: bool = Field(description="Whether two different officials must approve.")
    finding: Reason | None = Field(default=None, description="Why the rules refuse, if they do.")
    held_by: Signatory | None = None
    held_until: AwareDatetime | None = None
    approved_by: tuple[Signatory, ...] = ()
    missing: tuple[Text, ...] = ()
    request: UUID | None = Field(
        default=None, description="The act that asked for what is missing; a supplement names it."
    )
    supplement_until: AwareDatetime | None = Field(
        default=None, description="Until when the portal takes what is missing."
    )
    supplied: tuple[Supplied, ...] = Field(
        default=(), description="What was supplied last, in the order in which it was missing."
    )


class TaskEvent(Event):
    """What every event of a task says: where it stands now."""

    task: Task

    @property
    def procedure(self) -> str:
        """The name of the procedure that the task is about."""
        return self.task.procedure


class TaskOpened(TaskEvent, Awaiting):
    """A procedure waits for an official."""


class TaskClaimed(TaskEvent):
    """An official has the task in hand, and nobody else, until a certain time."""

    act: UUID
    by: Signatory


class TaskReleased(TaskEvent):
    """Nobody has the task in hand any more: it was given back, or its time was out."""

    act: UUID | None = Field(default=None, description="None where the time was out.")
    by: Signatory


class TaskDecided(TaskEvent):
    """An official's decision counts. An approval may still need a second person's."""

    act: UUID
    by: Signatory
    decision: Literal["approve", "refuse"]
    reason: Reason | None = None


class SupplementRequested(TaskEvent, Awaiting):
    """The family is asked for what is missing; until it is there, nothing is decided."""

    act: UUID
    by: Signatory


class TaskReexamined(TaskEvent):
    """What the task is about has been put right: the rules have looked at it again, and nobody has
    approved it as it is now. Whoever has it in hand keeps it."""


class TaskClosed(TaskEvent):
    """Nobody has to decide any more: what it was about has fallen away."""

    reason: Reason


class ActDeclined(Event):
    """What an official wanted does not count, and why."""

    task_id: TaskId
    act: UUID
    by: Signatory
    reason: Reason
