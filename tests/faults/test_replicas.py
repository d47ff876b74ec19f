"""Two replicas of every service: joining, leaving, dying, and one that wakes up too late."""

import asyncio

from contracts.catalogue import catalogue
from services.chassis.testing import eventually
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.invariants import FINISHED


async def test_replicas_of_every_service_join_and_leave_under_load(city: City) -> None:
    services = catalogue().services
    async with city.flow.declaring(60):
        await city.accepts(10)
        replicas = await city.join(services)
    async with city.flow.declaring(60):
        await city.accepts(10)
        for number, replica in enumerate(replicas):
            await (city.kill(replica) if number % 2 else city.leave(replica))
    await city.assert_whole()


async def test_one_that_wakes_up_after_its_successor_has_gone_on(city: City) -> None:
    """Both handle the same cases: the first was halted in the middle of its work."""
    services = [name for name in catalogue().services if name != "portal"]
    successors = await city.join(services)
    await city.flow.publish(40)
    await eventually(lambda: _some_ended(city), LIMIT_SECONDS)
    for service in services:
        await asyncio.to_thread(city.stack.pause, service)
    await city.flow.publish(40)
    await city.all_ended()
    for service in services:
        await asyncio.to_thread(city.stack.resume, service)
    await city.flow.publish(20)
    await city.assert_whole()
    for successor in successors:
        await city.leave(successor)
    await city.assert_whole()


async def _some_ended(city: City) -> bool:
    statuses = await city.statuses(list(city.flow.outcomes)[-40:])
    return any(status in FINISHED for status in statuses.values())
