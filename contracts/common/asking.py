"""What events have in common by which a case waits for somebody: an official, its family, a bank.

While a family is asked for something no time limit runs, whatever is asked for. Supplements have
events of their own (`contracts.common.supplements`).
"""

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from contracts.envelope import Event


class Awaiting(Event):
    """From here on a procedure waits for somebody: its time is no longer the machine's alone."""

    @property
    @abstractmethod
    def procedure(self) -> str:
        """The name of the procedure."""


class FamilyAsked(Awaiting):
    """A procedure cannot go on without a word of the family."""

    procedure: ClassVar[str]

    @property
    @abstractmethod
    def question(self) -> str:
        """What tells it from the procedure's other questions."""


class FamilyAnswered(Event):
    """A procedure goes on, perhaps because the family has answered."""

    procedure: ClassVar[str]

    @property
    @abstractmethod
    def question(self) -> str:
        """What `FamilyAsked` said, or would have said."""

    @property
    @abstractmethod
    def answered_at(self) -> datetime | None:
        """When the family answered; None where it was not its word by which this goes on."""
