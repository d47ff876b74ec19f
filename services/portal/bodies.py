"""What comes in a request: its key and its body, or the problem with it."""

import re
from typing import Any

from fastapi import Request, Response
from pydantic_core import from_json, to_json

from services.portal.problems import Problem, error, refused
from services.portal.sentences import mistake

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


async def keyed(request: Request, key: str | None, limit: int) -> tuple[str, Any]:
    """Return key and JSON of a request. Raises `Problem` 400, 413 or 415."""
    require(request, "application/json")
    return checked_key(key), parse_json(await body_of(request, limit))


def accepted(body: Any, url: str) -> Response:
    """Return the answer 202, which says where to see what comes of it."""
    return Response(to_json(body), 202, {"Location": url}, "application/json")


def parse_json(body: bytes) -> Any:
    """Return the JSON in a body. Raises `Problem` 400 where there is none."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as fault:
        raise refused(400, "invalid-json", why=fault) from None


def checked_key(key: str | None) -> str:
    """Return an idempotency key as it was sent. Raises `Problem` 400 for one that is none."""
    if key is None or not _KEY.fullmatch(key):
        raise no_key()
    return key


def no_key() -> Problem:
    """Return the problem of a request without a key that can be used."""
    errors = [error("idempotency_key", mistake("key-unusable"))]
    return refused(400, "no-idempotency-key", errors)


def require(request: Request, media_type: str) -> None:
    """Raise `Problem` 415 for a body of another type."""
    sent, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if sent.strip() != media_type or charset not in ("", "charset=utf-8"):
        raise refused(415, "unsupported-media-type", type=media_type)


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body. Raises `Problem` 413 as soon as it is longer than `limit` bytes."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    chunks, length = [], 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def too_large(limit: int) -> Problem:
    """Return the problem of a body of more than `limit` bytes."""
    return refused(413, "too-large", limit=limit)
