"""Batches wait for their turn, and are told in time that it does not come."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.portal.problems import Problem
from services.portal.turns import Turns


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_no_more_than_so_many_have_a_turn_and_the_next_has_it_when_one_ends() -> None:
    turns, inside, most = Turns(2), 0, 0
    order: list[int] = []

    async def one(number: int) -> None:
        nonlocal inside, most
        async with turns.turn(now() + 60):
            order.append(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*map(one, range(20)))
    assert (most, order) == (2, list(range(20)))


async def test_who_waits_too_long_is_told_to_come_again_and_takes_no_turn() -> None:
    turns = Turns(1)
    async with AsyncExitStack() as held:
        await held.enter_async_context(turns.turn(now() + 60))
        with pytest.raises(Problem) as late:
            async with turns.turn(now()):
                pytest.fail("it had a turn")
        assert (late.value.status, late.value.kind) == (503, "unavailable")
        assert int(late.value.headers["Retry-After"]) > 0
    async with turns.turn(now() + 60):
        pass


async def test_a_turn_ends_also_where_what_was_done_in_it_failed() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        async with turns.turn(now() + 60):
            raise ZeroDivisionError
    async with turns.turn(now() + 60):
        pass
