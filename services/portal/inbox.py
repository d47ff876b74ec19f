"""GET /api/notices: the inbox of a person, over all cases in their hands, and proposals."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict  # pydantic takes the one of `typing` from Python 3.12 on

from contracts.model import PersonalId
from services.chassis.runtime import Runtime
from services.portal import notices, views
from services.portal.case_events import submitted
from services.portal.citizens import Caller, Hands
from services.portal.notices import DETAILS, Notice
from services.portal.paging import marked, place
from services.portal.problems import documented
from services.portal.proposals import notices_of
from services.portal.proposing import Proposals
from services.portal.submissions import Claim

router = APIRouter(tags=["families"])


class Inbox(TypedDict):
    """Notices, the newest first; `next` is what to send as `after` for more, else null."""

    notices: list[Notice]
    next: str | None


class Inboxes:
    """What each person is told, from the journals of their cases, and what is proposed to them."""

    def __init__(self, runtime: Runtime) -> None:
        self._hands, self._journal = Hands(runtime), runtime.journal
        self._details = runtime.registers[DETAILS]
        self._proposals = Proposals(runtime)

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._details.index([("case_id", 1)])

    async def of(
        self, person: PersonalId, case_id: str | None, limit: int, after: str | None
    ) -> Inbox:
        """Return a page of somebody's notices, of one case where that is named.

        Raises `StoreUnavailable`, and `Problem` 403, 404 or 422.
        """
        if case_id is None:
            claims = await self._hands.cases(person)
        else:
            claims = [await self._hands.declared(case_id, person)]
        found = [each for claim in claims for each in await self._of_case(claim)]
        if case_id is None:
            told = {each["id"] for each in found}
            proposed = notices_of(await self._proposals.standing(person))
            found += [each for each in proposed if each["id"] not in told]
        found.sort(key=lambda each: marked(each["at"], each["id"]), reverse=True)
        if after is not None:
            place(after)
            found = [each for each in found if marked(each["at"], each["id"]) < after]
        shown, more = found[:limit], len(found) > limit
        last = shown[-1] if more else None
        return {"notices": shown, "next": marked(last["at"], last["id"]) if last else None}

    async def _of_case(self, claim: Claim) -> list[Notice]:
        group = submitted(claim).group
        entries = await self._journal.case(claim.case_id)
        timeline = views.timeline(group, entries) or views.timeline_of(claim)
        rows = await self._details.find({"case_id": claim.case_id})
        return notices.inbox(claim.case_id, group, timeline, rows)


@router.get(
    "/api/notices",
    summary="What the person who asks is told about their cases, the newest first",
    responses={200: {"model": Inbox}, **documented(401, 403, 404, 422, 503)},
)
async def some_notices(
    request: Request,
    person: Caller,
    *,
    case_id: Annotated[str | None, Query(max_length=128)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[str | None, Query(description="The `next` of the answer before.")] = None,
) -> Response:
    """Return a page of the inbox."""
    inboxes: Inboxes = request.app.state.inboxes
    answer = await inboxes.of(person, case_id, limit, after)
    return Response(to_json(answer), media_type="application/json")
