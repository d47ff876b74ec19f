"""What the state knows of by itself, and proposes to declare: *proactive*, not *ask and give*."""

from typing import Any

from pydantic import Field

from contracts.envelope import Event
from contracts.model import Name, PersonalId, Value


class Proposal(Value):
    """A declaration that somebody may make, filled in as far as the state can.

    `form` has fields of the group's form, as they are sent; what only the family knows is left out.
    """

    key: Name = Field(description="What it is known by: a form that answers it names this.")
    replaces: Name | None = Field(
        default=None, description="The key of the one that it stands in for, which was wrong."
    )
    group: Name = Field(description="What is to be declared.")
    to: PersonalId | None = Field(
        default=None, description="Who is asked to; nobody, where they have no identifier."
    )
    form: dict[str, Any]


class Proposing(Event):
    """What it says is reason enough to propose a declaration."""

    proposal: Proposal
