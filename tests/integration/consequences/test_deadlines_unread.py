"""A deadline waits for what came before it, however long that is on its way to the service."""

import asyncio
from typing import Any

import pytest
from aiokafka.protocol.fetch import FetchRequest

from services.chassis.testing import eventually
from tests.integration.consequences.test_deadlines import desk, none_due, says, waiting
from tests.integration.events import Paid
from tests.integration.office import LIMIT_SECONDS, Gate, Office, Offices


class Post:
    """Holds back each answer to a fetch until it is let through, as long as it `holds`."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        consumer = office.runtime.subscription.consumer
        assert consumer is not None
        self.holds = True
        self._lies_here, self._let_through = asyncio.Semaphore(0), asyncio.Semaphore(0)
        send = consumer._client.send

        async def held(node: int, request: object, **options: Any) -> object:
            answer = await send(node, request, **options)
            if self.holds and isinstance(request, FetchRequest):
                self._lies_here.release()
                await self._let_through.acquire()
            return answer

        monkeypatch.setattr(consumer._client, "send", held)

    async def one_lies_here(self) -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            await self._lies_here.acquire()

    def let_one_through(self) -> None:
        self._let_through.release()


async def test_an_old_answer_that_comes_late_is_no_sign_that_nothing_came_since(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the process was suspended: it finds an answer of before, and reads it now."""
    office = offices.open(desk, source_interval=3600)
    await office.start()
    post = Post(office, monkeypatch)
    await post.one_lies_here()
    await office.send(office.message("a", Paid(amount=1)))
    await office.handle(waiting(office, "a"))
    post.let_one_through()
    await post.one_lies_here()

    await office.runtime._fire_deadlines()
    assert (await office.texts(), await none_due(office)) == ([], False)

    post.holds = False
    post.let_one_through()
    await says(office, ["a in time"])
    await eventually(lambda: none_due(office))


async def test_what_is_in_hand_while_partitions_change_hands_is_not_handled(
    offices: Offices,
) -> None:
    """The group has let go of the old partitions and has no new ones yet."""
    office = offices.open(desk, source_interval=3600)
    await office.start()
    gate = Gate()
    office.at("before-append", gate)
    await office.send(office.message("a", Paid(amount=1)))
    async with asyncio.timeout(LIMIT_SECONDS):
        await gate.reached.wait()
    await office.handle(waiting(office, "a"))
    read = office.runtime.subscription
    assert read.consumer is not None
    read.consumer._subscription.begin_reassignment()
    read.forget(read.consumer.assignment())

    await office.runtime._fire_deadlines()
    assert (await office.texts(), await none_due(office)) == ([], False)

    gate.open()
    await says(office, ["a in time"])
    await eventually(lambda: none_due(office))
