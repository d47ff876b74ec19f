"""How the bank can go wrong: turned on for everybody, or by the last digits of an account.

What strikes whom follows from the payment's id, so that a run can be repeated.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Faults(BaseModel):
    """Faults of the whole bank. Shares are of payments; `delay` is in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    away: bool = Field(default=False, description="It answers 503, whatever it is asked.")
    delay: float = Field(default=0.1, ge=0, le=86_400, description="Until a payment is settled.")
    silent: Share = Field(default=0, description="An order is taken, and answered with 500.")
    lost: Share = Field(default=0, description="The statement says nothing of it.")
    doubled: Share = Field(default=0, description="The statement tells of it twice.")

    def strikes(self, fault: Literal["silent", "lost", "doubled"], payment: str) -> bool:
        """Return whether this payment is among the share that the fault strikes."""
        share: float = getattr(self, fault)
        digest = hashlib.sha256(f"{fault}/{payment}".encode()).digest()
        return int.from_bytes(digest[:4], "big") < share * 2**32


MIXED = Faults(delay=0.5, silent=0.2, lost=0.2, doubled=0.2)
"""Every fault but being away, at once."""


class Sandbox(NamedTuple):
    """How the bank treats one account, as the sandboxes of real banks do by number."""

    rejects: str | None = None
    loses_confirmation: bool = False
    confirms_twice: bool = False
    loses_answer: bool = False
    delay: float = 0.0
    changes_its_mind: float | None = None
    """Seconds after which what was rejected is paid all the same."""


SANDBOX: Mapping[str, Sandbox] = {
    "990001": Sandbox(rejects="account-closed"),
    "990002": Sandbox(rejects="account-unknown"),
    "990003": Sandbox(loses_confirmation=True),
    "990004": Sandbox(confirms_twice=True),
    "990005": Sandbox(loses_answer=True),
    "990006": Sandbox(delay=3.0),
    "990007": Sandbox(rejects="account-closed", changes_its_mind=3.0),
    "990008": Sandbox(rejects="limit-exceeded"),
}
"""By the last six digits of the account's number."""
_DIGITS = 6
_USUAL = Sandbox()


def sandbox(payout: Mapping[str, str]) -> Sandbox:
    """Return how the bank treats what is to be paid so."""
    return SANDBOX.get(payout.get("account_number", "")[-_DIGITS:], _USUAL)
