"""Errors as the portal tells them: RFC 9457 problem details, naming each field at fault."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response
from typing_extensions import TypedDict

from contracts.model import Text
from services.portal.sentences import Kind, Sentence, sentence, shown

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class FieldError(TypedDict):
    """What is wrong with one field: its path in the body that was sent, with dots."""

    field: str
    message: Sentence


class ProblemDocument(TypedDict, total=False):
    """The body of every error. `type` is stable; `errors` names the fields at fault.

    `detail` is the sentence in English, for it is one text by RFC 9457.
    """

    type: str
    title: str
    status: int
    detail: str
    sentence: Sentence
    errors: list[FieldError]


class Problem(Exception):
    """An answer that is not what was asked for. `kind` is the stable name of what is wrong."""

    def __init__(
        self, status: int, kind: str, text: Text, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(text.en)
        self.status, self.kind, self.text, self.errors = status, kind, text, tuple(errors)

    def document(self) -> ProblemDocument:
        """Return the problem details."""
        document: ProblemDocument = {
            "type": f"urn:onestop:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.text.en,
            "sentence": shown(self.text),
        }
        if self.errors:
            document["errors"] = list(self.errors)
        return document

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the problem."""
        if self.status == 401:
            return {"WWW-Authenticate": "Bearer"}
        return {"Retry-After": str(RETRY_AFTER_SECONDS)} if self.status == 503 else {}

    def response(self) -> Response:
        """Return the whole answer."""
        return Response(to_json(self.document()), self.status, self.headers, MEDIA_TYPE)


def refused(
    status: int, code: Kind, errors: Sequence[FieldError] = (), **values: object
) -> Problem:
    """Return the problem of this kind, which has one sentence."""
    return Problem(status, code, sentence(code, **values), errors)


def error(field: str, text: Text) -> FieldError:
    """Return what is wrong with one field."""
    return {"field": field, "message": shown(text)}


def invalid(errors: Sequence[FieldError], kind: str = "invalid-declaration") -> Problem:
    """Return the problem of what cannot be accepted as it is filled in."""
    code: Kind = "invalid-declaration" if kind == "invalid-declaration" else "invalid-request"
    return Problem(422, kind, sentence(code, fields=_named(errors)), errors)


def _named(errors: Sequence[FieldError]) -> str:
    """Return the fields at fault for a sentence, each once."""
    return ", ".join(dict.fromkeys(each["field"] or "body" for each in errors))


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of these errors in its documentation."""
    return {status: {"model": ProblemDocument} for status in statuses}


def as_it_is(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose errors have the media type of problems, and whose keys are
    required.

    FastAPI writes a model down under the media type of the route; that a key is missing is a
    problem of ours, and so none of its own.
    """
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                parameter["required"] |= parameter["name"] == "idempotency-key"
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    (schema,) = response["content"].values()
                    response["content"] = {MEDIA_TYPE: schema}
    return document
