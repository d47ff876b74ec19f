"""Payouts while the bank errs, is away, and dies, and payments dies: paid, and never twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from infra.gateway.faults import MIXED
from infra.local.ports import GATEWAY
from services.chassis.testing import eventually
from tests.faults.bank import movements, turn, wrongly_paid
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.snapshot import Row, Snapshot

COUNT = 30
"""Of both groups; one in five or so is paid out."""
ROUNDS = 3
PAYMENTS = "payments"


@pytest_asyncio.fixture(autouse=True)
async def well_again(city: City) -> AsyncIterator[None]:
    """The bank makes no mistakes before and after a test."""
    await turn(city.stack)
    yield
    await turn(city.stack)


async def assert_paid(city: City) -> None:
    """Nothing was lost or done twice; in the bank's books neither."""
    found = await city.assert_whole()
    moved = await movements(city.stack)
    assert wrongly_paid(found, moved) == []


async def more_is_paid(city: City) -> None:
    """Wait until more money has left the bank than has until now."""
    before = len(await movements(city.stack))

    async def more() -> bool:
        return len(await movements(city.stack)) > before

    await eventually(more, LIMIT_SECONDS)


async def test_a_bank_that_errs_in_every_way_pays_once(city: City) -> None:
    await turn(city.stack, **MIXED.model_dump())
    before = len(await movements(city.stack))
    async with city.flow.declaring(COUNT):
        pass
    await assert_paid(city)
    assert len(await movements(city.stack)) > before, "nothing was to be paid"


@pytest.mark.parametrize("victims", [(PAYMENTS,), (GATEWAY,), (PAYMENTS, GATEWAY)])
async def test_payments_and_the_bank_are_killed_while_money_moves(
    city: City, victims: tuple[str, ...]
) -> None:
    await turn(city.stack, **MIXED.model_dump())
    for _ in range(ROUNDS):
        async with city.flow.declaring(COUNT):
            await more_is_paid(city)
            await asyncio.gather(*map(city.kill, victims))
            await city.start(*victims)
    await assert_paid(city)


async def test_payments_dies_between_the_order_and_the_confirmation(city: City) -> None:
    """The bank has taken the orders, and its answers find nobody."""
    await turn(city.stack, delay=8.0, silent=1.0, lost=1.0)
    async with city.flow.declaring(COUNT):
        pass
    await eventually(lambda: _ordered(city), LIMIT_SECONDS)
    await city.kill(PAYMENTS)
    await eventually(lambda: _paid_unheard(city), LIMIT_SECONDS)
    await city.start(PAYMENTS)
    await assert_paid(city)


async def test_a_bank_that_is_away_delays_payouts_and_nothing_else(city: City) -> None:
    await turn(city.stack, away=True)
    before = len(await movements(city.stack))
    async with city.flow.declaring(COUNT):
        pass
    await eventually(lambda: _all_but_payouts_ended(city), LIMIT_SECONDS)
    await city.kill(PAYMENTS, GATEWAY)
    await city.start(GATEWAY, PAYMENTS)
    assert len(await movements(city.stack)) == before, "a bank that is away pays nothing"
    await turn(city.stack)
    await assert_paid(city)
    assert len(await movements(city.stack)) > before


async def test_two_replicas_pay_as_one_does(city: City) -> None:
    (second,) = await city.join([PAYMENTS])
    await turn(city.stack, **MIXED.model_dump())
    async with city.flow.declaring(COUNT):
        await more_is_paid(city)
        await city.kill(PAYMENTS)
    async with city.flow.declaring(COUNT):
        await more_is_paid(city)
        await city.start(PAYMENTS)
    await assert_paid(city)
    await city.leave(second)


async def _ordered(city: City) -> bool:
    """Whether an order was sent, and asked about since, and is not settled yet."""
    found = await city.look()
    return any(row["open"] and row["tries"] > 1 for row in found.rows(PAYMENTS, "transfers"))


async def _paid_unheard(city: City) -> bool:
    """Whether the bank has paid what payments still takes for open."""
    found, moved = await city.look(), await movements(city.stack)
    open = {row["_id"] for row in found.rows(PAYMENTS, "transfers") if row["open"]}
    return not open.isdisjoint(row["payment"] for row in moved)


async def _all_but_payouts_ended(city: City) -> bool:
    """Whether every case has ended, or waits for its payout alone; and some do."""
    found = await city.look()
    waiting = {row["case_id"] for row in found.rows(PAYMENTS, "transfers") if row["open"]}
    unfinished = set(city.unfinished(found))
    return bool(waiting) and unfinished == waiting


def snapshot_with(movement: Row | None, posted: str | None) -> tuple[Snapshot, list[Row]]:
    lines = [{"account": "benefits-payable", "debit": 5, "credit": 0}]
    owed = [{"account": "benefits-payable", "debit": 0, "credit": 5}]
    ledger: list[Row] = [{"_id": "c/benefit", "what": "benefit", "about": "MT-1", "lines": owed}]
    if posted:
        ledger.append({"_id": "c/payout", "what": "payout", "about": posted, "lines": lines})
    rows: dict[str, dict[str, list[Row]]] = {
        "social-insurance": {"benefits": [{"_id": "MT-1", "amount": 5}]},
        PAYMENTS: {"ledger": ledger, "transfers": [{"_id": "c.1", "open": posted is None}]},
    }
    return Snapshot(rows, {}), [movement] if movement else []


def ways_to_pay_wrongly() -> Iterator[tuple[Snapshot, list[Row]]]:
    good = {"payment": "c.1", "about": "MT-1", "amount": 5}
    yield snapshot_with(None, "c.1")
    yield snapshot_with(good, None)
    yield snapshot_with(good | {"amount": 6}, "c.1")
    yield snapshot_with(good, "c.2")
    found, moved = snapshot_with(good, "c.1")
    yield found, [*moved, {**good, "payment": "c.2"}]


def test_the_checker_notices_money_that_went_astray() -> None:
    assert (
        wrongly_paid(*snapshot_with({"payment": "c.1", "about": "MT-1", "amount": 5}, "c.1")) == []
    )
    assert all(wrongly_paid(found, moved) for found, moved in ways_to_pay_wrongly())
