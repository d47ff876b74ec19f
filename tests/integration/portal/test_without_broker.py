"""Kafka is away: every door of the portal says so, and afterwards the same key is one act."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from httpx import Response

from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, new_key
from tests.integration.portal.queue import opened
from tests.integration.portal.queue import post as act
from tests.integration.portal.test_intake import again
from tests.integration.portal.test_second_thoughts import kind, post
from tests.integration.portal.test_supplements import Family
from tests.unit.births import MOTHER


async def test_without_the_broker_nothing_is_promised(counter: Counter) -> None:
    case, family, task = (
        await counter.accepted(),
        await Family.asked(counter),
        await opened(counter),
    )
    declared, withdrawn, supplied, claimed = (new_key() for _ in range(4))
    doors: list[Callable[[], Awaitable[Response]]] = [
        partial(post, counter, case, "withdrawal", {}, MOTHER, key=withdrawn),
        partial(family.supply, key=supplied),
        partial(act, counter, task, "claim", key=claimed),
    ]
    await counter.kill("kafka")
    try:
        answers = await asyncio.gather(counter.post(declared), *(door() for door in doors))
        for answer in answers:
            assert (answer.status_code, kind(answer)) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        assert (await counter.http.get("/readyz")).status_code == 200

        # Claimed, though not accepted: it can be looked at, from the claim alone.
        (claim,) = counter.rows("submissions", _id=f"{MOTHER}/{declared}")
        assert counter.rows("cases", _id=claim["case_id"]) == []
        page = await counter.case(claim["case_id"])
        assert page["status"] == "in-progress"
        assert [event["type"] for event in page["timeline"]] == ["portal.declaration-submitted.v1"]
        listed = await counter.http.get("/api/cases", params={"ids": claim["case_id"]})
        assert [row["case_id"] for row in listed.json()["cases"]] == [claim["case_id"]]
    finally:
        await counter.start("kafka")

    async def taken() -> bool:
        again = await asyncio.gather(*(door() for door in doors))
        return [answer.status_code for answer in again] == [202, 202, 202]

    case_id = await again(counter, declared)
    assert case_id == claim["case_id"]
    await eventually(taken)
    await counter.registered(case_id)
    assert len({envelope.id for envelope in await counter.submitted(case_id)}) == 1
