"""What a family reads in its inbox, and what it says of a case that has ended: over HTTP."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Literal

from contracts.model import Input, PersonalId
from infra.issuer import Issuer
from tests.fire import cast
from tests.fire.portal import FireError, Portal

_INTERVAL = 0.05
"""Seconds between questions. There is nothing to await: the portal pushes no news."""

Told = dict[PersonalId, tuple[str, ...]]
"""Which events the inboxes of these people tell of, each as often as it happened."""


class Rating(Input):
    """What somebody says of a case, and how the portal answers."""

    by: PersonalId
    stars: int
    comment: str | None = None
    status: Literal[202, 403, 409, 422] = 202


class Feedback:
    """The families at a portal, when a case has ended."""

    def __init__(self, portal: Portal, issuer: Path, run: int, patience: float) -> None:
        self._portal, self._issuer, self._patience = portal, Issuer(issuer), patience
        self._run = run

    async def rate(self, case_id: str, ratings: Sequence[Rating]) -> list[str]:
        """Say all of this in turn, and return what came differently."""
        problems = []
        for number, rating in enumerate(ratings):
            answer = await self._portal.ask(
                "POST",
                f"/api/cases/{case_id}/rating",
                headers=self._token(rating.by),
                json=rating.model_dump(include={"stars", "comment"}, exclude_none=True),
            )
            if answer is None:
                raise FireError(f"no answer from {self._portal.url}")
            if answer.status_code != rating.status:
                said = f"HTTP {answer.status_code}, not {rating.status}: {answer.text[:200]}"
                problems.append(f"rating {number}: {said}")
        return problems

    async def read(self, case_id: str, told: Mapping[PersonalId, Sequence[str]]) -> list[str]:
        """Wait until each of these people is told so of the case, and return what differs."""
        start = monotonic()
        while problems := await self._differences(case_id, told):
            if monotonic() - start > self._patience:
                return problems
            await asyncio.sleep(_INTERVAL)
        return []

    async def _differences(
        self, case_id: str, told: Mapping[PersonalId, Sequence[str]]
    ) -> list[str]:
        inboxes = [(p, await self._inbox(case_id, p), sorted(types)) for p, types in told.items()]
        return [
            f"{p} is told of {found}, not of {due}" for p, found, due in inboxes if found != due
        ]

    async def _inbox(self, case_id: str, person: PersonalId) -> list[str]:
        """Return the types of what somebody is told of a case; nothing where it is not theirs."""
        path = f"/api/notices?case_id={case_id}&limit=500"
        answer = await self._portal.ask("GET", path, headers=self._token(person))
        if answer is None or answer.status_code not in (200, 403):
            raise FireError(f"{path}: {answer.status_code if answer else 'no answer'}")
        notices = answer.json()["notices"] if answer.status_code == 200 else ()
        return sorted(notice["type"] for notice in notices)

    def _token(self, person: PersonalId) -> dict[str, str]:
        citizen = self._issuer.citizen(cast.understudy(person, self._run))
        return {"Authorization": f"Bearer {citizen}"}
