"""What a family reads in its inbox, and what it says of a case that has ended: over HTTP."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import not_
from pathlib import Path
from typing import Literal

from contracts.model import Input, PersonalId
from infra.issuer import Issuer
from tests.fire import cast
from tests.fire.answers import answer_of, differs
from tests.fire.portal import FireError, Portal

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

    def __init__(self, portal: Portal, issuer: Path, run: int) -> None:
        self._portal, self._issuer, self._run = portal, Issuer(issuer), run

    async def rate(self, case_id: str, ratings: Sequence[Rating]) -> list[str]:
        """Say all of this in turn, and return what came differently."""
        problems = []
        for number, rating in enumerate(ratings):
            answer = await self._portal.answer(
                "POST",
                f"/api/cases/{case_id}/rating",
                headers=self._token(rating.by),
                json=rating.model_dump(include={"stars", "comment"}, exclude_none=True),
            )
            if problem := differs(answer, rating.status):
                problems.append(f"rating {number}: {problem}")
        return problems

    async def read(self, case_id: str, told: Mapping[PersonalId, Sequence[str]]) -> list[str]:
        """Wait until each of these people is told so of the case, and return what differs."""
        return await self._portal.until(partial(self._differences, case_id, told), not_)

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
        answer = await self._portal.answer("GET", path, headers=self._token(person))
        if answer.status_code not in (200, 403):
            raise FireError(f"{path}: {answer_of(answer).sentence()}")
        notices = answer.json()["notices"] if answer.status_code == 200 else ()
        return sorted(notice["type"] for notice in notices)

    def _token(self, person: PersonalId) -> dict[str, str]:
        citizen = self._issuer.citizen(cast.understudy(person, self._run))
        return {"Authorization": f"Bearer {citizen}"}
