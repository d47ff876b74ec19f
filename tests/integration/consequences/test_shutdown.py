"""A stop finishes and commits what is in hand; what broke off is neither finished nor skipped."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import UnknownError

from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Gate, Office, Offices

SOON = 10.0
"""Seconds; a stop that waited in vain for the batch in hand would take longer."""


class Nothing(State):
    """No state."""


parrot = Procedure("parrot", initial=Nothing())


@parrot.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Say it again."""
    return Decision(state, events=(Answered(text=event.text),))


async def tell(office: Office, *texts: str) -> None:
    """Publish to one case, so to one partition."""
    await office.send(*[office.message("case", Told(text=text)) for text in texts])


async def is_said(office: Office, texts: set[str]) -> bool:
    return set(await office.texts()) == texts


async def stop_soon(office: Office) -> None:
    async with asyncio.timeout(SOON):
        await office.runtime.stop()


async def test_a_stop_finishes_and_commits_the_batch_in_hand(offices: Offices) -> None:
    office = offices.open(parrot, commit_interval=60.0)
    gate = Gate()
    office.at("after-registers", gate)
    await tell(office, "one", "two")
    await office.start()
    await gate.reached.wait()
    stopping = asyncio.create_task(office.runtime.stop())
    subscription = office.runtime.subscription
    await eventually(lambda: not subscription._subscriber.running)
    gate.open()
    await stopping
    assert await office.texts() == ["one", "two"]
    assert await office.committed() == 2


async def test_a_service_that_halted_stops_soon_and_commits_nothing_of_what_failed(
    offices: Offices,
) -> None:
    office = offices.open(parrot, dead_minimum=1, dead_share=0.1)
    await office.start()
    await office.send(replace(office.message("case", Told()), value=b"no event"))
    await eventually(lambda: office.runtime.health.halted is not None)
    await stop_soon(office)
    assert await office.committed() == 0


async def test_a_fault_outside_the_loop_skips_nothing(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(parrot)
    errors = [RuntimeError("nobody knows this one")]
    subscription = office.runtime.subscription
    look_for_gaps = subscription.look_for_gaps

    async def break_once(batch: list[Message]) -> None:
        if errors:
            raise errors.pop()
        await look_for_gaps(batch)

    monkeypatch.setattr(subscription, "look_for_gaps", break_once)
    await office.start()
    await tell(office, "first")
    await eventually(lambda: office.runtime.health.halted is not None)
    assert not office.runtime.health.alive
    await tell(office, "second")
    await stop_soon(office)
    assert await office.committed() == 0
    successor = offices.again(office, parrot)
    await successor.start()
    await eventually(lambda: is_said(successor, {"first", "second"}))


async def test_not_to_know_what_was_committed_skips_nothing(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(parrot)
    await office.start()
    consumer = office.runtime.subscription.consumer
    assert consumer is not None
    errors = [UnknownError("once")]
    committed = consumer.committed

    async def unsure(tp: TopicPartition) -> Any:
        if errors:
            raise errors.pop()
        return await committed(tp)

    monkeypatch.setattr(consumer, "committed", unsure)
    await tell(office, "first")
    await eventually(lambda: not errors)
    await tell(office, "second")
    await eventually(lambda: is_said(office, {"first", "second"}))
    assert office.runtime.health.problems == []


async def test_a_service_that_cannot_start_says_so(
    offices: Offices, caplog: pytest.LogCaptureFixture
) -> None:
    office = offices.open(parrot)

    async def prepare() -> None:
        raise RuntimeError("an index that cannot be built")

    office.runtime.before_consuming(prepare)
    await office.runtime.start()
    await eventually(lambda: not office.runtime.health.alive)
    assert office.runtime.health.problems[0] == "the service cannot start; see the log"
    assert "the service cannot start" in caplog.messages
    await stop_soon(office)
