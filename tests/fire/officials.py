"""The officials of the written declarations, and what they and the family do about a case."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from contracts.birth.process import ORPHANED_BIRTH
from contracts.common.events import (
    HandoverRequested,
    TaskClaimRequested,
    TaskDecisionSubmitted,
    TaskReleaseRequested,
)
from contracts.common.tasks import (
    Act,
    Official,
    OfficialDecision,
    OfficialText,
    Supplied,
    TaskState,
    task_id,
)
from contracts.death.process import ORPHANED_DEATH
from contracts.model import Input, PersonalId
from infra.errors import OnestopError, about_file
from services.chassis.settings import why
from tests.fire import words

FAMILY = "family"
"""Whoever has declared: no name of the roster."""
ROSTER = Path(__file__).with_name("officials.json")

_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)
_roster: TypeAdapter[dict[str, Official]] = TypeAdapter(dict[str, Official])


def roster(file: Path = ROSTER) -> Mapping[str, Official]:
    """Return the officials of a file by their names there. Raises `OnestopError`."""
    try:
        return _roster.validate_json(file.read_bytes())
    except OSError as error:
        raise OnestopError(about_file(error)) from None
    except ValidationError as error:
        raise OnestopError(f"{file} is no roster of officials: {why(error)}") from None


class Step(Input):
    """What an official or the family does about a procedure of the case, and what comes of it."""

    by: str
    procedure: str
    does: Literal["claim", "release", "handover", "approve", "refuse", "supplement", "supply"]
    reason: OfficialText | None = None
    missing: tuple[OfficialText, ...] = ()
    supplied: tuple[Supplied, ...] = ()
    form: dict[str, Any] = Field(default_factory=dict)
    """Parts of the form that the family fills in anew."""
    when: Literal["at-once", "apologised", "passed"] = "at-once"
    """`apologised`: the official begins when the time limit is over and the family knows it;
    `passed`: when the declarant has died, and the case has passed on or waits for an official."""
    status: Literal[202, 403, 409, 422] = 202
    declined: str | None = None
    """The code of the reason for which it must not count."""

    @model_validator(mode="after")
    def the_family_supplies(self) -> Self:
        """Require that the family supplies, and nobody else, and does nothing else."""
        if (self.by == FAMILY) != (self.does == "supply"):
            raise ValueError(f"by {self.by}: {FAMILY} supplies and does nothing else")
        return self

    def resolved(self, run: int, day: date) -> "Step":
        """Return the step with the words in its form replaced, as in a declaration."""
        return self.model_copy(update={"form": words.resolve(self.form, run, day)})

    def supplement(self, declaration: Mapping[str, Any], request: str) -> dict[str, Any]:
        """Return what the family sends about its declaration, as the words stand there."""
        sent: dict[str, Any] = {
            "procedure": self.procedure,
            "request": request,
            "supplied": [each.model_dump(mode="json", exclude_none=True) for each in self.supplied],
        }
        return {**sent, "form": {**declaration["form"], **self.form}} if self.form else sent

    @property
    def adopts(self) -> bool:
        """Whether the official goes on with the case of a declarant who has died."""
        return self.does == "approve" and self.procedure in (ORPHANED_BIRTH, ORPHANED_DEATH)

    @property
    def path(self) -> str:
        """The last part of where it is sent."""
        return self.does if self.does in ("claim", "release", "handover") else "decision"

    @property
    def body(self) -> dict[str, Any] | None:
        """What is sent with it."""
        said = self.model_dump(mode="json", include={"reason", "missing"}, exclude_defaults=True)
        if self.path == "decision":
            said["decision"] = self.does
        return said or None

    def act(
        self, case_id: str, officials: Mapping[str, Official], barred: Sequence[PersonalId] = ()
    ) -> Act:
        """Return the event that it becomes, where the portal lets it pass.

        `barred` are those who may decide nothing about the case.
        """
        about = {
            "task_id": task_id(case_id, self.procedure),
            "procedure": self.procedure,
            "official": officials[self.by],
            "persons": tuple(barred),
        }
        if self.does == "claim":
            return TaskClaimRequested.model_validate(about)
        if self.does == "release":
            return TaskReleaseRequested.model_validate(about)
        if self.does == "handover":
            return HandoverRequested.model_validate({**about, "reason": self.reason})
        decided = _decision.validate_json(json.dumps(self.body))
        return TaskDecisionSubmitted.model_validate({**about, "decided": decided})


Waits = dict[str, TaskState]
"""Where a task must stand when everybody has done their part, by procedure."""
