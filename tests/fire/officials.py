"""The officials of the written declarations, and what each does about a case."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from contracts.common.events import TaskClaimRequested, TaskDecisionSubmitted, TaskReleaseRequested
from contracts.common.tasks import (
    Act,
    Official,
    OfficialDecision,
    OfficialText,
    TaskState,
    task_id,
)
from contracts.model import Input
from infra.errors import OnestopError

ROSTER = Path(__file__).with_name("officials.json")

_decision: TypeAdapter[OfficialDecision] = TypeAdapter(OfficialDecision)
_roster: TypeAdapter[dict[str, Official]] = TypeAdapter(dict[str, Official])


def roster(file: Path = ROSTER) -> Mapping[str, Official]:
    """Return the officials of a file by their names there. Raises `OnestopError`."""
    try:
        return _roster.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise OnestopError(f"{file} is no roster of officials: {error}") from None


class Step(Input):
    """What an official does about a procedure of the case, and what comes of it."""

    by: str
    procedure: str
    does: Literal["claim", "release", "approve", "refuse", "supplement"]
    reason: OfficialText | None = None
    missing: tuple[OfficialText, ...] = ()
    status: Literal[202, 403] = 202
    declined: str | None = None
    """The code of the reason for which it must not count."""

    @property
    def path(self) -> str:
        """The last part of where it is sent."""
        return self.does if self.does in ("claim", "release") else "decision"

    @property
    def body(self) -> dict[str, Any] | None:
        """What is sent with it."""
        if self.path != "decision":
            return None
        said = self.model_dump(mode="json", include={"reason", "missing"}, exclude_defaults=True)
        return {"decision": self.does, **said}

    def act(self, case_id: str, officials: Mapping[str, Official]) -> Act:
        """Return the event that it becomes, where the portal lets it pass."""
        about = {
            "task_id": task_id(case_id, self.procedure),
            "procedure": self.procedure,
            "official": officials[self.by],
        }
        if self.does == "claim":
            return TaskClaimRequested.model_validate(about)
        if self.does == "release":
            return TaskReleaseRequested.model_validate(about)
        decided = _decision.validate_json(json.dumps(self.body))
        return TaskDecisionSubmitted.model_validate({**about, "decided": decided})


Waits = dict[str, TaskState]
"""Where a task must stand when everybody has done their part, by procedure."""
