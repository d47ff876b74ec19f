"""Lost connections are waited for, for as long as it takes; only a loop that hangs is not alive."""

import asyncio
import math
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import NotLeaderForPartitionError
from prometheus_client import REGISTRY

from infra.local.topics import create_topics
from services.chassis.broker import BrokerUnavailable
from services.chassis.clock import machine_milliseconds
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.store import StoreUnavailable
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import PARTITIONS, Gate, Office, Offices

NOWHERE = "127.0.0.1:1"
FAULTS = {
    "after-claims": StoreUnavailable,
    "before-append": StoreUnavailable,
    "after-append": StoreUnavailable,
    "after-registers": StoreUnavailable,
    "after-publish": BrokerUnavailable,
}


class Nothing(State):
    """No state."""


writer = Procedure("writer", initial=Nothing())


@writer.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Take a number, write it down and say it."""
    number = context.first_free("number", lambda k: f"{k}")
    records = (Record("numbers", number, {"case": context.case_id}),)
    return Decision(state, events=(Answered(text=number),), records=records)


@pytest.mark.parametrize("point", FAULTS)
async def test_a_lost_connection_anywhere_is_waited_for(offices: Offices, point: str) -> None:
    office = offices.open(writer)

    async def lose() -> None:
        raise FAULTS[point]("gone")

    for number in (1, 2, 3):
        office.at(point, lose, number)
    await office.tell("a", Told())
    await office.tell("b", Told())
    assert set(await office.texts()) == {"0", "1"}
    assert len(await office.entries("a")) == len(await office.entries("b")) == 1
    assert {row["case"] for row in (await office.rows("numbers")).values()} == {"a", "b"}
    assert await office.letters() == []


async def test_the_store_may_be_away_for_a_while(offices: Offices) -> None:
    office = offices.open(writer, store_timeout=0.2)
    await office.start()
    servers = offices.servers
    await asyncio.to_thread(servers.kill, "mongo")
    try:
        await office.send(*[office.message(f"case {n}", Told()) for n in range(5)])
        await eventually(lambda: "store" in office.runtime.health.missing)
        assert (missing(office, "store"), missing(office, "broker")) == (1, 0)
        await moves(office)
        assert office.runtime.health.alive
    finally:
        await asyncio.to_thread(servers.start_part, "mongo")
    await eventually(lambda: all_said(office, 5))
    await eventually(lambda: not office.runtime.health.problems)
    assert missing(office, "store") == 0
    assert sorted(await office.rows("numbers")) == ["0", "1", "2", "3", "4"]


def missing(office: Office, what: str) -> float | None:
    labels = {"service": office.runtime.name, "what": what}
    return REGISTRY.get_sample_value("onestop_missing", labels)


async def all_said(office: Office, count: int) -> bool:
    return len(set(await office.texts())) == count


async def moves(office: Office) -> None:
    """Wait for two signs of progress: the first may be of something that is over."""
    health = office.runtime.health
    for _ in range(2):
        before = health._moved
        await eventually(lambda before=before: health._moved > before)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"mongo": f"mongodb://{NOWHERE}", "store_timeout": 0.1}, "store"),
        ({"kafka": NOWHERE}, "broker"),
    ],
)
async def test_a_service_waits_for_servers_that_are_not_there_yet(
    offices: Offices, settings: dict[str, object], what: str
) -> None:
    office = offices.again(offices.open(writer), writer, **settings)
    await office.runtime.start()
    await eventually(lambda: office.runtime.health.missing.get(what) != "not reached yet")
    await moves(office)
    assert office.runtime.health.alive
    assert office.runtime.health.problems


async def test_a_service_waits_for_its_topics(offices: Offices) -> None:
    office = offices.open(writer)
    late = f"{office.runtime.name}-late.events"
    office.runtime.subscription.topics = (late,)
    await office.runtime.start()
    await eventually(lambda: late in office.runtime.health.missing.get("broker", ""))
    create_topics(office.kafka, [late], PARTITIONS)
    await eventually(lambda: not office.runtime.health.problems)


async def test_of_several_brokers_one_may_be_away(offices: Offices) -> None:
    office = offices.open(writer, kafka=f"127.0.0.1:1,{offices.servers.addresses.kafka}")
    await office.start()
    await office.send(office.message("a", Told()))
    await eventually(lambda: all_said(office, 1))


async def test_a_leader_that_moved_while_it_joined_is_looked_for_again(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As one of three brokers answered when another had just come back (aiokafka 0.14 then asks the
    # same one again, and reads nothing from it meanwhile).
    ask, known = Fetcher._proc_offset_request, []

    async def with_what_is_known(fetcher: Any, node_id: int, topics: Any) -> Any:
        known.append(fetcher._client.cluster._last_successful_refresh_ms)
        if known[0] == known[-1]:
            raise NotLeaderForPartitionError
        return await ask(fetcher, node_id, topics)

    monkeypatch.setattr(Fetcher, "_proc_offset_request", with_what_is_known)
    office = offices.open(writer)
    await office.start()
    await office.send(office.message("a", Told()))
    await eventually(lambda: all_said(office, 1))
    assert known[0] != known[-1]


async def test_a_broker_that_has_never_answered_is_silent_since_it_could(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(writer)
    assert office.runtime.subscription.last_answer() == math.inf
    await office.start()
    before = office.runtime.subscription.last_answer()
    monkeypatch.setattr(office.runtime.subscription.consumer, "last_poll_timestamp", lambda _: None)
    assert before - 60_000 < office.runtime.subscription.last_answer() <= machine_milliseconds()


async def test_a_broker_that_tells_its_ends_but_no_messages_is_silent(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(writer)
    await office.start()
    await moves(office)
    subscription = office.runtime.subscription
    monkeypatch.setattr(subscription.consumer, "last_poll_timestamp", lambda _: 1)
    before = subscription.last_answer()
    await subscription.observe_lag()
    assert subscription.last_answer() == before


async def test_a_broker_that_tells_its_ends_while_a_batch_is_in_hand_is_not_silent(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(writer)
    gate = Gate()
    office.at("after-claims", gate)
    await office.start()
    await office.send(office.message("a", Told()))
    await gate.reached.wait()
    subscription = office.runtime.subscription
    monkeypatch.setattr(subscription.consumer, "last_poll_timestamp", lambda _: 1)
    before = subscription.last_answer()
    await subscription.observe_lag()
    assert subscription.last_answer() > before
    gate.open()


async def test_a_service_that_waits_for_its_partitions_is_alive(offices: Offices) -> None:
    # As where the group's coordinator is away in the middle of a rebalance.
    office = offices.open(writer)
    await office.start()
    consumer = office.runtime.subscription.consumer
    assert consumer is not None
    consumer._subscription.subscription._begin_reassignment()
    for _ in range(3):
        await moves(office)
    assert office.runtime.health.alive


async def test_an_idle_service_is_alive(offices: Offices) -> None:
    office = offices.open(writer)
    await office.start()
    await moves(office)
    assert office.runtime.health.alive


async def test_a_loop_that_hangs_is_not_alive(offices: Offices) -> None:
    office = offices.open(writer, stalled_after=1.0)
    await office.start()
    assert office.runtime.health.alive
    go_on = asyncio.Event()
    office.at("before-append", lambda: _wait(go_on))
    await office.send(office.message("a", Told()))
    await eventually(lambda: not office.runtime.health.alive)
    go_on.set()
    await eventually(lambda: office.runtime.health.alive)
    await eventually(lambda: all_said(office, 1))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_a_fault_that_nobody_knows_asks_for_a_restart_and_loses_nothing(
    offices: Offices,
) -> None:
    office = offices.open(writer, batch=1)

    async def break_off() -> None:
        raise RuntimeError("nobody knows this one")

    office.at("after-append", break_off, 2)
    await office.send(*[office.message("case", Told()) for _ in range(4)])
    await office.runtime.start()
    await eventually(lambda: office.runtime.health.halted is not None)
    assert not office.runtime.health.alive
    async with asyncio.timeout(10):
        await office.runtime.stop()
    assert await office.committed() == 1
    successor = offices.again(office, writer)
    await successor.start()
    await eventually(lambda: heard(successor, 4))


async def heard(office: Office, count: int) -> bool:
    return sum(len(entry.heard) for entry in await office.entries("case")) == count
