"""GET /api/proposals: what somebody is asked to declare; and what intake has to know of it."""

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.common.proposals import Proposal
from contracts.model import PersonalId
from services.chassis.encoding import Document
from services.chassis.runtime import Runtime
from services.portal.answers import ANSWERS, answering
from services.portal.citizens import Caller
from services.portal.problems import documented
from services.portal.proposals import (
    PROPOSALS,
    ProposalView,
    proposal_of,
    to_whom,
    views,
)
from services.portal.register import CASES

router = APIRouter(tags=["families"])


class Proposed(TypedDict):
    """What somebody is asked to declare, or was, the newest first."""

    proposals: list[ProposalView]


class Proposals:
    """What the state proposes, and which of it was declared."""

    def __init__(self, runtime: Runtime) -> None:
        registers, self._journal = runtime.registers, runtime.journal
        self._proposals, self._cases = registers[PROPOSALS], registers[CASES]

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._proposals.index([("to", 1)])

    async def keyed(self, keys: Iterable[str | None]) -> dict[str, Proposal]:
        """Return the proposals under these keys that there are. Raises `StoreUnavailable`."""
        asked = sorted({key for key in keys if key})
        rows = await self._proposals.find({"_id": {"$in": asked}}) if asked else []
        return {row["_id"]: proposal_of(row) for row in rows}

    async def rows_to(self, person: PersonalId) -> list[Document]:
        """Return the rows of all that was ever proposed to somebody. Raises `StoreUnavailable`."""
        return await self._proposals.find(to_whom(person))

    async def to(self, person: PersonalId) -> list[ProposalView]:
        """Return what somebody is asked to declare, and was. Raises `StoreUnavailable`."""
        rows = await self.rows_to(person)
        answers = [
            each
            for row in rows
            for each in await self._journal.filed(ANSWERS, answering(row["_id"]))
        ]
        cases = sorted({each["case_id"] for each in answers})
        ended = {"_id": {"$in": cases}, "status": "refused"}
        refused = await self._cases.find(ended, ["_id"]) if cases else []
        return views(rows, answers, {row["_id"] for row in refused})


@router.get(
    "/api/proposals",
    summary="What the person who asks is asked to declare, filled in as far as the state can",
    responses={200: {"model": Proposed}, **documented(401, 503)},
)
async def some_proposals(request: Request, person: Caller) -> Response:
    """Return what is proposed to whoever asks: fill in the rest, and declare what is open."""
    proposals: Proposals = request.app.state.proposals
    body: Proposed = {"proposals": await proposals.to(person)}
    return Response(to_json(body), media_type="application/json")
