"""Playing the second thoughts of a written declaration: over HTTP, each until it is answered."""

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from infra.issuer import Issuer
from tests.fire.officials import roster
from tests.fire.portal import FireError, Portal
from tests.fire.requests import DECLARANT, Request
from tests.fire.written import FEES, Expected, judge_changes

_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news."""


class Petitioners:
    """Declarants and officials at a portal, who think again about a case."""

    def __init__(self, portal: Portal, issuer: Path, run: int, day: date, patience: float) -> None:
        self._portal, self._issuer, self._patience = portal, Issuer(issuer), patience
        self._run, self._day = run, day

    async def play(self, case_id: str, declarant: str, requests: Sequence[Request]) -> list[str]:
        """Send all of this about a case, and return what came differently."""
        problems: list[str] = []
        if requests and not await self._paid(case_id):
            return ["the fees are not settled"]
        for number, request in enumerate(requests):
            problem = await self._one(case_id, declarant, f"{request.when}-{number}", request)
            problems += [f"{request.by}'s {request.does}: {problem}"] if problem else []
        return problems

    async def changed(self, case_id: str, expected: Expected) -> list[str]:
        """Wait until all that follows is on the page of the case, and return what is not."""
        start = monotonic()
        while problems := judge_changes(expected, await self._portal.case(case_id)):
            if monotonic() - start > self._patience:
                return problems
            await asyncio.sleep(_INTERVAL)
        return []

    async def _paid(self, case_id: str) -> bool:
        """Wait until the fees are settled, so that it is known what is given back."""
        start = monotonic()
        while monotonic() - start <= self._patience:
            case = await self._portal.case(case_id)
            if any(p["name"] in FEES and p["state"] == "granted" for p in case["procedures"]):
                return True
            await asyncio.sleep(_INTERVAL)
        return False

    async def _one(self, case_id: str, declarant: str, key: str, request: Request) -> str | None:
        token = self._token(declarant if request.by == DECLARANT else request.by)
        headers = {"Idempotency-Key": f"{case_id}-{key}", "Authorization": f"Bearer {token}"}
        path = f"/api/cases/{case_id}/{request.does}"
        body = request.said(self._run, self._day)
        answer = await self._portal.ask("POST", path, headers=headers, json=body)
        if answer is None:
            raise FireError(f"no answer from {self._portal.url}")
        if answer.status_code != request.status:
            return f"HTTP {answer.status_code}, not {request.status}: {answer.text[:200]}"
        if answer.status_code != 202:
            return None
        word = await self._word(case_id, answer.json()["request_id"])
        if word is None:
            return "the agency has not answered"
        code = (word.get("reason") or {}).get("code") if word["change"] == "declined" else None
        return None if code == request.declined else f"declined as {code}, not {request.declined}"

    def _token(self, name: str) -> str:
        official = roster().get(name)
        return self._issuer.token(official) if official else self._issuer.citizen(name)

    async def _word(self, case_id: str, request_id: str) -> dict[str, Any] | None:
        start = monotonic()
        while monotonic() - start <= self._patience:
            case = await self._portal.case(case_id)
            for procedure in case["procedures"]:
                for each in procedure["afterwards"]:
                    if each.get("request") == request_id:
                        return dict(each)
            await asyncio.sleep(_INTERVAL)
        return None
