"""POST /api/cases/{id}/payout: where else money is to go that could not be paid.

A request becomes an event of the case; what comes of it, the agency says that pays.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Header, Path, Request, Response
from typing_extensions import TypedDict

from contracts.catalogue import catalogue
from contracts.common.events import DeclarationSubmitted, PayoutInstructed
from contracts.common.payouts import Payout
from contracts.group import Form, ProcedureSpec
from contracts.model import Input, PersonalId
from services.chassis.runtime import Runtime
from services.portal import fields, views
from services.portal.bodies import accepted, keyed
from services.portal.case_events import SOURCE, Submission, encoded, submitted, thread_of
from services.portal.citizens import Caller, Hands, began
from services.portal.declaration import fingerprint
from services.portal.door import Door
from services.portal.known import People
from services.portal.problems import Problem, documented, refused
from services.portal.sentences import sentence
from services.portal.standing import Ends, Plans
from services.portal.submissions import Claim, Submissions, claim_id
from services.portal.supplements import SUPPLEMENTS, filled_in_anew

BODY_BYTES = 16 * 1024
PLANS = Plans(catalogue().groups)
_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/payout-instructions")

router = APIRouter(tags=["cases"])


class Instruction(Input):
    """Where the money is to go."""

    payout: Payout


class Instructed(TypedDict):
    """The instruction is on its way to who pays."""

    case_id: str
    status_url: str


class Instructions:
    """Takes instructions at the door: each key once, and by who may give them."""

    def __init__(self, runtime: Runtime) -> None:
        self._hands, self._people = Hands(runtime), People(runtime)
        self._submissions = Submissions(runtime.store)
        self._supplements = Submissions(runtime.store, SUPPLEMENTS)
        self._door = Door(runtime, "payout_instructions")
        self._journal, self._clock = runtime.journal, runtime.clock.now

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._supplements.prepare()

    async def take(self, case_id: str, person: PersonalId, key: str, raw: Any) -> None:
        """Publish a person's instruction, and return when the broker has acknowledged it.

        Repeated, the bytes are published that were claimed under the key, whatever has become of
        the case since. Raises `StoreUnavailable`, and `Problem` 403, 404, 409, 422 or 503.
        """
        instruction = read(raw)
        id, sent = claim_id(person, key), fingerprint([case_id, raw])
        if await self._door.taken_before(id, sent, PayoutInstructed):
            return
        value = await self._allowed(case_id, person, id, instruction)
        await self._door.take(Claim(id, sent, case_id, value), PayoutInstructed)

    async def _allowed(
        self, case_id: str, person: PersonalId, id: str, instruction: Instruction
    ) -> bytes:
        """Return the event of an instruction that may be given."""
        claim = await began(self._submissions, case_id)
        # Where money goes no official says, whatever case they have adopted.
        submission, holder = submitted(claim), await self._hands.in_family(claim)
        row = views.row_from(await self._journal.case(case_id))
        ended: Ends = row["ended"] if row else {}
        forms = (submission.data, *filled_in_anew(await self._supplements.of_case(case_id)))
        check_entitled(forms, ended, holder, person)
        check_waits(submission.data, ended)
        known = await self._people.named([person])
        if person not in known or known[person].deceased_on is not None:
            raise Problem(403, "not-entitled", sentence("not-in-register"))
        return event_of(instructed(instruction, person, holder), submission, id, self._clock())


def read(raw: Any) -> Instruction:
    """Return the instruction in a body. Raises `Problem` 422, naming each field at fault."""
    return fields.read(Instruction.model_validate, raw, "invalid-instruction")


def check_waits(declared: DeclarationSubmitted, ended: Ends) -> None:
    """Raise `Problem` 409 where no procedure of the case pays, or none will any more."""
    plan = PLANS.of(declared.group, declared.bundle)
    standings = plan.standings(declared.received_at, ended)
    states = {standings[spec.name].state for spec in paying(declared)}
    if not states:
        raise refused(409, "nothing-to-pay")
    if not states.isdisjoint(("waiting", "in-progress")):
        return
    if "granted" in states:
        raise refused(409, "already-paid")
    raise refused(409, "nothing-granted")


def check_entitled(
    forms: Sequence[DeclarationSubmitted],
    ended: Ends,
    holder: PersonalId | None,
    by: PersonalId,
) -> None:
    """Raise `Problem` 403 for who neither has the case in hand nor is paid in it.

    `forms` are the declaration and its corrections: until something is granted, nobody here knows
    which of them the agency has taken. It pays on the word of whom it has granted the money to.
    """
    if by != holder and by not in payees_of(forms, ended):
        raise refused(403, "not-entitled")


def payees_of(forms: Sequence[DeclarationSubmitted], ended: Ends) -> set[PersonalId]:
    """Return who is paid: as it was granted, or until then whoever a form names."""
    for grant in (name for spec in paying(forms[0]) for name in spec.requires):
        if grant in ended and "payee" in (result := ended[grant].get("result", {})):
            return {result["payee"]}
    return {payee for each in forms for payee in form_of(each).recipients()[:1]}


def paying(declared: DeclarationSubmitted) -> tuple[ProcedureSpec, ...]:
    """Return the procedures of a case that pay out what others have granted."""
    specs = catalogue().groups[declared.group].procedures
    bundled = (spec for spec in specs if spec.name in declared.bundle)
    return tuple(spec for spec in bundled if PayoutInstructed in spec.hears)


def form_of(declared: DeclarationSubmitted) -> Form:
    """Return the form of a declaration; a later version's is read as far as it is known."""
    form = catalogue().groups[declared.group].form
    assert form is not None
    return form.model_validate(declared.form, extra="ignore")


def instructed(
    instruction: Instruction, person: PersonalId, holder: PersonalId | None
) -> PayoutInstructed:
    """Return what is said of an instruction, by a person who may give it."""
    return PayoutInstructed(by=person, declared=person == holder, payout=instruction.payout)


def event_of(event: PayoutInstructed, submission: Submission, id: str, at: datetime) -> bytes:
    """Return the bytes of the event, which are the same whenever the key is sent again."""
    return encoded(event, uuid5(_NAMESPACE, id), at, thread_of(submission), submission.id)


@router.post(
    "/api/cases/{case_id}/payout",
    status_code=202,
    summary="Say where else money is to go that could not be paid",
    responses={
        202: {"model": Instructed},
        **documented(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Instruction.model_json_schema()}},
        }
    },
)
async def instruct(
    request: Request,
    person: Caller,
    case_id: Annotated[str, Path(max_length=128)],
    idempotency_key: Annotated[
        str | None,
        Header(description="1 to 200 visible ASCII characters; repeated, it is the same."),
    ] = None,
) -> Response:
    """Take an instruction by who has the case in hand or is paid in it."""
    key, raw = await keyed(request, idempotency_key, BODY_BYTES)
    instructions: Instructions = request.app.state.instructions
    await instructions.take(case_id, person, key, raw)
    url = f"/api/cases/{case_id}"
    body: Instructed = {"case_id": case_id, "status_url": url}
    return accepted(body, url)
