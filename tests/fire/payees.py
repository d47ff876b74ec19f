"""What a family says of where else money is to go, in a written declaration: over HTTP, in turn."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from contracts.common.payouts import Payout
from contracts.model import Input, PersonalId
from infra.issuer import Issuer
from tests.fire.answers import differs
from tests.fire.portal import Portal

ASKED = "payments.destination-requested.v1"


class Instruction(Input):
    """Who says where the money is to go, and how the portal answers."""

    by: PersonalId
    payout: Payout
    status: Literal[202, 403, 409, 422] = 202


class Payees:
    """The families at a portal: each answers when it is asked."""

    def __init__(self, portal: Portal, issuer: Path) -> None:
        self._portal, self._issuer = portal, Issuer(issuer)

    async def play(self, case_id: str, instructions: Sequence[Instruction]) -> list[str]:
        """Say all of this about a case, and return what came differently.

        Before each instruction the case must have asked for it: after n that were taken, for the
        (n + 1)-th time. One that comes too late (409) is said when the case has ended.
        """
        problems: list[str] = []
        taken = 0
        for number, instruction in enumerate(instructions):
            late = instruction.status == 409
            if not await self._portal.becomes(case_id, _ended if late else _asked(taken + 1)):
                what = "ended" if late else f"asked for the {taken + 1}. time"
                return [*problems, f"instruction {number}: the case has not {what}"]
            for _ in range(2 if instruction.status == 202 else 1):
                problems += await self._say(case_id, number, instruction)
            taken += instruction.status == 202
        return problems

    async def until_asked(self, case_id: str, times: int) -> None:
        """Wait until the family has been asked so often, or patience ends."""
        await self._portal.becomes(case_id, _asked(times))

    async def _say(self, case_id: str, number: int, instruction: Instruction) -> list[str]:
        answer = await self._portal.answer(
            "POST",
            f"/api/cases/{case_id}/payout",
            headers={
                "Authorization": f"Bearer {self._issuer.citizen(instruction.by)}",
                "Idempotency-Key": f"{case_id}-payout-{number}",
            },
            json=instruction.model_dump(mode="json", include={"payout"}),
        )
        problem = differs(answer, instruction.status)
        return [f"instruction {number}: {problem}"] if problem else []


def _ended(case: dict[str, Any]) -> bool:
    return bool(case["completed_at"])


def _asked(times: int) -> Callable[[dict[str, Any]], bool]:
    return lambda case: asked(case) >= times


def asked(case: dict[str, Any]) -> int:
    """Return how often the family was asked where else the money is to go."""
    return sum(happened["type"] == ASKED for happened in case["timeline"])
