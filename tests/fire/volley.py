"""Sending: as fast as a bounded concurrency allows, or on schedule whatever the answers.

A closed model slows down with the system and hides its delays; the open model does not: arrivals
come at their rate, and those for which no place is free are dropped and counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from random import Random

from tests.fire.portal import Item, repeated_of

Send = Callable[[Sequence[Item]], Awaitable[None]]

LATEST = 1.0
"""An arrival that would begin so many seconds after its time is dropped: it would flatter."""
_REPEAT_WITHIN = 50


class Schedule:
    """When the n-th arrival of an open model is due, in seconds after the start."""

    def __init__(self, rate: float, size: int = 1) -> None:
        """`rate` is in declarations a second, `size` the declarations of one arrival."""
        self._seconds = size / rate

    def due(self, number: int) -> float:
        """Return when arrival `number` (from 0) is due."""
        return number * self._seconds

    def missed(self, number: int, now: float) -> bool:
        """Tell whether it is too late to begin with this arrival."""
        return now - self.due(number) > LATEST


async def closed(send: Send, items: Iterable[Item], concurrency: int, size: int) -> None:
    """Send all items in batches of `size`, with so many requests under way at most."""
    batches = _batches(items, size)

    async def worker() -> None:
        for batch in batches:
            await send(batch)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(worker())


async def paced(send: Send, items: Iterable[Item], rate: float, concurrency: int, size: int) -> int:
    """Send on schedule; return how many declarations were dropped, because none could begin."""
    schedule = Schedule(rate, size)
    clock = asyncio.get_running_loop()
    start = clock.time()
    free = concurrency
    dropped = 0

    async def sent(batch: Sequence[Item]) -> None:
        nonlocal free
        try:
            await send(batch)
        finally:
            free += 1

    async with asyncio.TaskGroup() as group:
        for number, batch in enumerate(_batches(items, size)):
            # The time of an arrival is no condition: it is waited for.
            await asyncio.sleep(start + schedule.due(number) - clock.time())
            if free == 0 or schedule.missed(number, clock.time() - start):
                dropped += len(batch)
                continue
            free -= 1
            group.create_task(sent(batch))
    return dropped


def with_repeats(items: Iterable[Item], share: float, random: Random) -> Iterator[Item]:
    """Yield all items, and again a share of them, each soon after its first time."""
    pending: list[tuple[int, Item]] = []
    position = 0
    for position, item in enumerate(items):
        yield item
        if random.random() < share:
            pending.append((position + random.randrange(_REPEAT_WITHIN), repeated_of(item)))
        due = [again for at, again in pending if at <= position]
        pending = [(at, again) for at, again in pending if at > position]
        yield from due
    yield from (again for _, again in pending)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
