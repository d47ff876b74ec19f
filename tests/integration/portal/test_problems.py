"""Whatever goes wrong is told as problem details (RFC 9457)."""

import re
from typing import Any

import pytest

from tests.integration.portal.counter import Counter, declaration, new_key
from tests.unit.births import form

JSON = "application/json"

PROBLEMS: list[tuple[str, str, str, dict[str, Any], int, str]] = [
    ("no key", "POST", "/api/declarations", {"json": declaration()}, 400, "no-idempotency-key"),
    (
        "a key that is none",
        "POST",
        "/api/declarations",
        {"json": declaration(), "headers": {"Idempotency-Key": "k" * 201}},
        400,
        "no-idempotency-key",
    ),
    (
        "no JSON",
        "POST",
        "/api/declarations",
        {"content": b"{", "headers": {"Idempotency-Key": "k", "Content-Type": JSON}},
        400,
        "invalid-json",
    ),
    (
        "another type of content",
        "POST",
        "/api/declarations",
        {"content": b"a=1", "headers": {"Idempotency-Key": "k", "Content-Type": "text/plain"}},
        415,
        "unsupported-media-type",
    ),
    (
        "another character set",
        "POST",
        "/api/declarations",
        {
            "content": b"{}",
            "headers": {"Idempotency-Key": "k", "Content-Type": f"{JSON}; charset=latin-1"},
        },
        415,
        "unsupported-media-type",
    ),
    (
        "too large",
        "POST",
        "/api/declarations",
        {
            "content": b" " * 300_000,
            "headers": {"Idempotency-Key": "k", "Content-Type": JSON},
        },
        413,
        "too-large",
    ),
    (
        "filled in wrong",
        "POST",
        "/api/declarations",
        {
            "json": declaration(form=form(certificate_copies=21)),
            "headers": {"Idempotency-Key": "k"},
        },
        422,
        "invalid-declaration",
    ),
    ("no such case", "GET", "/api/cases/nobody", {}, 404, "no-such-case"),
    ("no such path", "GET", "/api/nothing", {}, 404, "not-found"),
    ("no such method", "DELETE", "/api/cases", {}, 405, "method-not-allowed"),
    ("a limit too high", "GET", "/api/cases?limit=501", {}, 422, "invalid-request"),
    ("a status unheard of", "GET", "/api/cases?status=lost", {}, 422, "invalid-request"),
    ("a page that is none", "GET", "/api/cases?after=x", {}, 422, "invalid-request"),
    ("too many ids", "GET", "/api/cases?ids=" + "a," * 501, {}, 422, "invalid-request"),
]


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "kind"),
    [problem[1:] for problem in PROBLEMS],
    ids=[problem[0] for problem in PROBLEMS],
)
async def test_a_problem_says_what_is_wrong(
    counter: Counter, method: str, path: str, options: dict[str, Any], status: int, kind: str
) -> None:
    response = await counter.http.request(method, path, **options)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:onestop:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"] == body["sentence"]["en"] != body["sentence"]["vi"]
    if status == 422:
        assert all(error["field"] and error["message"]["vi"] for error in body["errors"])


async def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(
    counter: Counter,
) -> None:
    async def endless() -> Any:
        for _ in range(300):
            yield b" " * 1024

    response = await counter.http.post(
        "/api/declarations",
        content=endless(),
        headers={"Idempotency-Key": new_key(), "Content-Type": JSON},
    )
    assert response.status_code == 413


async def test_the_documentation_shows_every_path_with_its_problems(counter: Counter) -> None:
    document = (await counter.http.get("/openapi.json")).json()
    posted = document["paths"]["/api/declarations"]["post"]
    assert set(posted["responses"]) == {"202", "400", "409", "413", "415", "422", "503"}
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    (content,) = response["content"].items()
                    reference = {"$ref": "#/components/schemas/ProblemDocument"}
                    assert content == ("application/problem+json", {"schema": reference})
    example = posted["requestBody"]["content"]["application/json"]["example"]
    assert example["group"] in ("birth",)
    assert set(document["paths"]) == {
        "/.well-known/jwks.json",
        "/api/declarations",
        "/api/declarations/batch",
        "/api/cases",
        "/api/cases/{case_id}",
        "/api/cases/{case_id}/correction",
        "/api/cases/{case_id}/payout",
        "/api/cases/{case_id}/rating",
        "/api/cases/{case_id}/revocation",
        "/api/cases/{case_id}/supplements",
        "/api/cases/{case_id}/withdrawal",
        "/api/clock",
        "/api/notices",
        "/api/proposals",
        "/api/results/{number}",
        "/api/results/{number}.pdf",
        "/api/tasks",
        "/api/tasks/{task_id}",
        "/api/tasks/{task_id}/claim",
        "/api/tasks/{task_id}/decision",
        "/api/tasks/{task_id}/handover",
        "/api/tasks/{task_id}/release",
        "/api/verify/{number}",
    }


async def test_a_key_is_required_wherever_there_is_one(counter: Counter) -> None:
    document = (await counter.http.get("/openapi.json")).json()
    keys = [
        parameter["required"]
        for path in document["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "idempotency-key"
    ]
    assert len(keys) == 10
    assert all(keys)


async def test_the_documentation_needs_no_internet(counter: Counter) -> None:
    page = (await counter.http.get("/docs")).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 2
    for address in addresses:
        assert (await counter.http.get(address)).status_code == 200
