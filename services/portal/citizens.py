"""Who is asking, where a family acts on its case: the person whom a signed token names.

Whose case it is follows from its declaration, and from who goes on with it after a death: of the
family, or an official who has adopted it.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from contracts.common.events import DeclarationSubmitted
from contracts.model import PersonalId
from services.chassis.runtime import Runtime
from services.portal.adoptions import ADOPTIONS
from services.portal.case_events import persons_of
from services.portal.officials import Tokens
from services.portal.problems import refused
from services.portal.submissions import Claim, Submissions
from services.portal.successions import SUCCESSIONS
from services.portal.supplements import SUPPLEMENTS, filled_in_anew

_bearer = HTTPBearer(
    auto_error=False, scheme_name="Citizen", description="A person's token: a JWT, Ed25519."
)


def calling(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
) -> PersonalId:
    """Return who asks. Raises `Problem` 401 where no good token says it."""
    tokens: Tokens = request.app.state.tokens
    return tokens.person(bearer.credentials if bearer else None)


Caller = Annotated[PersonalId, Depends(calling)]


class Hands:
    """In whose hands each case is."""

    def __init__(self, runtime: Runtime) -> None:
        self._submissions = Submissions(runtime.store)
        self._successions = runtime.store.collection(SUCCESSIONS)
        self._adoptions = runtime.registers[ADOPTIONS]
        self._supplements = Submissions(runtime.store, SUPPLEMENTS)

    async def declared(self, case_id: str, person: PersonalId) -> Claim:
        """Return the claim that began a case which is in this person's hands.

        Raises `StoreUnavailable`, and `Problem` 404 or 403.
        """
        claim = await began(self._submissions, case_id)
        if await self.holder(claim) != person:
            raise refused(403, "not-your-case")
        return claim

    async def cases(self, person: PersonalId) -> list[Claim]:
        """Return the claims of all cases in this person's hands. Raises `StoreUnavailable`."""
        passed = await self._successions.find({"successor": person}, ["case_id"])
        adopted = await self._adoptions.find({"by": person}, ["_id"])
        others = [*(row["case_id"] for row in passed), *(row["_id"] for row in adopted)]
        candidates = {
            claim.case_id: claim
            for claim in (
                *await self._submissions.of_declarant(person),
                *(await self._submissions.of_cases(others)).values(),
            )
        }
        return [claim for claim in candidates.values() if await self.holder(claim) == person]

    async def holder(self, claim: Claim) -> PersonalId | None:
        """Return who has the case: the declarant, or whoever it has passed to since.

        None where it waits for an official, or none has adopted it. Raises `StoreUnavailable`.
        """
        return await self.in_family(claim) or await self._adopter(claim.case_id)

    async def in_family(self, claim: Claim) -> PersonalId | None:
        """Return who of the family has the case, if anybody. Raises `StoreUnavailable`."""
        rows = await self._successions.find({"case_id": claim.case_id})
        passed = {row["_id"].rpartition("/")[2]: row["successor"] for row in rows}
        holder: PersonalId | None = claim.id.partition("/")[0]
        while holder in passed:
            holder = passed.pop(holder)
        return holder

    async def barred(
        self, case_id: str, declared: DeclarationSubmitted | None
    ) -> tuple[PersonalId, ...]:
        """Return who decides nothing about a case: whom its declaration or a supplement names,
        and the officials who have adopted it, and so acted for its declarant.

        Raises `StoreUnavailable`.
        """
        rows = await self._adoptions.find({"_id": case_id}, ["ever"])
        adopters = rows[0]["ever"] if rows else ()
        return tuple(dict.fromkeys((*await self.named(case_id, declared), *adopters)))

    async def named(
        self, case_id: str, declared: DeclarationSubmitted | None
    ) -> tuple[PersonalId, ...]:
        """Return whom the declaration of a case or a supplement names: of these nobody decides who
        adopts it, while its adopter may do so again. Raises `StoreUnavailable`.
        """
        forms = [declared] if declared else []
        forms += filled_in_anew(await self._supplements.of_case(case_id))
        return tuple(dict.fromkeys(person for form in forms for person in persons_of(form)))

    async def _adopter(self, case_id: str) -> PersonalId | None:
        rows = await self._adoptions.find({"_id": case_id}, ["by"])
        return rows[0]["by"] if rows else None


async def began(submissions: Submissions, case_id: str) -> Claim:
    """Return the claim that began a case. Raises `StoreUnavailable`, and `Problem` 404."""
    claim = (await submissions.of_cases([case_id])).get(case_id)
    if claim is None:
        raise refused(404, "no-such-case")
    return claim
