"""The second thoughts of the written declarations: what is asked for about a case, and by whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field

from contracts.catalogue import catalogue
from contracts.common.tasks import Official
from contracts.compensation.events import (
    CorrectionRequested,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.envelope import Event
from contracts.group import Change
from contracts.model import Input
from tests.fire.words import resolve

DECLARANT = "declarant"

Changes = dict[str, tuple[Change, ...]]
"""What must have become of procedures since, in the order of the page."""


class Request(Input):
    """A request about a case, and what comes of it."""

    by: str = DECLARANT
    """The declarant, the name of an official, or another person's identifier."""
    does: Literal["withdrawal", "revocation", "correction"]
    when: Literal["paid", "ended"] = "ended"
    """When officials have acted and the fees are settled, or when the case has ended."""
    body: dict[str, Any] = Field(default_factory=dict)
    status: Literal[202, 403, 409, 422] = 202
    declined: str | None = None
    """The code of the reason for which it must not count."""

    def said(self, run: int, day: date) -> dict[str, Any]:
        """Return the body as it is sent on that day."""
        body: dict[str, Any] = resolve(self.body, run, day)
        return body

    def event(
        self, group: str, declarant: str, officials: Mapping[str, Official], day: date
    ) -> Event:
        """Return the event that it becomes, where the portal lets it pass."""
        body = self.said(0, day)
        if self.does == "withdrawal":
            return WithdrawalRequested(declarant=declarant)
        spec = catalogue().groups[group].hearing(RevocationRequested)
        assert spec is not None
        about = {"procedure": spec.name, "official": officials[self.by], **body}
        if self.does == "revocation":
            return RevocationRequested.model_validate(about)
        return CorrectionRequested.model_validate(about)
