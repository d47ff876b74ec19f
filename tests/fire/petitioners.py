"""Playing the second thoughts of a written declaration: over HTTP, each until it is answered."""

from collections.abc import Mapping, Sequence
from datetime import date
from operator import not_
from pathlib import Path
from typing import Any

from infra.issuer import Issuer
from tests.fire.answers import differs
from tests.fire.officials import roster
from tests.fire.portal import Portal
from tests.fire.requests import DECLARANT, Request
from tests.fire.written import FEES, Expected, judge_changes


class Petitioners:
    """Declarants and officials at a portal, who think again about a case."""

    def __init__(self, portal: Portal, issuer: Path, run: int, day: date) -> None:
        self._portal, self._issuer = portal, Issuer(issuer)
        self._run, self._day = run, day

    async def play(self, case_id: str, declarant: str, requests: Sequence[Request]) -> list[str]:
        """Send all of this about a case, and return what came differently."""
        problems: list[str] = []
        # So that it is known what is given back.
        if requests and not await self._portal.becomes(case_id, _paid):
            return ["the fees are not settled"]
        for number, request in enumerate(requests):
            problem = await self._one(case_id, declarant, f"{request.when}-{number}", request)
            problems += [f"{request.by}'s {request.does}: {problem}"] if problem else []
        return problems

    async def changed(self, case_id: str, expected: Expected) -> list[str]:
        """Wait until all that follows is on the page of the case, and return what is not."""

        async def problems() -> list[str]:
            return judge_changes(expected, await self._portal.case(case_id))

        return await self._portal.until(problems, not_)

    async def _one(self, case_id: str, declarant: str, key: str, request: Request) -> str | None:
        token = self._token(declarant if request.by == DECLARANT else request.by)
        headers = {"Idempotency-Key": f"{case_id}-{key}", "Authorization": f"Bearer {token}"}
        path = f"/api/cases/{case_id}/{request.does}"
        body = request.said(self._run, self._day)
        answer = await self._portal.answer("POST", path, headers=headers, json=body)
        if answer.status_code != 202 or request.status != 202:
            return differs(answer, request.status)
        word = await self._word(case_id, answer.json()["request_id"])
        if word is None:
            return "the agency has not answered"
        code = (word.get("reason") or {}).get("code") if word["change"] == "declined" else None
        return None if code == request.declined else f"declined as {code}, not {request.declined}"

    def _token(self, name: str) -> str:
        official = roster().get(name)
        return self._issuer.token(official) if official else self._issuer.citizen(name)

    async def _word(self, case_id: str, request_id: str) -> dict[str, Any] | None:
        async def word() -> dict[str, Any] | None:
            procedures = (await self._portal.case(case_id))["procedures"]
            said = [each for procedure in procedures for each in procedure["afterwards"]]
            return next((each for each in said if each.get("request") == request_id), None)

        return await self._portal.until(word)


def _paid(case: Mapping[str, Any]) -> bool:
    """Say whether the fees are settled."""
    return any(p["name"] in FEES and p["state"] == "granted" for p in case["procedures"])
