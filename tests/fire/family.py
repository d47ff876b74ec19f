"""Playing the family of a written declaration: it supplies what it was asked for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from infra.issuer import Issuer
from tests.fire.answers import differs
from tests.fire.officials import Step
from tests.fire.portal import Portal


class Family:
    """Whoever has declared, at a portal."""

    def __init__(self, portal: Portal, issuer: Issuer) -> None:
        self._portal, self._issuer = portal, issuer

    async def supply(
        self,
        case_id: str,
        number: int,
        step: Step,
        declaration: Mapping[str, Any],
        request: str | None,
    ) -> str | None:
        """Supply what was asked for by this request, and wait until it has been received.

        Without a request the family sends something all the same. Returns what went wrong. Played
        again it is the same, though nothing is asked for any more.
        """
        request = request or str(UUID(int=number))
        answer = await self._portal.answer(
            "POST",
            f"/api/cases/{case_id}/supplements",
            headers={
                "Authorization": f"Bearer {self._issuer.citizen(declaration['declarant'])}",
                "Idempotency-Key": f"{case_id}-{number}",
            },
            json=step.supplement(declaration, request),
        )
        if answer.status_code != 202 or step.status != 202:
            return differs(answer, step.status)

        def received(case: Mapping[str, Any]) -> bool:
            # There is nothing asked for, or by now something else.
            asked = {each["name"]: each["supplement"] for each in case["procedures"]}
            return (asked.get(step.procedure) or {}).get("request") != request

        if await self._portal.becomes(case_id, received):
            return None
        return "the supplement has not been received"
