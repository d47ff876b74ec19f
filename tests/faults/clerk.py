"""An official of each agency who decides whatever waits, for as long as a test runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import httpx

from contracts.common.tasks import Official
from infra.local import Stack, plain_http
from tests.unit.officials import official

_LOOKS_AGAIN = 0.25
"""Seconds after which an official looks again: four of them who never paused took a core from the
system that they are to work with."""
_TRY = 2.0
"""Seconds that an answer may take: whoever should give it may have been killed."""
AGENCIES = ("civil-status", "population", "residence", "social-insurance")


class Clerk:
    """Claims every open task and decides every one in hand as the rules would have done.

    Whatever fails is tried again, under a key of its own: what came through twice is declined once.
    """

    def __init__(self, stack: Stack, agencies: Sequence[str] = AGENCIES) -> None:
        self._stack = stack
        self._staff = [official(agency=agency) for agency in agencies]
        self._keys = count()
        self._done = asyncio.Event()
        self.decided = 0

    @asynccontextmanager
    async def working(self) -> AsyncIterator["Clerk"]:
        """Decide meanwhile."""
        self._done.clear()
        tasks = [asyncio.create_task(self._work(who)) for who in self._staff]
        try:
            yield self
        finally:
            self._done.set()
            await asyncio.wait(tasks)
        for task in tasks:
            task.result()

    async def _work(self, who: Official) -> None:
        url = self._stack.url("portal")
        async with plain_http.client(url, timeout=_TRY) as http:
            while not self._done.is_set():
                with suppress(httpx.HTTPError):
                    await self._round(http, who)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._done.wait(), _LOOKS_AGAIN)

    async def _round(self, http: httpx.AsyncClient, who: Official) -> None:
        for state, act in (("open", "claim"), ("claimed", "decision")):
            headers = self._headers(who)
            answer = await http.get("/api/tasks", params={"state": state}, headers=headers)
            for task in answer.json().get("tasks", []) if answer.is_success else []:
                body = _verdict(task) if act == "decision" else None
                path = f"/api/tasks/{task['task_id']}/{act}"
                sent = await http.post(path, json=body, headers=self._headers(who))
                self.decided += act == "decision" and sent.is_success

    def _headers(self, who: Official) -> dict[str, str]:
        token = self._stack.issuer.token(who)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": f"clerk-{next(self._keys)}"}


def _verdict(task: dict[str, Any]) -> dict[str, Any]:
    """Return what the rules would have decided: an official can only refuse what they refuse."""
    decision = "refuse" if task["finding"] else "approve"
    return {"decision": decision, "revision": task["revision"]}
