"""What an agency remembers of the corrections of a birth that it has heard of. Pure."""

from typing import Annotated

from pydantic import Field

from contracts.common.people import Child
from contracts.compensation.events import BirthCorrected
from contracts.model import Value


class Correction(Value):
    """The newest correction: the child as civil status had it after that entry of its journal.

    It counts before what any other copy says, whenever that was made or heard: copies are made of
    the registration, and only civil status puts that right.
    """

    entry: Annotated[int, Field(ge=0)]
    child: Child


def newer(known: Correction | None, event: BirthCorrected, entry: int) -> Correction | None:
    """Return the correction, or None where one is known that is as new."""
    if known is not None and entry <= known.entry:
        return None
    return Correction(entry=entry, child=event.child)
