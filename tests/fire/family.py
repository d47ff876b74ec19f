"""Playing the family of a written declaration: it supplies what it was asked for."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any
from uuid import UUID

from infra.issuer import Issuer
from tests.fire.officials import Step
from tests.fire.portal import FireError, Portal

_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news to us."""

Asked = Mapping[str, Any]
"""What the page of a case says that the family is asked for."""


class Family:
    """Whoever has declared, at a portal."""

    def __init__(self, portal: Portal, issuer: Issuer, patience: float) -> None:
        self._portal, self._issuer, self._patience = portal, issuer, patience

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
        answer = await self._portal.ask(
            "POST",
            f"/api/cases/{case_id}/supplements",
            headers={
                "Authorization": f"Bearer {self._issuer.citizen(declaration['declarant'])}",
                "Idempotency-Key": f"{case_id}-{number}",
            },
            json=step.supplement(declaration, request),
        )
        if answer is None:
            raise FireError(f"no answer from {self._portal.url}")
        if answer.status_code != step.status:
            return f"HTTP {answer.status_code}, not {step.status}: {answer.text[:200]}"
        if answer.status_code != 202:
            return None
        # Received, there is nothing asked for, or by now something else.
        now = await self._until(
            case_id, step.procedure, lambda now: (now or {}).get("request") != request
        )
        received = (now or {}).get("request") != request
        return None if received else "the supplement has not been received"

    async def _until(
        self, case_id: str, procedure: str, there: Callable[[Asked | None], bool]
    ) -> Asked | None:
        """Return what the family is asked for when this holds, or patience is over."""
        start = monotonic()
        while True:
            case = await self._portal.case(case_id)
            found = {each["name"]: each["supplement"] for each in case["procedures"]}
            asked: Asked | None = found.get(procedure)
            if there(asked) or monotonic() - start > self._patience:
                return asked
            await asyncio.sleep(_INTERVAL)
