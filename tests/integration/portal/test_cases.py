"""GET /api/cases: a case from its first moment to its last."""

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlparse

import pytest

from contracts.birth.process import BIRTH, FEES, IDENTIFIER
from contracts.common.events import CaseCompleted
from contracts.common.task_events import task_events
from contracts.common.tasks import task_id
from services.chassis.testing import eventually
from services.portal.cases import LOOKED_AT
from services.portal.tracker import remembered
from tests.integration.portal.counter import DATABASE, Counter, declaration
from tests.unit.births import abroad, identified, registered, settled
from tests.unit.test_pauses import task


def born_abroad() -> dict[str, Any]:
    """Return a declaration with a short bundle: birth, identifier and fees."""
    body = declaration()
    return body | {"form": abroad(child=body["form"]["child"] | ABROAD)}


ABROAD = {"place": {"country": "JP", "detail": "Tokyo"}}


async def complete(counter: Counter, case_id: str) -> dict[str, Any]:
    """Let the agencies do their part in a case born abroad."""
    await counter.publish(case_id, settled(), identified(), registered())
    return await counter.until(case_id, "completed")


async def test_the_page_of_a_case_from_acceptance_to_completion(counter: Counter) -> None:
    case_id = await counter.accepted(body=born_abroad())
    page = await counter.case(case_id)
    assert page["status"] == "in-progress"
    assert page["waiting_for"] == [
        {"procedure": BIRTH, "owner": "civil-status"},
        {"procedure": FEES, "owner": "payments"},
    ]
    await counter.publish(case_id, registered())
    await eventually(lambda: _ended(counter, case_id) == {BIRTH})
    page = await counter.case(case_id)
    assert [waited["procedure"] for waited in page["waiting_for"]] == [IDENTIFIER, FEES]
    await counter.publish(case_id, registered())
    await eventually(lambda: len(_heard(counter, case_id)) == 3)
    await counter.publish(case_id, settled(), identified())
    page = await counter.until(case_id, "completed")
    assert page["waiting_for"] == []
    assert page["completed_at"] is not None
    assert 0 <= page["seconds"] < 60
    results = {each["name"]: each["result"] for each in page["procedures"]}
    assert results[IDENTIFIER] == {"personal_id": "001226000007"}
    assert {each["state"] for each in page["procedures"]} == {"granted"}
    types = [event["type"] for event in page["timeline"]]
    assert types[0] == "portal.declaration-submitted.v1"
    assert types[-1] == CaseCompleted.type
    assert types.count("civil-status.birth-registered.v1") == 2, "heard twice, under two ids"
    assert all(event["notice"]["vi"] for event in page["timeline"])


def _ended(counter: Counter, case_id: str) -> set[str]:
    entries = counter.rows("journal", case_id=case_id)
    newest = max(entries, key=lambda entry: entry["n"], default=None)
    return set(remembered(newest["state"]).ended) if newest else set()


async def test_completion_is_published_once_and_measured(counter: Counter) -> None:
    case_id = await counter.accepted(body=born_abroad())
    await complete(counter, case_id)
    await counter.publish(case_id, settled(), registered())
    await eventually(lambda: len(_heard(counter, case_id)) == 6)
    (completed,) = await counter.published(case_id, CaseCompleted)
    assert completed.data.results == dict.fromkeys((BIRTH, IDENTIFIER, FEES), "granted")
    await eventually(lambda: _each_is_measured_once(counter))


async def _each_is_measured_once(counter: Counter) -> bool:
    """Say whether all births that have ended are measured: those of other tests may end now."""
    ended = counter.rows("cases", group="birth", completed_at={"$ne": None})
    return await counter.total("onestop_case_seconds_count", group="birth") == len(ended)


def _heard(counter: Counter, case_id: str) -> list[Any]:
    return [heard for entry in counter.rows("journal", case_id=case_id) for heard in entry["heard"]]


async def test_agencies_may_be_faster_than_the_submission(counter: Counter) -> None:
    """Their events arrive on other topics: nothing says which is read first."""
    case_id = await counter.accepted()
    other = f"early-{case_id}"
    await counter.publish(other, registered(), settled())
    await eventually(lambda: len(_heard(counter, other)) == 2)
    assert (await counter.http.get(f"/api/cases/{other}")).status_code == 404


async def test_lists_are_filtered_and_come_in_pages_newest_first(counter: Counter) -> None:
    done = [await counter.accepted(body=born_abroad()) for _ in range(2)]
    for case_id in done:
        await complete(counter, case_id)
    open_cases = [await counter.accepted() for _ in range(3)]
    for case_id in open_cases:
        await counter.registered(case_id)

    found: list[str] = []
    after: str | None = None
    while len(found) < 3:
        page = await listed(counter, status="in-progress", limit=2, after=after)
        found += [row["case_id"] for row in page["cases"]]
        after = page["next"]
    assert found[:3] == open_cases[::-1]

    page = await listed(counter, status="completed", group="birth", limit=2)
    assert [row["case_id"] for row in page["cases"]] == done[::-1]
    assert all(row["seconds"] is not None for row in page["cases"])
    assert (await listed(counter, group="wedding"))["cases"] == []

    pages, after = 0, None
    total: list[str] = []
    while True:
        page = await listed(counter, limit=3, after=after)
        total += [row["case_id"] for row in page["cases"]]
        pages, after = pages + 1, page["next"]
        if after is None:
            break
    assert len(total) == len(set(total)) == len(counter.rows("cases"))
    assert pages == -(-len(total) // 3)


async def listed(counter: Counter, **params: Any) -> dict[str, Any]:
    given = {name: value for name, value in params.items() if value is not None}
    response = await counter.http.get("/api/cases", params=given)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize("repeats", [1, 100])
async def test_up_to_500_cases_are_asked_for_at_once(counter: Counter, repeats: int) -> None:
    ids = [await counter.accepted() for _ in range(5)]
    page = await listed(counter, ids=",".join([*ids, "nobody"][:5] * repeats))
    assert [row["case_id"] for row in page["cases"]] == ids
    assert page["next"] is None
    assert set(page["cases"][0]) == {
        *("case_id", "group", "status", "submitted_at", "completed_at", "seconds"),
        *("due_at", "timeliness"),
    }


async def test_unfinished_cases_are_counted(counter: Counter) -> None:
    case_id = await counter.accepted()
    await counter.registered(case_id)
    expected = len(counter.rows("cases", status="in-progress"))

    async def counted() -> bool:
        return await counter.metric("onestop_cases_in_flight", group="birth") == expected

    await eventually(counted)
    assert await counter.metric("onestop_oldest_unfinished_case_seconds", group="birth") > 0
    assert await counter.metric("onestop_oldest_unattended_case_seconds", group="birth") > 0


async def test_who_waits_for_an_official_is_not_left_alone_however_old_and_however_many(
    counter: Counter,
) -> None:
    """More cases than are looked at, all older than any that waits for nobody."""
    case_id = await counter.accepted(body=born_abroad())
    await counter.publish(case_id, settled(), registered())
    opened = task_events("population").opened(
        task=task(IDENTIFIER).with_(task_id=task_id(case_id, IDENTIFIER))
    )
    await counter.publish(case_id, opened)
    await eventually(lambda: counter.rows("cases", _id=case_id, attended=True) != [])
    (row,) = counter.rows("cases", _id=case_id)
    a_day_ago = row["submitted_at"] - timedelta(days=1)
    old = [row | {"_id": f"old-{n}", "submitted_at": a_day_ago} for n in range(LOOKED_AT + 1)]
    table = counter.mongo[DATABASE]["cases"]
    table.insert_many(old)

    async def oldest_is(old: list[bool]) -> bool:
        ages = [f"onestop_oldest_{which}_case_seconds" for which in ("unfinished", "unattended")]
        return [await counter.metric(age, group="birth") > 80_000 for age in ages] == old

    try:
        await eventually(lambda: oldest_is([True, False]))
        table.update_one({"_id": "old-0"}, {"$set": {"attended": False, "moved_at": a_day_ago}})
        await eventually(lambda: oldest_is([True, True]))
    finally:
        table.delete_many({"_id": {"$in": [each["_id"] for each in old]}})


async def test_a_question_about_500_cases_may_arrive_in_pieces(counter: Counter) -> None:
    """It is longer than the 16 KiB of an unfinished request that uvicorn would take."""
    address = urlparse(counter.stack.url("portal"))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    ids = "%2C".join(["01a20040-a5a4-73a8-b8d3-ab911707044a"] * 500)
    request = f"GET /api/cases?ids={ids} HTTP/1.1\r\nHost: portal\r\n\r\n".encode()
    for piece in (request[:17_000], request[17_000:]):
        writer.write(piece)
        await writer.drain()
        # By the time that this is answered, the piece has been read.
        assert (await counter.http.get("/livez")).status_code == 200
    assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    writer.close()
    await writer.wait_closed()
