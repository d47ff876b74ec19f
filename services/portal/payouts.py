"""POST /api/cases/{id}/payout: where else money is to go that could not be paid.

A request becomes an event of the case; what comes of it, the agency says that pays.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.catalogue import catalogue, topic_of
from contracts.common.events import DeclarationSubmitted, PayoutInstructed
from contracts.common.payouts import Payout
from contracts.envelope import Codec, Envelope, envelope_of
from contracts.group import Form
from contracts.model import Input, PersonalId
from services.chassis.consumer import from_outside
from services.chassis.runtime import Runtime
from services.portal import views
from services.portal.citizens import Caller
from services.portal.declaration import SOURCE, fingerprint, parse_json
from services.portal.declarations import body_of, checked_key, require
from services.portal.dispatch import Dispatch
from services.portal.fields import errors_in
from services.portal.known import People
from services.portal.problems import Problem, documented
from services.portal.submissions import Claim, Submissions, claim_id

BODY_BYTES = 16 * 1024
_NAMESPACE = uuid5(NAMESPACE_URL, f"{SOURCE}/payout-instructions")
_codec = Codec([DeclarationSubmitted])

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
        self._people = People(runtime.registers)
        self._submissions = Submissions(runtime.store)
        self._instructions = Submissions(runtime.store, "payout_instructions")
        self._journal, self._clock = runtime.journal, runtime.clock.now
        self._dispatch = Dispatch(runtime.publisher)

    async def take(self, case_id: str, person: PersonalId, key: str, raw: Any) -> None:
        """Publish a person's instruction, and return when the broker has acknowledged it.

        Repeated, the bytes are published that were claimed under the key, whatever has become of
        the case since. Raises `StoreUnavailable`, and `Problem` 403, 404, 409, 422 or 503.
        """
        instruction = read(raw)
        id, sent = claim_id(person, key), fingerprint([case_id, raw])
        held = (await self._instructions.find([id])).get(id)
        if held is None:
            value = await self._allowed(case_id, person, id, instruction)
            asked = Claim(id, sent, case_id, value)
            held = (await self._instructions.claim([asked])).held[id]
        if held.fingerprint != sent:
            reused = "this Idempotency-Key came with another request before: give each its own key"
            raise Problem(409, "key-reused", reused)
        topic, type = topic_of(PayoutInstructed), PayoutInstructed.type
        if not await self._dispatch.sent(from_outside(topic, held.case_id, type, held.value)):
            again = "nothing can be taken at the moment: send it again with the same key"
            raise Problem(503, "unavailable", again)

    async def _allowed(
        self, case_id: str, person: PersonalId, id: str, instruction: Instruction
    ) -> bytes:
        """Return the event of an instruction that may be given."""
        claim = (await self._submissions.of_cases([case_id])).get(case_id)
        if claim is None:
            raise Problem(404, "no-such-case", "there is no case with this id")
        envelope = _codec.decode(claim.value)
        declared = envelope.data
        assert isinstance(declared, DeclarationSubmitted)
        check_entitled(declared, person)
        row = views.row_from(await self._journal.case(case_id))
        check_waits(declared, row["ended"] if row else {})
        known = await self._people.named([person])
        if person not in known or known[person].deceased_on is not None:
            unknown = "the population register holds no living person of this identifier"
            raise Problem(403, "not-entitled", unknown)
        return event_of(instruction, person, envelope, id, self._clock())


def read(raw: Any) -> Instruction:
    """Return the instruction in a body. Raises `Problem` 422, naming each field at fault."""
    try:
        return Instruction.model_validate(raw, extra="forbid")
    except ValidationError as fault:
        errors = errors_in(fault, raw)
        fields = ", ".join(dict.fromkeys(each["field"] or "the body" for each in errors))
        raise Problem(422, "invalid-instruction", f"correct {fields}", errors) from None


def check_waits(declared: DeclarationSubmitted, ended: Any) -> None:
    """Raise `Problem` 409 where no procedure of the case pays, or it has done so."""
    specs = catalogue().groups[declared.group].procedures
    pay = {spec.name for spec in specs if PayoutInstructed in spec.hears}
    asked_for = pay.intersection(declared.bundle)
    if not asked_for:
        raise Problem(409, "nothing-to-pay", "nothing is paid out in this case")
    if asked_for <= ended.keys():
        raise Problem(409, "already-paid", "the money of this case has been paid")


def check_entitled(declared: DeclarationSubmitted, by: str) -> None:
    """Raise `Problem` 403 for who neither declared the case nor may be paid in it."""
    if by not in (declared.declarant, *form_of(declared).recipients()):
        raise Problem(
            403, "not-entitled", "only who declared the case, or is paid in it, may say where to"
        )


def form_of(declared: DeclarationSubmitted) -> Form:
    """Return the form of a declaration; a later version's is read as far as it is known."""
    form = catalogue().groups[declared.group].form
    assert form is not None
    return form.model_validate(declared.form, extra="ignore")


def event_of(
    instruction: Instruction,
    person: PersonalId,
    envelope: Envelope[Any],
    id: str,
    at: datetime,
) -> bytes:
    """Return the bytes of the event, which are the same whenever the key is sent again."""
    data = PayoutInstructed(
        by=person,
        declared=person == envelope.data.declarant,
        payout=instruction.payout,
    )
    return envelope_of(PayoutInstructed)(
        id=uuid5(_NAMESPACE, id),
        source=SOURCE,
        type=data.type,
        subject=envelope.subject,
        time=at,
        group=envelope.group,
        causationid=envelope.id,
        correlationid=envelope.correlationid,
        traceparent=envelope.traceparent,
        data=data,
    ).encode()


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
    """Take an instruction by who declared the case or is paid in it."""
    require(request, "application/json")
    key = checked_key(idempotency_key)
    raw = parse_json(await body_of(request, BODY_BYTES))
    instructions: Instructions = request.app.state.instructions
    await instructions.take(case_id, person, key, raw)
    url = f"/api/cases/{case_id}"
    body: Instructed = {"case_id": case_id, "status_url": url}
    return Response(to_json(body), 202, {"Location": url}, "application/json")
