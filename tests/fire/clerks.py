"""Playing officials and family of a written declaration: over HTTP, with tokens, step by step."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from contracts.common.events import CaseOrphaned, CasePassed
from contracts.common.tasks import task_id
from infra.issuer import Issuer
from tests.fire.family import Family
from tests.fire.officials import FAMILY, Step, roster
from tests.fire.portal import FireError, Portal

SUCCEEDED = (CasePassed.type, CaseOrphaned.type)
_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news."""


def _apologised(case: Mapping[str, Any]) -> bool:
    """Say whether the time limit is over, and the family has been told."""
    return bool(case.get("promised_at"))


def _passed(case: Mapping[str, Any]) -> bool:
    """Say whether the case has passed on from a declarant who has died."""
    return any(happened["type"] in SUCCEEDED for happened in case["timeline"])


class Clerks:
    """Officials at a portal. Each step waits for the agency's word about the one before.

    They leave it to the portal which revision of a task they saw: played again, a step is the same.
    """

    def __init__(self, portal: Portal, issuer: Path, patience: float) -> None:
        self._portal, self._issuer, self._patience = portal, Issuer(issuer), patience
        self._family = Family(portal, self._issuer, patience)

    async def play(
        self, case_id: str, steps: Sequence[Step], declaration: Mapping[str, Any]
    ) -> list[str]:
        """Do all of this about a case, and return what came differently."""
        problems: list[str] = []
        requests: dict[str, str] = {}
        for number, step in enumerate(steps):
            if step.by == FAMILY:
                asked = requests.get(step.procedure)
                problem = await self._family.supply(case_id, number, step, declaration, asked)
            else:
                problem = await self._one(case_id, number, step, requests)
            problems += [f"step {number}, {step.by} {step.does}: {problem}"] if problem else []
        return problems

    async def state(self, case_id: str, by: str, procedure: str, awaited: str) -> str:
        """Return where a task stands, as this official sees it; wait for the awaited state."""
        start = monotonic()
        while True:
            task = await self._task(task_id(case_id, procedure), by)
            found = str(task and task["state"])
            if found == awaited or monotonic() - start > self._patience:
                return found
            await asyncio.sleep(_INTERVAL)

    async def _one(
        self, case_id: str, number: int, step: Step, requests: dict[str, str]
    ) -> str | None:
        task = task_id(case_id, step.procedure)
        if not await self._is_there(task, step.by):
            return "there is no such task"
        if step.when == "apologised" and not await self._is(case_id, _apologised):
            return "the family was given no new date"
        if step.when == "passed" and not await self._is(case_id, _passed):
            return "the case has passed to nobody"
        answer = await self._ask(
            "POST",
            f"/api/tasks/{task}/{step.path}",
            step.by,
            {"Idempotency-Key": f"{case_id}-{number}"},
            json=step.body,
        )
        if answer.status_code != step.status:
            return f"HTTP {answer.status_code}, not {step.status}: {answer.text[:200]}"
        if answer.status_code != 202:
            return None
        act = answer.json()["act_id"]
        if step.does == "supplement":
            requests[step.procedure] = act
        word = await self._word(task, step.by, act)
        if word is None:
            return "the agency has not answered"
        code = (word["reason"] or {}).get("code") if not word["counted"] else None
        return None if code == step.declined else f"declined as {code}, not {step.declined}"

    async def _is_there(self, task: str, by: str) -> bool:
        """Wait until the portal knows the task: to see it or not is another question."""
        start = monotonic()
        while (await self._ask("GET", f"/api/tasks/{task}", by)).status_code == 404:
            if monotonic() - start > self._patience:
                return False
            await asyncio.sleep(_INTERVAL)
        return True

    async def _is(self, case_id: str, so: Callable[[Mapping[str, Any]], bool]) -> bool:
        """Wait until this holds of the case."""
        start = monotonic()
        while not so(await self._portal.case(case_id)):
            if monotonic() - start > self._patience:
                return False
            await asyncio.sleep(_INTERVAL)
        return True

    async def _word(self, task: str, by: str, act: str) -> dict[str, Any] | None:
        start = monotonic()
        while monotonic() - start <= self._patience:
            for answer in ((await self._task(task, by)) or {}).get("answers", []):
                if answer["act"] == act:
                    return dict(answer)
            await asyncio.sleep(_INTERVAL)
        return None

    async def _task(self, task: str, by: str) -> dict[str, Any] | None:
        answer = await self._ask("GET", f"/api/tasks/{task}", by)
        return dict(answer.json()) if answer.status_code == 200 else None

    async def _ask(
        self,
        method: str,
        path: str,
        by: str,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        token = self._issuer.token(roster()[by])
        named = {"Authorization": f"Bearer {token}", **(headers or {})}
        response = await self._portal.ask(method, path, headers=named, **options)
        if response is None:
            raise FireError(f"no answer from {self._portal.url}")
        return response
