"""What a family says of where else money is to go, in a written declaration: over HTTP, in turn."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from contracts.common.payouts import Payout
from contracts.model import Input, PersonalId
from infra.issuer import Issuer
from tests.fire.portal import FireError, Portal

ASKED = "payments.destination-requested.v1"
_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news."""


class Instruction(Input):
    """Who says where the money is to go, and how the portal answers."""

    by: PersonalId
    payout: Payout
    status: Literal[202, 403, 409, 422] = 202


class Payees:
    """The families at a portal: each answers when it is asked."""

    def __init__(self, portal: Portal, issuer: Path, patience: float) -> None:
        self._portal, self._issuer, self._patience = portal, Issuer(issuer), patience

    async def play(self, case_id: str, instructions: Sequence[Instruction]) -> list[str]:
        """Say all of this about a case, and return what came differently.

        Before each instruction the case must have asked for it: after n that were taken, for the
        (n + 1)-th time. One that comes too late (409) is said when the case has ended.
        """
        problems: list[str] = []
        taken = 0
        for number, instruction in enumerate(instructions):
            late = instruction.status == 409
            if not await self._wait(case_id, None if late else taken + 1):
                what = "ended" if late else f"asked for the {taken + 1}. time"
                return [*problems, f"instruction {number}: the case has not {what}"]
            for _ in range(2 if instruction.status == 202 else 1):
                problems += await self._say(case_id, number, instruction)
            taken += instruction.status == 202
        return problems

    async def until_asked(self, case_id: str, times: int) -> None:
        """Wait until the family has been asked so often, or patience ends."""
        await self._wait(case_id, times)

    async def _say(self, case_id: str, number: int, instruction: Instruction) -> list[str]:
        answer = await self._portal.ask(
            "POST",
            f"/api/cases/{case_id}/payout",
            headers={
                "Authorization": f"Bearer {self._issuer.citizen(instruction.by)}",
                "Idempotency-Key": f"{case_id}-payout-{number}",
            },
            json=instruction.model_dump(mode="json", include={"payout"}),
        )
        if answer is None:
            raise FireError(f"no answer from {self._portal.url}")
        if answer.status_code == instruction.status:
            return []
        said = f"HTTP {answer.status_code}, not {instruction.status}: {answer.text[:200]}"
        return [f"instruction {number}: {said}"]

    async def _wait(self, case_id: str, times: int | None) -> bool:
        """Wait until the case has asked so often, or None: has ended; say whether it came."""
        start = monotonic()
        while monotonic() - start <= self._patience:
            case = await self._portal.case(case_id)
            if times is None and case["completed_at"]:
                return True
            if times is not None and asked(case) >= times:
                return True
            await asyncio.sleep(_INTERVAL)
        return False


def asked(case: dict[str, Any]) -> int:
    """Return how often the family was asked where else the money is to go."""
    return sum(happened["type"] == ASKED for happened in case["timeline"])
