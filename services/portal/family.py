"""What a family does about its case: /api/cases/{id}/supplements, and /rating when it is over.

As an official's act, a supplement becomes an event; whether it counts, the agency says that asked
for it, and the family finds the word in its case and its inbox.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.common.events import CaseRated, SupplementSubmitted
from contracts.model import PersonalId
from services.chassis.runtime import Runtime
from services.portal import ratings, supplements
from services.portal.asked import awaited
from services.portal.bodies import accepted, body_of, keyed, parse_json, require
from services.portal.case_events import Submission, submitted
from services.portal.citizens import Caller, Hands
from services.portal.declarations import DECLARATION_BYTES
from services.portal.door import Door
from services.portal.known import People
from services.portal.problems import Problem, documented, refused
from services.portal.proposing import Proposals
from services.portal.ratings import Rating
from services.portal.register import CASES
from services.portal.sentences import sentence
from services.portal.submissions import Claim
from services.portal.supplements import Supplementation, Wish

RATING_BYTES = 8 * 1024

router = APIRouter(tags=["families"])


class SupplementSent(TypedDict):
    """The supplement is on its way to the agency; the case says whether it counted."""

    supplement_id: str
    case_url: str


class Rated(TypedDict):
    """The rating is taken."""

    case_url: str


class Families:
    """What families do about their cases, on its way to the agencies."""

    def __init__(self, runtime: Runtime) -> None:
        self._hands = Hands(runtime)
        self._journal = runtime.journal
        self._people = People(runtime)
        self._cases = runtime.registers[CASES]
        self._supplements = Door(runtime, supplements.SUPPLEMENTS)
        self._ratings = Door(runtime, "ratings", reused="already-rated")
        self._proposals = Proposals(runtime)
        self._clock = runtime.clock.now

    async def supply(self, case_id: str, wish: Wish) -> UUID:
        """Publish a supplement and return its id, when the broker has acknowledged it.

        What was taken once stays taken, whatever has become of the procedure since. Raises
        `StoreUnavailable`, and `Problem` 403, 404, 409, 413, 422 or 503.
        """
        declared = await self._hands.declared(case_id, wish.person)
        sent = wish.fingerprint(case_id)
        if not await self._supplements.taken_before(wish.claim_id, sent, SupplementSubmitted):
            claim = await self._supplement(wish, submitted(declared))
            await self._supplements.take(claim, SupplementSubmitted)
        return supplements.supplement_id(wish.claim_id)

    async def rate(self, case_id: str, person: PersonalId, raw: Any) -> None:
        """Publish the one rating of a finished case. Said again, it is the same one.

        Raises `StoreUnavailable`, and `Problem` 403, 404, 409, 422 or 503.
        """
        declared = await self._hands.declared(case_id, person)
        if await self._hands.in_family(declared) is None:
            raise Problem(403, "not-your-case", sentence("rated-in-office"))
        sent = ratings.read(raw)
        finished = {"_id": case_id, "completed_at": {"$ne": None}}
        if not await self._cases.find(finished, ["_id"], limit=1):
            raise refused(409, "not-finished")
        asked = ratings.claim_of(sent, submitted(declared), self._clock())
        await self._ratings.take(asked, CaseRated)

    async def _supplement(self, wish: Wish, declared: Submission) -> Claim:
        sent = supplements.read(wish.raw)
        # Of the journal, as the page of the case: the register of tasks is a moment behind.
        entries = await self._journal.case(declared.subject)
        asked = awaited(entries[-1].state) if entries else {}
        supplements.check_awaited(sent, asked.get(sent.procedure))
        filled = supplements.filled(sent, declared.data)
        correction = None
        if filled is not None:
            known = await self._people.named(filled.people)
            proposed = await self._proposals.keyed([filled.form.answers()])
            correction = supplements.corrected(filled, declared.data, known, proposed)
        return supplements.claim_of(wish, sent, declared, correction, self._clock())


Case = Annotated[str, Path(max_length=128)]


@router.post(
    "/api/cases/{case_id}/supplements",
    status_code=202,
    summary="Supply what the family was asked for",
    responses={
        202: {"model": SupplementSent},
        **documented(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Supplementation.model_json_schema()}},
        }
    },
)
async def supply(
    request: Request,
    person: Caller,
    case_id: Case,
    idempotency_key: Annotated[
        str | None,
        Header(description="1 to 200 visible ASCII characters; repeated, it is the same one."),
    ] = None,
) -> Response:
    """Take a supplement of whoever has the case. Repeat it with the same key until answered."""
    key, raw = await keyed(request, idempotency_key, DECLARATION_BYTES)
    id = await _families(request).supply(case_id, Wish(person, key, raw))
    url = f"/api/cases/{case_id}"
    body: SupplementSent = {"supplement_id": str(id), "case_url": url}
    return accepted(body, url)


@router.post(
    "/api/cases/{case_id}/rating",
    status_code=202,
    summary="Rate a finished case, once",
    responses={202: {"model": Rated}, **documented(400, 401, 403, 404, 409, 413, 415, 422, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Rating.model_json_schema()}},
        }
    },
)
async def rate(request: Request, person: Caller, case_id: Case) -> Response:
    """Take the rating of whoever has the case. Repeat the same until answered."""
    require(request, "application/json")
    raw = parse_json(await body_of(request, RATING_BYTES))
    await _families(request).rate(case_id, person, raw)
    body: Rated = {"case_url": f"/api/cases/{case_id}"}
    return Response(to_json(body), 202, media_type="application/json")


def _families(request: Request) -> Families:
    families: Families = request.app.state.families
    return families
