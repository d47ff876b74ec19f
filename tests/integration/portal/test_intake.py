"""POST /api/declarations: one key is one case, and 202 is never false."""

import asyncio
import json
from typing import Any

import pytest

from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, declaration, new_key
from tests.unit.births import MOTHER, form, people, person

MEDIA_TYPE = "application/problem+json"


async def test_the_same_key_100_times_at_once_is_one_case(counter: Counter) -> None:
    key = new_key()
    labels = {"group": "birth", "channel": "portal"}
    before = await counter.metric("onestop_declarations_total", **labels)
    responses = await asyncio.gather(*[counter.post(key) for _ in range(100)])
    assert {response.status_code for response in responses} == {202}
    (case_id,) = {response.json()["case_id"] for response in responses}
    assert responses[0].json()["status_url"] == f"/api/cases/{case_id}"
    assert responses[0].headers["location"] == f"/api/cases/{case_id}"
    envelopes = await counter.submitted(case_id)
    assert len({envelope.id for envelope in envelopes}) == 1
    await counter.registered(case_id)
    assert len(counter.rows("journal", case_id=case_id)) == 1
    assert await counter.metric("onestop_declarations_total", **labels) == before + 1


async def test_repeated_later_it_is_published_again_as_it_was(counter: Counter) -> None:
    key = new_key()
    case_id = await counter.accepted(key)
    before = await counter.submitted(case_id)
    assert await counter.accepted(key) == case_id
    after = await counter.submitted(case_id)
    assert len(after) == len(before) + 1
    assert all(envelope == before[0] for envelope in after)


async def test_another_body_under_the_same_key_is_a_conflict(counter: Counter) -> None:
    key = new_key()
    case_id = await counter.accepted(key)
    other = declaration(form=form(certificate_copies=3))
    response = await counter.post(key, other)
    assert (response.status_code, response.json()["type"]) == (
        409,
        "urn:onestop:problem:key-reused",
    )
    assert await counter.accepted(key) == case_id


async def test_another_declarant_may_use_the_same_key(counter: Counter) -> None:
    key = new_key()
    grandmother = person("001166000003", "Nguyễn Thị Lan")
    await counter.record(grandmother)
    other = declaration(declarant=grandmother.personal_id, form=form(relation="grandparent"))
    assert await counter.accepted(key) != await counter.accepted(key, other)


async def test_different_bodies_under_one_key_at_once_are_one_case_and_conflicts(
    counter: Counter,
) -> None:
    key = new_key()
    bodies = [declaration(form=form(certificate_copies=n % 4)) for n in range(40)]
    responses = await asyncio.gather(*[counter.post(key, body) for body in bodies])
    winners = [n for n, response in enumerate(responses) if response.status_code == 202]
    assert len({n % 4 for n in winners}) == 1
    assert len(winners) == 10
    assert {response.status_code for response in responses} == {202, 409}


async def test_the_event_carries_what_the_agencies_need(counter: Counter) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    response = await counter.post(new_key(), traceparent=trace)
    (envelope,) = await counter.submitted(response.json()["case_id"])
    assert envelope.traceparent == trace
    assert envelope.correlationid == envelope.id
    assert envelope.data.people == people()
    assert envelope.data.declarant == MOTHER


async def test_a_trace_that_is_none_is_replaced(counter: Counter) -> None:
    response = await counter.post(new_key(), traceparent="yes")
    (envelope,) = await counter.submitted(response.json()["case_id"])
    assert envelope.traceparent is not None
    assert envelope.traceparent.split("-")[1] == envelope.id.hex


async def test_what_was_accepted_stays_accepted_when_the_declarant_dies(counter: Counter) -> None:
    key, name = new_key(), "Phạm Thị Cúc"
    cuc = person("001140000009", name)
    await counter.record(cuc)
    body = declaration(declarant=cuc.personal_id, form=form(relation="relative"))
    case_id = await counter.accepted(key, body)
    await counter.record(person("001140000009", name, deceased_on="2026-11-01"), entry=2)
    assert await counter.accepted(key, body) == case_id
    response = await counter.post(new_key(), body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["declarant"]


async def test_without_mongod_it_says_so_and_afterwards_the_same_key_is_one_case(
    counter: Counter,
) -> None:
    key = new_key()
    await counter.kill("mongo")
    try:
        responses = await asyncio.gather(
            counter.post(key), counter.http.get("/api/cases"), counter.http.get("/api/cases/x")
        )
        for response in responses:
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
    finally:
        await counter.start("mongo")
    case_id = await again(counter, key)
    await counter.registered(case_id)
    assert len(counter.rows("journal", case_id=case_id)) == 1


async def again(counter: Counter, key: str) -> str:
    """Repeat a declaration until it is accepted, as clients are told to."""

    async def accepted() -> bool:
        return (await counter.post(key)).status_code == 202

    await eventually(accepted, limit=60)
    return await counter.accepted(key)


def line(key: Any, body: Any) -> str:
    return json.dumps({"idempotency_key": key, "declaration": body}, ensure_ascii=False)


async def post_lines(counter: Counter, lines: list[str]) -> list[dict[str, Any]]:
    response = await counter.http.post(
        "/api/declarations/batch",
        content="\n".join(lines).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(answer) for answer in response.text.splitlines()]


async def test_in_a_batch_each_line_has_its_own_answer(counter: Counter) -> None:
    same, taken = new_key(), new_key()
    before = await counter.accepted(taken)
    other = declaration(form=form(certificate_copies=5))
    lines = [
        line(same, declaration()),
        "{not json",
        line(new_key(), declaration(form=form(certificate_copies=99))),
        "",
        line(same, declaration()),
        line(same, other),
        line(taken, declaration()),
        line(taken, other),
        json.dumps({"declaration": declaration()}),
        line("two words", declaration()),
        line(7, declaration()),
        line(new_key(), "declaration"),
        json.dumps({"idempotency_key": new_key(), "declaration": declaration(), "x": 1}),
        line(new_key(), declaration(declarant="999999999999")),
        line(new_key(), declaration()),
        line(new_key(), declaration(form=form(ethnicity="x" * 300_000))),
    ]
    answers = await post_lines(counter, lines)
    assert [(answer["line"], answer["status"]) for answer in answers] == [
        (1, 202), (2, 400), (3, 422), (5, 202), (6, 409), (7, 202), (8, 409), (9, 400),
        (10, 400), (11, 400), (12, 422), (13, 422), (14, 422), (15, 202), (16, 413),
    ]  # fmt: skip
    by_line = {answer["line"]: answer for answer in answers}
    assert by_line[1]["case_id"] == by_line[5]["case_id"]
    assert by_line[1]["status_url"] == f"/api/cases/{by_line[1]['case_id']}"
    assert by_line[7]["case_id"] == before
    assert by_line[3]["problem"]["errors"][0]["field"] == "form.certificate_copies"
    assert by_line[13]["problem"]["errors"][0]["field"] == "x"
    assert by_line[14]["problem"]["errors"][0]["field"] == "declarant"
    assert len(await counter.submitted(by_line[15]["case_id"])) == 1


async def test_a_batch_of_500_is_accepted_whole_and_repeated_gives_the_same(
    counter: Counter,
) -> None:
    lines = [line(new_key(), declaration()) for _ in range(500)]
    first, second = await post_lines(counter, lines), await post_lines(counter, lines)
    assert {answer["status"] for answer in first} == {202}
    assert len({answer["case_id"] for answer in first}) == 500
    assert second == first


async def test_batches_that_come_at_once_are_all_accepted(counter: Counter) -> None:
    batches = [[line(new_key(), declaration()) for _ in range(5)] for _ in range(8)]
    answers = await asyncio.gather(*(post_lines(counter, lines) for lines in batches))
    accepted = [answer["case_id"] for given in answers for answer in given]
    assert len(set(accepted)) == 40


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{}\n" * 501, "application/x-ndjson", 413),
        (b" " * (16 * 1024 * 1024 + 1), "application/x-ndjson", 413),
        (b"{}", "application/json", 415),
    ],
    ids=["too many lines", "too many bytes", "not lines"],
)
async def test_a_batch_that_is_none_is_refused_whole(
    counter: Counter, content: bytes, media_type: str, status: int
) -> None:
    response = await counter.http.post(
        "/api/declarations/batch", content=content, headers={"Content-Type": media_type}
    )
    assert (response.status_code, response.headers["content-type"]) == (status, MEDIA_TYPE)


async def test_a_batch_of_nothing_has_no_answers(counter: Counter) -> None:
    assert await post_lines(counter, ["", ""]) == []
