"""A family's inbox, and its rating of a case that has ended."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from contracts.common.events import CaseRated
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter
from tests.unit.births import FATHER, MOTHER
from tests.unit.tracking import NOT_BORN, WHOLE


def headers(counter: Counter, person: str = MOTHER) -> dict[str, str]:
    return {"Authorization": f"Bearer {counter.stack.issuer.citizen(person)}"}


async def inbox(counter: Counter, person: str = MOTHER, **asked: Any) -> httpx.Response:
    return await counter.http.get("/api/notices", params=asked, headers=headers(counter, person))


async def rate(counter: Counter, case: str, body: Any, person: str = MOTHER) -> httpx.Response:
    path = f"/api/cases/{case}/rating"
    return await counter.http.post(path, json=body, headers=headers(counter, person))


async def ended(counter: Counter) -> str:
    case = await counter.accepted()
    await counter.publish(case, *WHOLE[1:])
    await counter.until(case, "completed")
    await eventually(lambda: counter.rows("cases", _id=case, status="completed") != [])
    return case


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_an_inbox_has_what_happened_the_newest_first(counter: Counter) -> None:
    case = await ended(counter)
    found = (await inbox(counter, case_id=case)).json()
    timeline = (await counter.case(case))["timeline"]
    told = {each["event_id"] for each in timeline if each["notice"]}
    assert {each["id"] for each in found["notices"]} == told
    moments = [datetime.fromisoformat(each["at"]) for each in found["notices"]]
    assert moments == sorted(moments, reverse=True)
    assert found["next"] is None
    assert all(each["text"]["vi"] and each["text"]["en"] for each in found["notices"])


async def test_a_case_is_in_the_inbox_from_the_moment_it_is_accepted(counter: Counter) -> None:
    case = await counter.accepted()
    (notice,) = (await inbox(counter, case_id=case)).json()["notices"]
    assert notice["text"]["en"] == "Your declaration has been received."


async def test_a_refusal_says_why(counter: Counter) -> None:
    case = await counter.accepted()
    await counter.publish(case, NOT_BORN)

    async def told() -> bool:
        found = (await inbox(counter, case_id=case)).json()["notices"]
        return any(each["details"] == [{"vi": "Không được.", "en": "No."}] for each in found)

    await eventually(told)


async def test_an_inbox_comes_in_pages_over_all_cases_of_its_person(counter: Counter) -> None:
    cases = {await ended(counter), await ended(counter)}
    whole = (await inbox(counter, limit=500)).json()["notices"]
    assert cases <= {each["case_id"] for each in whole}
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        page = (await inbox(counter, limit=7, **after)).json()
        found += page["notices"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    # Of other tests' cases something may be told meanwhile.
    known = {each["id"] for each in whole}
    assert [each for each in found if each["id"] in known] == whole
    assert (await inbox(counter, FATHER)).json() == {"notices": [], "next": None}


async def test_nobody_reads_another_s_inbox(counter: Counter) -> None:
    case = await counter.accepted()
    stranger = await inbox(counter, FATHER, case_id=case)
    assert (stranger.status_code, kind(stranger)) == (403, "not-your-case")
    nobody = await counter.http.get("/api/notices")
    assert (nobody.status_code, kind(nobody)) == (401, "not-identified")
    assert kind(await inbox(counter, case_id="nothing")) == "no-such-case"
    assert kind(await inbox(counter, after="yesterday")) == "invalid-request"


async def test_a_finished_case_is_rated_once_and_counted_once(counter: Counter) -> None:
    case = await ended(counter)
    before = await counter.metric("onestop_case_rating_count", group="birth")
    body = {"stars": 4, "comment": "  Nhanh. "}
    first, again = [await rate(counter, case, body) for _ in range(2)]
    assert [each.status_code for each in (first, again)] == [202, 202]
    other = await rate(counter, case, {"stars": 1})
    assert (other.status_code, kind(other)) == (409, "already-rated")
    published = await counter.published(case, CaseRated)
    assert len(published) == 2
    assert published[0] == published[1]
    assert (published[0].data.stars, published[0].data.comment) == (4, "Nhanh.")

    async def counted() -> bool:
        now = await counter.metric("onestop_case_rating_count", group="birth")
        return now == before + 1

    await eventually(counted)
    types = [each["type"] for each in (await counter.case(case))["timeline"]]
    assert types.count(CaseRated.type) == 1


async def test_only_whose_case_it_is_rates_it_and_only_when_it_has_ended(counter: Counter) -> None:
    running = await counter.accepted()
    early = await rate(counter, running, {"stars": 5})
    assert (early.status_code, kind(early)) == (409, "not-finished")
    case = await ended(counter)
    stranger = await rate(counter, case, {"stars": 5}, FATHER)
    assert (stranger.status_code, kind(stranger)) == (403, "not-your-case")
    nobody = await counter.http.post(f"/api/cases/{case}/rating", json={"stars": 5})
    assert (nobody.status_code, kind(nobody)) == (401, "not-identified")
    assert kind(await rate(counter, "nothing", {"stars": 5})) == "no-such-case"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "stars"),
        ({"stars": 0}, "stars"),
        ({"stars": 6}, "stars"),
        ({"stars": 4.5}, "stars"),
        ({"stars": 5, "comment": "x" * 501}, "comment"),
        ({"stars": 5, "name": "x"}, "name"),
    ],
)
async def test_a_rating_is_one_to_five(counter: Counter, body: Any, field: str) -> None:
    case = await ended(counter)
    answer = await rate(counter, case, body)
    assert (answer.status_code, kind(answer)) == (422, "invalid-rating")
    assert [each["field"] for each in answer.json()["errors"]] == [field]
