"""POST /api/cases/{id}/withdrawal, /revocation, /correction: second thoughts about a declaration.

A request becomes an event; whether it counts, the agency says that owns the registration. The
answer 202 names the request, by which the agency's word is found in the case (`afterwards`).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from typing_extensions import TypedDict

from contracts.compensation.events import Asked
from contracts.model import PersonalId
from services.chassis.runtime import Runtime
from services.portal import petitions
from services.portal.bodies import accepted, keyed
from services.portal.case_events import Submission, submitted
from services.portal.citizens import Caller, Hands, began
from services.portal.door import Door
from services.portal.known import People
from services.portal.officials import Asking
from services.portal.petitions import Petition
from services.portal.problems import documented, refused
from services.portal.submissions import Submissions

LARGEST_BODY = 16 * 1024

router = APIRouter(tags=["cases"])


class Sent(TypedDict):
    """The request is on its way to the agency; its answer will be in the case."""

    request_id: str
    status_url: str


class Petitions:
    """Takes second thoughts about cases, and sends them on."""

    def __init__(self, runtime: Runtime) -> None:
        self._submissions = Submissions(runtime.store)
        self._door = Door(runtime, "requests")
        self._hands, self._people = Hands(runtime), People(runtime)
        self._clock = runtime.clock.now

    async def submission(self, case_id: str) -> Submission:
        """Return the declaration that began a case. Raises `StoreUnavailable`, `Problem` 404."""
        return submitted(await began(self._submissions, case_id))

    async def declared(self, case_id: str, person: PersonalId) -> Submission:
        """Return the declaration that began a case which is in this person's hands.

        Whoever has died has nothing in hand, also before their cases have passed on. Raises
        `StoreUnavailable`, and `Problem` 403 or 404.
        """
        claim = await self._hands.declared(case_id, person)
        if not await self._people.lives(person):
            raise refused(403, "not-your-case")
        return submitted(claim)

    async def barred(self, submission: Submission) -> tuple[PersonalId, ...]:
        """Return who decides nothing about a case. Raises `StoreUnavailable`."""
        return await self._hands.barred(submission.subject, submission.data)

    async def send(self, petition: Petition, submission: Submission) -> None:
        """Publish a request, when it is claimed under its key, until the broker acknowledges it.

        Raises `StoreUnavailable`, and `Problem` 409 or 503.
        """
        asked = petitions.claim_of(petition, submission, self._clock())
        await self._door.take(asked, type(petition.event))


CaseId = Annotated[str, Path(max_length=128)]
Key = Annotated[
    str | None,
    Header(description="1 to 200 visible ASCII characters; repeated, it is the same request."),
]


def _about(asked: Asked) -> dict[str, Any]:
    content = {"application/json": {"schema": petitions.schema(asked)}}
    return {
        "status_code": 202,
        "responses": {
            202: {"model": Sent},
            **documented(400, 401, 403, 404, 409, 413, 415, 422, 503),
        },
        "openapi_extra": {"requestBody": {"required": True, "content": content}},
    }


@router.post(
    "/api/cases/{case_id}/withdrawal",
    summary="Withdraw a declaration before it is registered",
    **_about("withdrawal"),
)
async def withdraw(
    request: Request, person: Caller, case_id: CaseId, idempotency_key: Key = None
) -> Response:
    """Ask the agency to end a case of one's own. What is registered by then stays."""
    key, raw = await keyed(request, idempotency_key, LARGEST_BODY)
    door = _petitions(request)
    submission = await door.declared(case_id, person)
    return await _answer(door, petitions.withdrawal(submission, person, key, raw), submission)


@router.post(
    "/api/cases/{case_id}/revocation",
    summary="Have a registration void, by judgement of a court",
    **_about("revocation"),
)
async def revoke(
    request: Request, official: Asking, case_id: CaseId, idempotency_key: Key = None
) -> Response:
    """Ask the agency to revoke its registration, and with it all that stands on it."""
    key, raw = await keyed(request, idempotency_key, LARGEST_BODY)
    door = _petitions(request)
    submission = await door.submission(case_id)
    return await _answer(
        door,
        petitions.revocation(submission, official, key, raw, await door.barred(submission)),
        submission,
    )


@router.post(
    "/api/cases/{case_id}/correction",
    summary="Put right what a registration says",
    **_about("correction"),
)
async def correct(
    request: Request, official: Asking, case_id: CaseId, idempotency_key: Key = None
) -> Response:
    """Ask the agency to correct its registration, and with it every copy."""
    key, raw = await keyed(request, idempotency_key, LARGEST_BODY)
    door = _petitions(request)
    submission = await door.submission(case_id)
    return await _answer(
        door,
        petitions.correction(submission, official, key, raw, await door.barred(submission)),
        submission,
    )


async def _answer(door: Petitions, petition: Petition, submission: Submission) -> Response:
    await door.send(petition, submission)
    url = f"/api/cases/{submission.subject}"
    body: Sent = {"request_id": str(petition.id), "status_url": url}
    return accepted(body, url)


def _petitions(request: Request) -> Petitions:
    found: Petitions = request.app.state.petitions
    return found
