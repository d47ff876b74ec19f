"""POST /api/declarations: one declaration, or a batch, each line with its key and answer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.model import Input
from services.chassis import tracing
from services.portal.bodies import (
    accepted,
    body_of,
    checked_key,
    keyed,
    no_key,
    parse_json,
    require,
    too_large,
)
from services.portal.declaration import Declaration
from services.portal.examples import BATCH, DECLARATION
from services.portal.fields import errors_in
from services.portal.intake import TOGETHER, Answer, Arrival, Intake
from services.portal.problems import (
    RETRY_AFTER_SECONDS,
    Problem,
    ProblemDocument,
    documented,
    invalid,
)
from services.portal.sentences import sentence

DECLARATION_BYTES = 256 * 1024
BATCH_BYTES = 16 * 1024 * 1024
NDJSON = "application/x-ndjson"

router = APIRouter(tags=["declarations"])


class Accepted(TypedDict):
    """The case that a declaration became. Its events are on their way."""

    case_id: str
    status_url: str


class LineAnswer(TypedDict, total=False):
    """The answer to one line of a batch: with 202 the case, else the problem."""

    line: int
    status: int
    case_id: str
    status_url: str
    problem: ProblemDocument


class Lines(Response):
    """Answers, one on each line."""

    media_type = NDJSON


class Line(Input):
    """One line of a batch."""

    idempotency_key: str
    declaration: Any


@router.post(
    "/api/declarations",
    status_code=202,
    summary="Declare a life event",
    responses={202: {"model": Accepted}, **documented(400, 409, 413, 415, 422, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": Declaration.model_json_schema(),
                    "example": DECLARATION,
                }
            },
        }
    },
)
async def declare(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="1 to 200 visible ASCII characters; the same key and body are one case.",
            examples=["5f0c7a52-hanoi-0001"],
        ),
    ] = None,
) -> Response:
    """Accept a declaration of any group. Repeat it with the same key until there is an answer."""
    key, raw = await keyed(request, idempotency_key, DECLARATION_BYTES)
    intake, sent = _intake(request), request.headers.get("traceparent")
    answer = await intake.one(Arrival(key, raw, intake.clock(), tracing.current() or sent))
    if isinstance(answer, Problem):
        raise answer
    url = _status_url(answer)
    return accepted({"case_id": answer, "status_url": url}, url)


@router.post(
    "/api/declarations/batch",
    summary="Declare many at once, by NDJSON",
    response_class=Lines,
    responses={200: {"model": LineAnswer}, **documented(413, 415, 503)},
    openapi_extra={
        "requestBody": {"required": True, "content": {NDJSON: {"example": BATCH}}},
    },
)
async def declare_many(request: Request) -> Response:
    """Accept up to 500 lines `{"idempotency_key": …, "declaration": {…}}`; answer each, in order.

    A line that is wrong costs its neighbours nothing. Those answered 503 can be sent again, and so
    can the whole where it is answered 503: only so many batches are taken in at a time.
    """
    require(request, NDJSON)
    body = await body_of(request, BATCH_BYTES)
    lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if len(lines) > TOGETHER:
        raise Problem(413, "too-large", sentence("too-many-lines", lines=len(lines), most=TOGETHER))
    intake, sent = _intake(request), request.headers.get("traceparent")
    async with intake.turn() as turn:
        read = {n: _arrival(line, intake.clock(), sent) for n, line in lines}
        arrivals = {n: each for n, each in read.items() if isinstance(each, Arrival)}
        problems = {n: each for n, each in read.items() if isinstance(each, Problem)}
        given = await intake.many(list(arrivals.values()), turn)
    answers: dict[int, Answer] = {**problems, **dict(zip(arrivals, given, strict=True))}
    told = [_line_answer(number, answers[number]) for number, _ in lines]
    again = any(line["status"] == 503 for line in told)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if again else {}
    return Lines(b"".join(_encoded(told)), 200, headers)


def _encoded(lines: list[LineAnswer]) -> Iterator[bytes]:
    for line in lines:
        yield to_json(line)
        yield b"\n"


def _arrival(line: bytes, at: datetime, sent: str | None) -> Arrival | Problem:
    """Return the arrival that a line is, in the trace that was sent or in one of its own."""
    try:
        key, raw = _line(line)
    except Problem as problem:
        return problem
    # Cases are not one because they were sent together, unless the sender says so.
    return Arrival(key, raw, at, sent or tracing.apart("declaration"))


def _line(line: bytes) -> tuple[str, Any]:
    """Return key and declaration of a line. Raises `Problem` 400, 413 or 422."""
    if len(line) > DECLARATION_BYTES:
        raise too_large(DECLARATION_BYTES)
    raw = parse_json(line)
    try:
        read = Line.model_validate(raw)
    except ValidationError as fault:
        errors = errors_in(fault, raw)
        if any(each["field"] == "idempotency_key" for each in errors):
            raise no_key() from None
        raise invalid(errors) from None
    return checked_key(read.idempotency_key), read.declaration


def _line_answer(number: int, answer: Answer) -> LineAnswer:
    if isinstance(answer, Problem):
        return {"line": number, "status": answer.status, "problem": answer.document()}
    return {
        "line": number,
        "status": 202,
        "case_id": answer,
        "status_url": _status_url(answer),
    }


def _intake(request: Request) -> Intake:
    intake: Intake = request.app.state.intake
    return intake


def _status_url(case_id: str) -> str:
    return f"/api/cases/{case_id}"
