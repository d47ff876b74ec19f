"""Batches wait for their turn, and are told in time that it does not come."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.portal.problems import Problem
from services.portal.turns import Turns


async def test_no_more_than_so_many_have_a_turn_and_the_next_has_it_when_one_ends() -> None:
    turns, inside, most = Turns(2), 0, 0
    order: list[int] = []

    async def one(number: int) -> None:
        nonlocal inside, most
        async with turns.turn(60):
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
        await held.enter_async_context(turns.turn(60))
        with pytest.raises(Problem) as late:
            async with turns.turn(0):
                pytest.fail("it had a turn")
        assert (late.value.status, late.value.kind) == (503, "unavailable")
        assert int(late.value.headers["Retry-After"]) > 0
    async with turns.turn(60):
        pass


async def test_a_turn_ends_also_where_what_was_done_in_it_failed() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError):
        async with turns.turn(60):
            raise ZeroDivisionError
    async with turns.turn(60):
        pass


async def test_who_may_have_had_a_turn_too_late_to_use_it_is_told_before() -> None:
    turns, loop = Turns(1), asyncio.get_running_loop()
    async with turns.turn(60):
        due = loop.time() + 2
        with pytest.raises(Problem):
            async with turns.turn(2):
                pytest.fail("two had a turn")
        assert loop.time() < due


async def test_a_turn_lasts_as_long_as_what_was_begun_in_it() -> None:
    turns = Turns(1)
    work = asyncio.get_running_loop().create_future()
    async with turns.turn(60) as turn:
        turn.work = work
    with pytest.raises(Problem):
        async with turns.turn(0):
            pytest.fail("two had a turn")
    work.set_result(None)
    async with turns.turn(60):
        pass
