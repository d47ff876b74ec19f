"""Errors as the portal tells them: RFC 9457 problem details, naming each field at fault."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response
from typing_extensions import TypedDict

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class FieldError(TypedDict):
    """What is wrong with one field: its path in the body that was sent, with dots."""

    field: str
    message: str


class ProblemDocument(TypedDict, total=False):
    """The body of every error. `type` is stable; `errors` names the fields at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]


class Problem(Exception):
    """An answer that is not what was asked for. `kind` is the stable name of what is wrong."""

    def __init__(
        self, status: int, kind: str, detail: str, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.errors = status, kind, detail, tuple(errors)

    def document(self) -> ProblemDocument:
        """Return the problem details."""
        document: ProblemDocument = {
            "type": f"urn:onestop:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
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


def error(field: str, message: str) -> FieldError:
    """Return what is wrong with one field."""
    return {"field": field, "message": message}


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Return the problem of a declaration that cannot be accepted as it is filled in."""
    return Problem(
        422,
        "invalid-declaration",
        f"the declaration was not accepted: correct {named(errors)} and send it again",
        errors,
    )


def named(errors: Sequence[FieldError]) -> str:
    """Return the fields at fault for a sentence, each once."""
    return ", ".join(dict.fromkeys(each["field"] or "the body" for each in errors))


def unavailable() -> Problem:
    """Return the problem of a declaration about which nothing can be promised now."""
    return Problem(
        503,
        "unavailable",
        "the declaration cannot be accepted at the moment: send it again with the same key",
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says of these errors in its documentation."""
    return {status: {"model": ProblemDocument} for status in statuses}


def under_their_media_type(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document whose errors have the media type of problems.

    FastAPI writes a model down under the media type of the route.
    """
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    (schema,) = response["content"].values()
                    response["content"] = {MEDIA_TYPE: schema}
    return document
