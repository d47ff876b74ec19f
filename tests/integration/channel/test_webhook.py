"""The channel outside, with a real receiver: nothing is lost, and nothing waits for it."""

import base64
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from pymongo import MongoClient

from contracts.birth.events import ResidenceRefused
from contracts.common.events import CaseCompleted, DeclarationSubmitted
from infra.local import Stack, plain_http
from services.chassis.broker import Publisher
from services.chassis.testing import eventually
from tests.integration.channel.receiver import Manner, Receiver
from tests.integration.portal.counter import Counter
from tests.unit.births import MOTHER, people
from tests.unit.tracking import NOT_RESIDENT, WHOLE

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
LIMIT = 90.0


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Stack]:
    """Kafka, mongod and a portal that tells the receiver."""
    environment = {"ONESTOP_NOTICES_URL": receiver.url, "ONESTOP_NOTICES_SECRET": SECRET}
    folder = tmp_path_factory.mktemp("channel")
    with Stack(folder, services=["portal"], environment=environment) as stack:
        yield stack


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def counter(stack: Stack) -> AsyncIterator[Counter]:
    publisher = Publisher(stack.addresses.kafka, 10.0, "tests")
    async with plain_http.client(stack.url("portal"), timeout=30) as http:
        mongo: MongoClient[dict[str, Any]] = MongoClient(stack.addresses.mongo, tz_aware=True)
        counter = Counter(stack, http, publisher, mongo)
        await counter.record(*people().values())
        yield counter
        await publisher.close()
        mongo.close()


async def inbox(counter: Counter, case: str) -> list[dict[str, Any]]:
    """Return the notices that the portal itself shows of a case."""
    token = counter.stack.issuer.citizen(MOTHER)
    answer = await counter.http.get(
        "/api/notices", params={"case_id": case}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["notices"])


async def completed(counter: Counter) -> str:
    """Let a case be declared and end, and return it."""
    case = await counter.accepted()
    await counter.publish(case, *WHOLE[1:])
    await counter.until(case, "completed")
    return case


async def all_taken(counter: Counter, receiver: Receiver, case: str) -> None:
    """Wait until the receiver has taken what the inbox of the case shows."""
    wanted = {each["id"] for each in await inbox(counter, case)}
    assert len(wanted) == len(WHOLE) + 1, "each event once, and the end"
    await eventually(lambda: wanted <= receiver.taken.keys(), LIMIT)


async def test_each_notice_is_signed_and_says_what_the_inbox_says(
    counter: Counter, receiver: Receiver
) -> None:
    case = await completed(counter)
    await all_taken(counter, receiver, case)
    for shown in await inbox(counter, case):
        delivery = receiver.taken[shown["id"]]
        assert delivery.signed_with(KEY)
        assert not delivery.signed_with(KEY[1:])
        assert abs(delivery.timestamp - datetime.now(UTC).timestamp()) < LIMIT
        notice = delivery.notice
        assert notice["type"] == shown["type"]
        assert (notice["data"]["case_id"], notice["data"]["recipient"]) == (case, MOTHER)
        assert notice["data"]["text"] == shown["text"]
        assert all(notice["data"]["text"].values())
    types = {each["type"] for each in await inbox(counter, case)}
    assert {DeclarationSubmitted.type, CaseCompleted.type} <= types


async def test_a_refusal_comes_with_its_reason(counter: Counter, receiver: Receiver) -> None:
    case = await counter.accepted()
    await counter.publish(case, NOT_RESIDENT)

    async def explained() -> bool:
        # The entry is there a moment before the row of what it says besides.
        told = [e for e in await inbox(counter, case) if e["type"] == ResidenceRefused.type]
        return any(each["details"] for each in told)

    await eventually(explained)
    (notice,) = [e for e in await inbox(counter, case) if e["type"] == ResidenceRefused.type]
    assert notice["details"] == [{"vi": "Không được.", "en": "No."}]
    await eventually(lambda: notice["id"] in receiver.taken, LIMIT)
    assert receiver.taken[notice["id"]].notice["data"]["details"] == notice["details"]


@pytest.mark.parametrize("manner", ["fails", "breaks-off", "hangs"])
async def test_what_is_not_taken_comes_again_and_delays_no_case(
    counter: Counter, receiver: Receiver, manner: Manner
) -> None:
    receiver.behave(manner)
    case = await completed(counter)  # while the receiver is as it is
    wanted = {each["id"] for each in await inbox(counter, case)}
    assert wanted.isdisjoint(receiver.taken)
    await eventually(lambda: any(receiver.times[id] > 1 for id in wanted), LIMIT)
    bodies = {each.id: each.body for each in receiver.deliveries if each.id in wanted}
    receiver.behave("takes")
    await all_taken(counter, receiver, case)
    for id, body in bodies.items():
        assert receiver.taken[id].body == body, "repeated, it says the same"
        assert receiver.taken[id].signed_with(KEY)


async def test_a_receiver_that_is_away_gets_everything_though_the_portal_is_killed(
    counter: Counter, receiver: Receiver
) -> None:
    receiver.stop()
    before = await completed(counter)
    counter.stack.kill("portal")
    counter.stack.start_part("portal")
    after = await completed(counter)
    assert await counter.metric("onestop_notices_sent_total", outcome="taken") == 0
    receiver.start()
    for case in (before, after):
        await all_taken(counter, receiver, case)

    async def nothing_waits() -> bool:
        return await counter.metric("onestop_notices_waiting", service="portal") == 0

    await eventually(nothing_waits, LIMIT)
    assert not counter.rows("outbox", due={"$ne": None})


async def test_an_answer_that_is_lost_with_the_portal_is_a_repetition_with_the_same_id(
    counter: Counter, receiver: Receiver
) -> None:
    receiver.behave("hangs")
    case = await counter.accepted()

    def under_way() -> bool:
        return any(each.notice["data"]["case_id"] == case for each in receiver.deliveries)

    await eventually(under_way, LIMIT)
    counter.stack.kill("portal")
    receiver.behave("takes")
    counter.stack.start_part("portal")
    await eventually(lambda: bool(counter.rows("outbox", case_id=case, due=None)), LIMIT)
    (row,) = counter.rows("outbox", case_id=case)
    assert receiver.times[row["_id"]] >= 2
    assert row["_id"] in receiver.taken
