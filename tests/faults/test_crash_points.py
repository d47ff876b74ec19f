"""Death at each point of the loop, of each service: afterwards everything is done, and once."""

import asyncio
from collections import Counter

import pytest

from contracts.catalogue import catalogue
from services.chassis.testing import POINTS
from tests.faults.city import City

COUNT = 25
CLAIMING = ("civil-status", "population", "social-insurance")
"""The services that claim numbers; the others never come past a claim."""


TURNS = 3
"""Each service dies at every second point, its neighbour at the others: all points have three."""


def deaths(turn: int) -> dict[str, str]:
    """Where each service dies in a turn."""
    points = list(POINTS)
    chosen = {
        service: points[(2 * turn + place) % len(points)]
        for place, service in enumerate(sorted(catalogue().services))
    }
    return {
        service: point
        for service, point in chosen.items()
        if point != "after-claims" or service in CLAIMING
    }


@pytest.mark.parametrize("turn", range(TURNS))
async def test_death_at_each_point_of_the_loop(city: City, turn: int) -> None:
    doomed = deaths(turn)
    await city.kill(*doomed)
    await city.flow.publish(COUNT)
    await asyncio.gather(*(city.die_and_rise(service, doomed[service]) for service in doomed))
    await city.assert_whole()


def test_the_turns_have_every_point_and_every_service_several_times() -> None:
    died = [death for turn in range(TURNS) for death in deaths(turn).items()]
    assert len(set(died)) == len(died)
    assert min(Counter(point for _, point in died).values()) >= 2
    assert min(Counter(service for service, _ in died).values()) >= 2
