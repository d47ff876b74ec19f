"""/api/tasks: who is let in, what they see, and what becomes of what they want."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest

from contracts.birth.process import BIRTH
from contracts.common.events import (
    TaskClaimRequested,
    TaskDecisionSubmitted,
)
from contracts.common.tasks import task_id
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, new_key
from tests.integration.portal.queue import HANOI, REVIEWS, get, headers, kind, opened, post
from tests.unit.births import FATHER, MOTHER
from tests.unit.officials import (
    APPROVE,
    REFUSE,
    SUPPLEMENT,
    about,
    official,
)

WAYS = [("GET", ""), ("GET", "/x"), *[("POST", f"/x/{what}") for what in ("claim", "release")]]


@pytest.mark.parametrize(
    ("method", "path"), [*WAYS, ("POST", "/x/decision"), ("POST", "/x/handover")]
)
async def test_nobody_comes_in_without_a_token(counter: Counter, method: str, path: str) -> None:
    for sent in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = await counter.http.request(method, f"/api/tasks{path}", headers=sent)
        assert (answer.status_code, kind(answer)) == (401, "not-identified")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_official_sees_the_own_agency_within_the_own_reach(counter: Counter) -> None:
    here, there = await opened(counter), await opened(counter, province="79")
    seen = {task["task_id"] for task in (await get(counter, limit="500")).json()["tasks"]}
    assert here in seen
    assert there not in seen
    everywhere = official(2)
    for asked in ({"province": "79"}, {"province": "79", "procedure": BIRTH, "state": "open"}):
        found = (await get(counter, "", everywhere, limit="500", **asked)).json()["tasks"]
        assert there in {task["task_id"] for task in found}
        assert {task["province"] for task in found} == {"79"}
    decided = (await get(counter, "", everywhere, state="decided")).json()["tasks"]
    assert there not in {task["task_id"] for task in decided}
    stranger = await get(counter, "", official(agency="residence"))
    assert stranger.json() == {"tasks": [], "next": None}


@pytest.mark.parametrize(
    "asked", [{"agency": "residence"}, {"province": "79"}, {"procedure": "death-registration"}]
)
async def test_what_is_outside_of_an_office_is_not_shown(
    counter: Counter, asked: dict[str, str]
) -> None:
    answer = await get(counter, "", HANOI, **asked)
    assert (answer.status_code, kind(answer)) == (403, "beyond-office")
    assert answer.json()["errors"][0]["field"] == f"query.{next(iter(asked))}"


async def test_a_list_comes_in_pages_the_oldest_first(counter: Counter) -> None:
    made = [await opened(counter, age=age, province="68") for age in (1, 3, 2)]
    who, found = official(provinces=("68",)), list[str]()
    after: dict[str, str] = {}
    while True:
        page = (await get(counter, "", who, limit="2", **after)).json()
        found += [task["task_id"] for task in page["tasks"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == [made[1], made[2], made[0]]
    bad = await get(counter, after="yesterday")
    assert (bad.status_code, kind(bad)) == (422, "invalid-request")


async def test_a_task_of_another_office_can_be_neither_seen_nor_acted_upon(
    counter: Counter,
) -> None:
    task = await opened(counter, province="79")
    answers = [await get(counter, f"/{task}"), await post(counter, task, "claim")]
    assert [(a.status_code, kind(a)) for a in answers] == [(403, "beyond-office")] * 2
    for answer in (await get(counter, "/nothing.here"), await post(counter, "x.y", "release")):
        assert (answer.status_code, kind(answer)) == (404, "no-such-task")


async def test_an_act_is_published_with_the_token_s_official_and_the_family(
    counter: Counter,
) -> None:
    case = await counter.accepted()
    task = await opened(counter, case)
    sent = await post(counter, task, "claim", {"official": "somebody else"})
    assert sent.status_code == 202
    assert sent.headers["location"] == sent.json()["task_url"] == f"/api/tasks/{task}"
    (published,) = await counter.published(case, TaskClaimRequested)
    assert published.data.official == HANOI
    assert {MOTHER, FATHER} <= set(published.data.persons)
    assert str(published.id) == sent.json()["act_id"]
    (declared,) = await counter.submitted(case)
    assert published.correlationid == declared.correlationid


async def test_a_repeated_act_is_the_same_and_another_under_its_key_is_refused(
    counter: Counter,
) -> None:
    task = await opened(counter)
    key = new_key()
    first, again = [await post(counter, task, "decision", REFUSE, key=key) for _ in range(2)]
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    published = await counter.published(task.partition(".")[0], TaskDecisionSubmitted)
    assert len(published) == 2
    assert published[0] == published[1]
    other = await post(counter, task, "decision", APPROVE, key=key)
    assert (other.status_code, kind(other)) == (409, "key-reused")
    another = await post(counter, task, "decision", APPROVE, official(2), key)
    assert another.status_code == 202, "another official's key is another key"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": "refuse", "reason": {"vi": "Không."}}, "reason.en"),
        ({"decision": "refuse", "reason": {"vi": " ", "en": "No."}}, "reason.vi"),
        ({"decision": "supplement", "missing": []}, "missing"),
        ({"decision": "approve", "official": {"person_id": MOTHER}}, "official"),
        ({**SUPPLEMENT, "more": 1}, "more"),
        ({**APPROVE, "revision": 0}, "revision"),
        ({**REFUSE, "revision": "two"}, "revision"),
        ({**SUPPLEMENT, "revision": 10**30}, "revision"),
    ],
)
async def test_a_decision_that_says_nothing_is_told_what_is_wrong(
    counter: Counter, body: dict[str, Any], field: str
) -> None:
    task = await opened(counter)
    answer = await post(counter, task, "decision", body)
    assert (answer.status_code, kind(answer)) == (422, "invalid-decision")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_decision_names_the_revision_that_was_seen_or_else_the_one_that_is_shown(
    counter: Counter,
) -> None:
    case = str(uuid4())
    step = REVIEWS.opened(
        *(case, datetime.now(UTC)), province="01", persons=(), second_person=False, claim_seconds=60
    )
    await counter.publish(case, *step.events)
    claimed = TaskClaimRequested(**about(BIRTH, HANOI, case))
    second = REVIEWS.heard(step.waiting, claimed, uuid4(), datetime.now(UTC))
    await counter.publish(case, *second.events)
    task, key = task_id(case, BIRTH), new_key()
    await eventually(lambda: counter.rows("tasks", _id=task, state="claimed") != [])
    assert (await get(counter, f"/{task}")).json()["revision"] == 2
    for body in (REFUSE | {"revision": 1}, REFUSE):
        assert (await post(counter, task, "decision", body)).status_code == 202
    assert (await post(counter, task, "decision", APPROVE, key=key)).status_code == 202
    third = REVIEWS.reexamined(second.waiting, None)
    await counter.publish(case, *third.events)
    await eventually(lambda: counter.rows("tasks", _id=task)[0]["task"]["revision"] == 3)
    again = await post(counter, task, "decision", APPROVE, key=key)
    other = await post(counter, task, "decision", APPROVE | {"revision": 3}, key=key)
    assert (again.status_code, other.status_code, kind(other)) == (202, 409, "key-reused")
    published = await counter.published(case, TaskDecisionSubmitted)
    assert [each.data.decided.revision for each in published] == [1, 2, 2, 2]
    assert published[2] == published[3], "the same request is the same act, whatever is shown now"


async def test_an_act_needs_a_key_and_a_decision_json(counter: Counter) -> None:
    task = await opened(counter)
    asking = headers(counter, HANOI)
    bare = await counter.http.post(f"/api/tasks/{task}/claim", headers=asking)
    assert (bare.status_code, kind(bare)) == (400, "no-idempotency-key")
    keyed = asking | {"Idempotency-Key": new_key(), "Content-Type": "text/plain"}
    text = await counter.http.post(f"/api/tasks/{task}/decision", headers=keyed, content="yes")
    assert (text.status_code, kind(text)) == (415, "unsupported-media-type")


async def test_the_agency_s_word_is_found_in_the_task(counter: Counter) -> None:
    case = str(uuid4())
    task = await opened(counter, case)
    act = TaskClaimRequested(**about(BIRTH, HANOI, case))
    step = REVIEWS.heard(None, act, uuid5(NAMESPACE_URL, "act"), datetime.now(UTC))
    await counter.publish(case, *step.events)

    async def answered() -> bool:
        return bool((await get(counter, f"/{task}")).json()["answers"])

    await eventually(answered)
    (answer,) = (await get(counter, f"/{task}")).json()["answers"]
    assert (answer["counted"], answer["reason"]["code"]) == (False, "no-task")
