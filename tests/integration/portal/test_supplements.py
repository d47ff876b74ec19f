"""POST /api/cases/{id}/supplements: who may, what is taken, and that it is taken once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.birth.process import BIRTH
from contracts.common.events import SupplementSubmitted, TaskClaimRequested, TaskDecisionSubmitted
from contracts.common.review import Review, Reviews
from contracts.common.tasks import task_id
from contracts.envelope import Event
from services.chassis.testing import eventually
from tests.integration.portal.counter import DATABASE, Counter, declaration, new_key
from tests.unit.births import FATHER, MOTHER, person
from tests.unit.officials import about, official
from tests.unit.supplements import asking

REVIEWS = Reviews("civil-status", BIRTH)
WHO = official()


class Family:
    """A mother whose case waits for a supplement."""

    def __init__(self, counter: Counter, case: str) -> None:
        self.counter, self.case = counter, case
        self.review: Review | None = None
        self.request: UUID | None = None

    @classmethod
    async def asked(cls, counter: Counter, body: Any = None) -> "Family":
        """Let a case be declared, and civil status ask for something."""
        family = cls(counter, await counter.accepted(body=body))
        opened = REVIEWS.opened(
            *(family.case, datetime.now(UTC)),
            province="01",
            persons=(),
            second_person=False,
            claim_seconds=60,
        )
        family.review = opened.waiting
        await counter.publish(family.case, *opened.events)
        await family.act(TaskClaimRequested(**about(BIRTH, WHO, family.case)))
        wanted = {**about(BIRTH, WHO, family.case), "decided": asking()}
        await family.act(TaskDecisionSubmitted.model_validate(wanted))
        assert family.review is not None
        family.request = family.review.task.request
        await eventually(lambda: family.state() == "awaits-supplement")
        return family

    async def act(self, act: Event) -> None:
        """Let the agency answer an act or a supplement."""
        step = REVIEWS.heard(self.review, act, uuid4(), datetime.now(UTC))
        if step.verdict and step.verdict.supplement:
            step = REVIEWS.resumed(self.review, step.verdict.supplement, None)
        self.review = step.waiting
        await self.counter.publish(self.case, *step.events)

    def state(self) -> str | None:
        rows = self.counter.rows("tasks", _id=task_id(self.case, BIRTH))
        return str(rows[0]["state"]) if rows else None

    async def supply(
        self, body: Any = None, key: str | None = None, person: str = MOTHER
    ) -> httpx.Response:
        token = self.counter.stack.issuer.citizen(person)
        return await self.counter.http.post(
            f"/api/cases/{self.case}/supplements",
            json=self.body() if body is None else body,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key or new_key()},
        )

    def body(self, **changes: Any) -> dict[str, Any]:
        supplied = [{"text": "Ảnh chụp rõ nét.", "document": "vneid:1"}]
        return {
            "procedure": BIRTH,
            "request": str(self.request),
            "supplied": supplied,
        } | changes

    async def published(self) -> list[Any]:
        return await self.counter.published(self.case, SupplementSubmitted)


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_the_case_says_exactly_what_is_missing_until_when(counter: Counter) -> None:
    family = await Family.asked(counter)
    case = await counter.case(family.case)
    (procedure,) = [each for each in case["procedures"] if each["name"] == BIRTH]
    asked = procedure["supplement"]
    assert asked["request"] == str(family.request)
    assert [each["en"] for each in asked["missing"]] == ["Document number 1."]
    assert family.review is not None
    assert datetime.fromisoformat(asked["until"]) == family.review.task.supplement_until
    assert (procedure["due_at"], procedure["timeliness"]) == (None, "on-time")
    assert case["due_at"] is None, "its clock stands still"


async def test_a_supplement_is_published_and_the_case_goes_on(counter: Counter) -> None:
    family = await Family.asked(counter)
    sent = await family.supply()
    assert sent.status_code == 202, sent.text
    assert sent.headers["location"] == sent.json()["case_url"] == f"/api/cases/{family.case}"
    (published,) = await family.published()
    assert str(published.id) == sent.json()["supplement_id"]
    assert (published.data.by, published.data.request) == (MOTHER, family.request)
    assert published.data.supplied[0].document == "vneid:1"
    assert published.data.declaration is None
    await family.act(published.data)
    await eventually(lambda: family.state() == "open")
    case = await counter.case(family.case)
    (procedure,) = [each for each in case["procedures"] if each["name"] == BIRTH]
    assert procedure["supplement"] is None
    assert procedure["due_at"] is not None, "its clock runs again"


async def test_a_repeated_one_is_the_same_also_when_it_is_no_longer_awaited(
    counter: Counter,
) -> None:
    family = await Family.asked(counter)
    key = new_key()
    first, again = [await family.supply(key=key) for _ in range(2)]
    await family.act((await family.published())[0].data)
    await eventually(lambda: family.state() == "open")
    later = await family.supply(key=key)
    assert [each.status_code for each in (first, again, later)] == [202] * 3
    assert first.json() == again.json() == later.json()
    published = await family.published()
    assert len(published) == 3
    assert all(each == published[0] for each in published)
    other = await family.supply(family.body(supplied=[{"text": "Khác."}]), key)
    assert (other.status_code, kind(other)) == (409, "key-reused")


async def test_only_who_has_the_case_may(counter: Counter) -> None:
    family = await Family.asked(counter)
    stranger = await family.supply(person=FATHER)
    assert (stranger.status_code, kind(stranger)) == (403, "not-your-case")
    path = f"/api/cases/{family.case}/supplements"
    for sent in ({}, {"Authorization": "Bearer nonsense"}):
        nobody = await counter.http.post(path, json=family.body(), headers=sent)
        assert (nobody.status_code, kind(nobody)) == (401, "not-identified")
    family.case = "nothing"
    assert kind(await family.supply()) == "no-such-case"


async def test_only_what_is_asked_for_is_taken(counter: Counter) -> None:
    family = await Family.asked(counter)
    for wrong in ({"request": str(uuid4())}, {"procedure": "fee-settlement"}):
        answer = await family.supply(family.body(**wrong))
        assert (answer.status_code, kind(answer)) == (409, "nothing-awaited")
    assert await family.published() == []


async def test_what_the_page_no_longer_asks_for_is_refused_though_the_register_is_behind(
    counter: Counter,
) -> None:
    """The row of a task is written after the entry of which the page tells."""
    family = await Family.asked(counter)
    task = task_id(family.case, BIRTH)
    (behind,) = counter.rows("tasks", _id=task)
    await family.supply()
    await family.act((await family.published())[0].data)
    await eventually(lambda: family.state() == "open")
    counter.mongo[DATABASE]["tasks"].replace_one({"_id": task}, behind)
    answer = await family.supply(family.body(supplied=[{"text": "Lần nữa."}]))
    assert (answer.status_code, kind(answer)) == (409, "nothing-awaited")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"request": "yes"}, "request"),
        ({"supplied": []}, "supplied"),
        ({"supplied": [{"text": "Một."}, {"text": "Hai."}]}, "supplied"),
        ({"supplied": [{"text": " "}]}, "supplied.0.text"),
        ({"supplied": [{"text": "Một.", "file": "x"}]}, "supplied.0.file"),
        ({"form": {}}, "form.relation"),
    ],
)
async def test_what_is_filled_in_wrong_is_named(
    counter: Counter, changes: dict[str, Any], field: str
) -> None:
    family = await Family.asked(counter)
    answer = await family.supply(family.body(**changes))
    assert answer.status_code == 422
    assert field in [each["field"] for each in answer.json()["errors"]]


async def test_a_corrected_form_goes_along_and_what_was_frozen_stays(counter: Counter) -> None:
    family = await Family.asked(counter)
    (declared,) = await counter.submitted(family.case)
    form = {**declaration()["form"], "certificate_copies": 5}
    assert (await family.supply(family.body(form=form))).status_code == 202
    (published,) = await family.published()
    corrected = published.data.declaration
    assert corrected.form["certificate_copies"] == 5
    before, after = declared.data, corrected
    for frozen in ("group", "declarant", "province", "received_at", "bundle", "working_days"):
        assert getattr(after, frozen) == getattr(before, frozen)


async def test_a_corrected_form_moves_no_case_and_asks_for_nothing_else(counter: Counter) -> None:
    family = await Family.asked(counter)
    form = declaration()["form"]
    elsewhere = {**form, "household": {**form["household"], "province": "79"}}
    moved = await family.supply(family.body(form=elsewhere))
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (422, "form")
    nobody = {**form, "mother": {"personal_id": "001199999999"}}
    unknown = await family.supply(family.body(form=nobody))
    assert unknown.status_code == 422
    assert "form.mother.personal_id" in [each["field"] for each in unknown.json()["errors"]]


async def test_whom_a_supplement_alone_names_decides_nothing_either(counter: Counter) -> None:
    witness = f"0011701{uuid4().int % 10**5:05d}"
    await counter.record(person(witness, "Phạm Thị Lụa"))
    family = await Family.asked(counter)
    form = {**declaration()["form"], "evidence": {"kind": "witness", "personal_id": witness}}
    assert (await family.supply(family.body(form=form))).status_code == 202
    token = {"Authorization": f"Bearer {counter.stack.issuer.token(WHO)}"}
    path = f"/api/tasks/{task_id(family.case, BIRTH)}/claim"
    asked = await counter.http.post(path, headers={**token, "Idempotency-Key": new_key()})
    assert asked.status_code == 202
    (claimed,) = await counter.published(family.case, TaskClaimRequested)
    assert {MOTHER, FATHER, witness} <= set(claimed.data.persons)
