"""Two replicas of every service: joining, leaving, dying, and one that wakes up too late."""

import asyncio

from contracts.catalogue import catalogue
from services.chassis.testing import eventually
from tests.faults.city import LIMIT_SECONDS, City

HANDLED, CONFLICTS = "onestop_events_handled_total", "onestop_journal_conflicts_total"


async def test_replicas_of_every_service_join_and_leave_under_load(city: City) -> None:
    async with city.flow.declaring_on():
        await city.accepts(10)
        replicas = await city.join(catalogue().services)
        await eventually(lambda: all(city.total(HANDLED, each) for each in replicas), LIMIT_SECONDS)
        for number, replica in enumerate(replicas):
            await (city.kill(replica) if number % 2 else city.leave(replica))
        await city.accepts(10)
    await city.assert_whole()


async def test_one_that_wakes_up_after_its_successor_has_gone_on(city: City) -> None:
    """Both decide the same cases: the first was halted before it wrote what it had decided."""
    halted = await city.join(catalogue().services, halts_at="before-append")
    try:
        await city.flow.publish(40)
        await eventually(lambda: all(map(city.stands_still, halted)), LIMIT_SECONDS)
        await city.all_ended()
    finally:
        for replica in halted:
            await asyncio.to_thread(city.stack.resume, replica)
    await eventually(lambda: all(city.total(CONFLICTS, each) for each in halted), LIMIT_SECONDS)
    await city.flow.publish(20)
    await city.assert_whole()
    for replica in halted:
        await city.leave(replica)
    await city.assert_whole()
