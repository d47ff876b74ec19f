"""What is sent one by one travels together, and a fault costs nobody else's journey."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from services.chassis.broker import BrokerUnavailable
from services.chassis.message import Outgoing
from services.portal.dispatch import Dispatch


class Publisher:
    """Takes everything, but for what it is told to raise first."""

    def __init__(self, *faults: Exception) -> None:
        self._faults = list(faults)
        self.journeys: list[list[Outgoing]] = []
        self.away = asyncio.Event()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        self.journeys.append(list(messages))
        self.away.set()
        await asyncio.sleep(0)
        if self._faults:
            raise self._faults.pop(0)


def message(number: int) -> Outgoing:
    return Outgoing("a-topic", b"case", f"{number}".encode(), ())


@pytest.mark.parametrize("fault", [BrokerUnavailable("away"), ValueError("too large")])
async def test_what_came_during_a_journey_that_failed_travels_all_the_same(
    fault: Exception,
) -> None:
    publisher: Any = Publisher(fault)
    dispatch = Dispatch(publisher)
    first = asyncio.create_task(dispatch.sent(message(1)))
    await publisher.away.wait()
    later = [asyncio.create_task(dispatch.sent(message(number))) for number in (2, 3)]
    assert not await first
    assert await asyncio.gather(*later) == [True, True]
    assert [len(journey) for journey in publisher.journeys] == [1, 2]
    assert await dispatch.sent(message(4))
