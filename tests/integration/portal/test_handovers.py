"""An adopted case is handed over: at the door, and back in the queue."""

from datetime import UTC, datetime
from uuid import uuid4

from contracts.birth.process import ORPHANED_BIRTH
from contracts.common.events import (
    AdoptionReopened,
    CaseAdopted,
    HandoverRequested,
)
from contracts.common.tasks import Task, task_id
from contracts.model import Reason
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter
from tests.integration.portal.queue import ADOPTIONS, HANOI, get, kind, opened, post
from tests.unit.births import FATHER, MOTHER
from tests.unit.officials import (
    APPROVE,
    REASON,
    claim,
    decide,
    official,
)

ADOPTER = official(9)
HANDOVER = {"reason": REASON}


async def adopted(counter: Counter) -> Task:
    """Let an official adopt a case, and return its task."""
    case = await counter.accepted()
    step = ADOPTIONS.opened(
        *(case, datetime.now(UTC)),
        province="01",
        persons=(),
        second_person=False,
        claim_seconds=60,
    )
    said = list(step.events)
    for act in (claim(ORPHANED_BIRTH, ADOPTER), decide(ORPHANED_BIRTH, ADOPTER, APPROVE)):
        step = ADOPTIONS.heard(step.waiting, act, uuid4(), datetime.now(UTC))
        said += step.events
    await counter.publish(case, *said, CaseAdopted(deceased=MOTHER, by=ADOPTER.signatory))
    await eventually(lambda: counter.rows("adoptions", _id=case) != [])
    task = task_id(case, ORPHANED_BIRTH)
    await eventually(lambda: counter.rows("tasks", _id=task, state="decided") != [])
    assert step.waiting is not None
    return step.waiting.task


async def test_an_adopted_case_is_handed_over_and_stands_in_the_queue_again(
    counter: Counter,
) -> None:
    before = await adopted(counter)
    task, who = before.task_id, official(2)
    case = task.partition(".")[0]
    sent = await post(counter, task, "handover", HANDOVER, who)
    assert (sent.status_code, sent.headers["location"]) == (202, f"/api/tasks/{task}")
    (published,) = await counter.published(case, HandoverRequested)
    assert (published.data.official, published.data.reason.vi) == (who, REASON["vi"])
    assert {MOTHER, FATHER} <= set(published.data.persons)
    assert ADOPTER.person_id not in published.data.persons, "they may adopt it again"
    after = before.with_(state="open", approved_by=(), revision=before.revision + 1)
    why = Reason(code="handed-over", **REASON)
    said = AdoptionReopened(task=after, act=published.id, by=who.signatory, reason=why)
    await counter.publish(case, said, entry=2)
    await eventually(lambda: counter.rows("tasks", _id=task, state="open") != [])
    shown = (await get(counter, f"/{task}", who)).json()
    assert (shown["held_by"], shown["approved_by"]) == (None, [])
    word = shown["answers"][-1]
    assert (word["act"], word["counted"]) == (sent.json()["act_id"], True)
    assert word["reason"] == {"code": "handed-over", "refers_to": None, **REASON}
    inbox = await counter.http.get(
        "/api/notices",
        params={"case_id": case},
        headers={"Authorization": f"Bearer {counter.stack.issuer.citizen(MOTHER)}"},
    )
    told = {each["type"]: each["details"] for each in inbox.json()["notices"]}
    assert told[AdoptionReopened.type] == [REASON]


async def test_only_an_adopted_case_is_handed_over_and_with_a_reason(counter: Counter) -> None:
    task, orphaned = await opened(counter), (await adopted(counter)).task_id
    other = await post(counter, task, "handover", HANDOVER)
    assert (other.status_code, kind(other)) == (409, "nothing-to-hand-over")
    beyond = await post(counter, orphaned, "handover", HANDOVER, HANOI)
    assert (beyond.status_code, kind(beyond)) == (403, "beyond-office")
    for body, field in (({}, "reason"), ({"reason": {"vi": "Nghỉ hưu."}}, "reason.en")):
        answer = await post(counter, orphaned, "handover", body, official(2))
        assert (answer.status_code, kind(answer)) == (422, "invalid-request")
        assert [error["field"] for error in answer.json()["errors"]] == [field]
