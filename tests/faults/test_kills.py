"""SIGKILL of each part in turn while declarations flow through the door."""

import asyncio

import pytest

from contracts.catalogue import catalogue
from tests.faults.city import City

ROUNDS = 2
AT_EACH = 12


async def test_each_service_is_killed_in_turn_and_repeatedly(city: City) -> None:
    for victim in catalogue().services * ROUNDS:
        async with city.flow.declaring(AT_EACH):
            await city.accepts(AT_EACH // 3)
            await city.kill(victim)
            await city.start(victim)
    await city.assert_whole()


@pytest.mark.parametrize("server", ["kafka", "mongo"])
async def test_a_server_is_killed_and_restarted(city: City, server: str) -> None:
    async with city.flow.declaring(60):
        await city.accepts(20)
        await city.kill(server)
        await city.start(server)
    await city.assert_whole()


async def test_both_servers_and_all_services_at_once(city: City) -> None:
    """A power cut: afterwards nothing runs, and all of it comes back by itself."""
    parts = ("kafka", "mongo", *catalogue().services)
    async with city.flow.declaring(60):
        await city.accepts(20)
        await asyncio.gather(*(city.kill(part) for part in parts))
        await city.start("kafka", "mongo")
        await city.start(*catalogue().services)
    await city.assert_whole()
