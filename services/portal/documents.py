"""/api/results and /api/verify: what families were given, and whether an agency has signed it.

The portal shows what it heard and can change nothing of it: each document is verified whenever
somebody asks, by keys that the portal does not have.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime
from pydantic_core import to_json
from typing_extensions import TypedDict

from contracts.catalogue import catalogue
from contracts.group import Document, ProcedureSpec
from contracts.model import Text
from services.chassis import encoding
from services.chassis.runtime import Runtime
from services.portal import printed, printing
from services.portal.keys import Keys, KeySet
from services.portal.problems import Problem, documented, refused
from services.portal.results import CHANGES, RESULTS, Row, affecting, changes, version_of, versions
from services.portal.sentences import Sentence, sentence, shown
from services.portal.verification import Invalid, Signature, Statement, compact, key_of

State = Literal["valid", "revoked", "superseded", "invalid", "unsigned"]
Number = Annotated[str, Path(max_length=120, description="The number of the document.")]
Version = Annotated[
    int | None,
    Query(ge=0, description="Which version of the document; without it, the newest."),
]

router = APIRouter(tags=["results"])


class SignatureView(TypedDict):
    """Who signed, and when: an official of an agency or, where there is none, the agency."""

    agency: str
    official: str | None
    key: str
    at: AwareDatetime


class VerifiedView(TypedDict):
    """Whether a document holds, and why not: nothing of what it says."""

    number: str
    version: int
    state: State
    title: Sentence
    agency: str
    signed: SignatureView | None
    revoked_at: AwareDatetime | None
    superseded_at: AwareDatetime | None
    reason: dict[str, Any] | None
    detail: Sentence


class LineView(TypedDict):
    """What is printed of a document: a label, and its value in Vietnamese and English."""

    label: Sentence
    value: Sentence


class ResultView(VerifiedView):
    """A document, whole. `jws` is what counts; by `jwk` and the authority anybody can verify it."""

    case_id: str
    group: str
    procedure: str
    lines: list[LineView]
    jws: str | None
    jwk: dict[str, Any] | None


@dataclass(frozen=True)
class Result:
    """A document as it stands: what was heard of it, and what the signature says."""

    number: str
    spec: ProcedureSpec
    document: Document
    row: encoding.Document
    state: State
    detail: Text
    jws: str | None = None
    statement: Statement | None = None
    change: Row | None = None

    @property
    def version(self) -> int:
        """Which of the documents of this number it is: a later one is greater."""
        return version_of(self.row)

    @property
    def revoked_at(self) -> datetime | None:
        """When it was taken back, if it was."""
        return self.change["at"] if self.change and self.state == "revoked" else None

    @property
    def superseded_at(self) -> datetime | None:
        """When what it says was put right, if it was and it is not taken back."""
        return self.change["at"] if self.change and self.state == "superseded" else None


class Documents:
    """The documents, as anybody can ask for them by their numbers."""

    def __init__(self, runtime: Runtime, keys: Keys, press: printing.Press) -> None:
        self._journal = runtime.journal
        self._changes = runtime.registers[CHANGES]
        self.keys, self._press = keys, press

    @classmethod
    def from_environment(
        cls, runtime: Runtime, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Return them with the keys and the seal that the environment names.

        Raises `SettingsError` for a file that cannot be used.
        """
        default = f"http://{runtime.settings.http_host}:{runtime.settings.http_port}"
        press = printing.Press.from_environment(default, environment)
        return cls(runtime, Keys.from_environment(environment), press)

    async def result(self, number: str, version: int | None = None) -> Result:
        """Return a version of a document, or the newest.

        Raises `StoreUnavailable`, and `Problem` 404.
        """
        rows = (await self._journal.filed(RESULTS, versions(number)))[::-1]
        if not rows:
            raise refused(404, "no-such-result")
        if version is not None:
            rows = [row for row in rows if version_of(row) <= version]
            if not rows or version_of(rows[0]) != version:
                raise Problem(404, "no-such-result", sentence("no-such-version"))
        row = rows[0]
        spec = catalogue().groups[row["group"]].procedure(row["procedure"])
        (document,) = [doc for event, doc in spec.documents.items() if event.type == row["type"]]
        about: Any = {"number": number, "spec": spec, "document": document, "row": row}
        if row["signature"] is None:
            return Result(state="unsigned", detail=sentence("unsigned-result"), **about)
        try:
            jws = compact(row["content"], row["signature"])
            statement = self.keys.verify(jws)
            kept = (number, version_of(row), document)
            if (statement.number, statement.version, statement.document) != kept:
                raise Invalid("it is another document than this number stands for")
        except Invalid as error:
            return Result(state="invalid", detail=sentence("invalid-result", why=error), **about)
        about |= {"jws": jws, "statement": statement}
        found = await self._changes.find(changes(row["case_id"], spec.name), sort=[("_id", 1)])
        change = affecting(spec, rows, found)
        if change is None:
            return Result(state="valid", detail=VALID, **about)
        becomes = change["becomes"]
        return Result(state=becomes, detail=_DETAILS[becomes], change=change, **about)

    async def printed(self, number: str, version: int | None = None) -> bytes:
        """Return the document as a sealed PDF, the same bytes every time.

        Raises as `result`, and `Problem` 409 for one that is not signed.
        """
        result = await self.result(number, version)
        if result.jws is None or result.statement is None:
            raise Problem(409, f"{result.state}-result", result.detail)
        key = self.keys.key(key_of(result.jws))
        until = result.revoked_at, result.superseded_at
        order = printed.Order(result.statement, result.jws, key, *until)
        return await asyncio.to_thread(self._press.pdf, order)


@router.get(
    "/api/results/{number}.pdf",
    summary="A document as a PDF, sealed (PAdES), with what the agency signed attached",
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The PDF"},
        **documented(404, 409, 422, 503),
    },
)
async def one_pdf(request: Request, number: Number, version: Version = None) -> Response:
    """Return the PDF of a document; one that was revoked or superseded says so."""
    content = await _documents(request).printed(number, version)
    disposition = {"Content-Disposition": f'inline; filename="{number}.pdf"'}
    return Response(content, media_type="application/pdf", headers=disposition)


@router.get(
    "/api/results/{number}",
    summary="A document as its agency signed it (JWS), and whether it holds",
    responses={200: {"model": ResultView}, **documented(404, 422, 503)},
)
async def one_result(request: Request, number: Number, version: Version = None) -> Response:
    """Return a document by its number."""
    documents = _documents(request)
    return _json(_result(await documents.result(number, version), documents.keys))


@router.get(
    "/api/verify/{number}",
    summary="Whether a document holds: signed by whom and when, revoked, or superseded",
    responses={200: {"model": VerifiedView}, **documented(404, 422, 503)},
)
async def verified(request: Request, number: Number, version: Version = None) -> Response:
    """Say whether a document holds, and nothing of what it says."""
    return _json(_verified(await _documents(request).result(number, version)))


@router.get("/.well-known/jwks.json", summary="The public keys of agencies and officials")
async def jwks(request: Request) -> KeySet:
    """Return the keys, each with the certificate that says whose it is."""
    return _documents(request).keys.published


def _verified(result: Result) -> VerifiedView:
    return {
        "number": result.number,
        "version": result.version,
        "state": result.state,
        "title": shown(result.document.title),
        "agency": result.spec.owner,
        "signed": _signed(result.statement.signature) if result.statement else None,
        "revoked_at": result.revoked_at,
        "superseded_at": result.superseded_at,
        "reason": result.change["reason"] if result.change else None,
        "detail": shown(result.detail),
    }


def _signed(by: Signature) -> SignatureView:
    return {"agency": by.agency, "official": by.official, "key": by.kid, "at": by.at}


def _result(result: Result, keys: Keys) -> ResultView:
    lines = printed.lines(result.statement) if result.statement else ()
    return {
        **_verified(result),
        "case_id": result.row["case_id"],
        "group": result.row["group"],
        "procedure": result.spec.name,
        "lines": [{"label": shown(each.label), "value": shown(each.value)} for each in lines],
        "jws": result.jws,
        "jwk": keys.key(key_of(result.jws)).model_dump(mode="json") if result.jws else None,
    }


VALID = Text(vi="Chữ ký hợp lệ.", en="The signature is valid.")
"""What is said of a document that holds."""
_DETAILS: Mapping[Literal["revoked", "superseded"], Text] = {
    "revoked": Text(vi="Kết quả đã bị thu hồi.", en="The result has been revoked."),
    "superseded": Text(
        vi="Nội dung đã được cải chính; kết quả này không còn là bản mới nhất.",
        en="What the result says has been corrected since: a newer version of it holds.",
    ),
}


def _documents(request: Request) -> Documents:
    documents: Documents = request.app.state.documents
    return documents


def _json(body: VerifiedView | ResultView) -> Response:
    return Response(to_json(body), media_type="application/json")
