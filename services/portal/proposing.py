"""GET /api/proposals: what somebody is asked to declare; and what intake has to know of it."""

from collections.abc import Collection, Iterable, Mapping

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.model import PersonalId
from services.chassis.encoding import Document
from services.chassis.runtime import Runtime
from services.portal.answers import ANSWERS, answering
from services.portal.citizens import Caller
from services.portal.problems import documented
from services.portal.proposals import (
    PROPOSALS,
    REPLACED,
    ProposalView,
    Proposed,
    Status,
    proposal_of,
    to_whom,
    view,
)
from services.portal.register import CASES
from services.portal.submissions import Submissions
from services.portal.supplements import SUPPLEMENTS, corrected_last

router = APIRouter(tags=["families"])


class ProposalsView(TypedDict):
    """What somebody is asked to declare, or was, the newest first."""

    proposals: list[ProposalView]


class Proposals:
    """What the state proposes, and which of it was declared."""

    def __init__(self, runtime: Runtime) -> None:
        registers, self._journal = runtime.registers, runtime.journal
        self._proposals, self._cases = registers[PROPOSALS], registers[CASES]
        self._supplements = Submissions(runtime.store, SUPPLEMENTS)

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._proposals.index([("to", 1)])

    async def keyed(self, keys: Iterable[str | None]) -> dict[str, Proposed]:
        """Return the proposals under these keys that there are, or what stands in for them.

        Raises `StoreUnavailable`.
        """
        asked = sorted({key for key in keys if key})
        found = await self._rows(asked)
        newest = await self._newest(found)
        return {
            key: Proposed(proposal_of(row), tuple(await self._earlier(row)))
            for key, row in newest.items()
        }

    async def standing(self, person: PersonalId) -> list[Document]:
        """Return the rows of all that was proposed to somebody, but what turned out to be wrong.

        Raises `StoreUnavailable`.
        """
        rows = await self._proposals.find(to_whom(person))
        wrong = await self._journal.filed_under(REPLACED, [row["_id"] for row in rows])
        replaced = {each["_id"] for each in wrong}
        return [row for row in rows if row["_id"] not in replaced]

    async def to(self, person: PersonalId) -> list[ProposalView]:
        """Return what somebody is asked to declare, or was, the newest first.

        Raises `StoreUnavailable`.
        """
        rows = await self.standing(person)
        found = [view(row, await self._declared(row)) for row in rows]
        return sorted(found, key=lambda each: each["at"], reverse=True)

    async def _rows(self, keys: Collection[str]) -> dict[str, Document]:
        rows = await self._proposals.find({"_id": {"$in": list(keys)}}) if keys else []
        return {row["_id"]: row for row in rows}

    async def _newest(self, rows: Mapping[str, Document]) -> dict[str, Document]:
        """Return by its key what stands in for each row, or the row itself.

        One look for all of them, and more only where something was replaced. Where somebody has put
        two in place of each other, it is the last one on the way round.
        """
        newest, seen = dict(rows), {key: {key} for key in rows}
        while rows:
            ids = {newest[key]["_id"] for key in rows}
            filed = await self._journal.filed_under(REPLACED, ids)
            by = {each["_id"]: each["by"] for each in filed}
            found = await self._rows(by.values())
            rows = {
                key: found[by[id]]
                for key in rows
                if (id := newest[key]["_id"]) in by and by[id] in found and by[id] not in seen[key]
            }
            newest |= rows
            for key, row in rows.items():
                seen[key].add(row["_id"])
        return newest

    async def _earlier(self, row: Document) -> list[str]:
        """Return the keys of what a row stands in for, one for another."""
        keys: list[str] = []
        earlier = row["replaces"]
        while earlier and earlier not in (row["_id"], *keys):
            keys.append(earlier)
            before = await self._rows([earlier])
            earlier = before[earlier]["replaces"] if before else None
        return keys

    async def _declared(self, row: Document) -> dict[str, Status]:
        """Return the cases that declare it, or what it replaces, and how far each is."""
        keys = [row["_id"], *await self._earlier(row)]
        cases = [case for key in keys for case in await self._answering(key)]
        found = await self._cases.find({"_id": {"$in": cases}}, ["status"]) if cases else []
        known: dict[str, Status] = {each["_id"]: each["status"] for each in found}
        return {case: known.get(case, "in-progress") for case in cases}

    async def _answering(self, key: str) -> list[str]:
        """Return the cases on file that answer, but those whose form was corrected since."""
        filed = await self._journal.filed(ANSWERS, answering(key))
        cases = [each["case_id"] for each in filed]
        corrected = {case: corrected_last(await self._supplements.of_case(case)) for case in cases}
        return [case for case, last in corrected.items() if last is None or last.answers == key]


@router.get(
    "/api/proposals",
    summary="What the person who asks is asked to declare, filled in as far as the state can",
    responses={200: {"model": ProposalsView}, **documented(401, 503)},
)
async def some_proposals(request: Request, person: Caller) -> Response:
    """Return what is proposed to whoever asks: fill in the rest, and declare what is open."""
    proposals: Proposals = request.app.state.proposals
    body: ProposalsView = {"proposals": await proposals.to(person)}
    return Response(to_json(body), media_type="application/json")
