"""The officials' queue, as those see it who ask: what helps to write tests of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from contracts.birth.process import BIRTH, ORPHANED_BIRTH
from contracts.common.review import Reviews
from contracts.common.tasks import Official, task_id
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, new_key
from tests.unit.officials import official

REVIEWS, ADOPTIONS = (Reviews("civil-status", name) for name in (BIRTH, ORPHANED_BIRTH))
HANOI = official(provinces=("01",), procedures=(BIRTH,))


def headers(counter: Counter, who: Official, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {counter.stack.issuer.token(who)}", **more}


async def get(
    counter: Counter, path: str = "", who: Official = HANOI, /, **asked: str
) -> httpx.Response:
    asking = headers(counter, who)
    return await counter.http.get(f"/api/tasks{path}", params=asked, headers=asking)


async def post(
    counter: Counter,
    task: str,
    what: str,
    body: Any = None,
    who: Official = HANOI,
    key: str | None = None,
) -> httpx.Response:
    asking = headers(counter, who, **{"Idempotency-Key": key or new_key()})
    return await counter.http.post(f"/api/tasks/{task}/{what}", json=body, headers=asking)


async def opened(
    counter: Counter, case: str | None = None, province: str = "01", age: int = 0
) -> str:
    """Let civil status open a task, and wait until the portal has it."""
    case = case or str(uuid4())
    step = REVIEWS.opened(
        case,
        datetime.now(UTC) - timedelta(days=age),
        province=province,
        persons=(),
        second_person=False,
        claim_seconds=60,
    )
    await counter.publish(case, *step.events)
    task = task_id(case, BIRTH)
    await eventually(lambda: counter.rows("tasks", _id=task) != [])
    return task


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]
