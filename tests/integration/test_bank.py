"""What payments says to a bank, and hears: over HTTP, with the bank as a process that is killed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from infra.gateway.faults import Faults
from infra.local import plain_http
from infra.local.parts import Part, gateway_part
from infra.local.ports import Ports
from infra.local.waiting import wait_until
from services.chassis.settings import SettingsError
from services.chassis.testing import eventually
from services.payments.bank import Bank, BankSettings, BankUnavailable, Order, settings_from

ACCOUNT = {"method": "bank-account", "bank": "Vietcombank", "account_number": "0101000248613"}


def order(id: str = "c.1", **changes: Any) -> Order:
    fields = {"id": id, "amount": 5, "payee": "034158000002", "about": "MT-1", "payout": ACCOUNT}
    return Order.model_validate(fields | changes)


@pytest_asyncio.fixture
async def part(tmp_path: Path) -> AsyncIterator[Part]:
    part = gateway_part(tmp_path, Ports.free(), {})
    part.child.start()
    assert await asyncio.to_thread(wait_until, part.is_ready, 30.0)
    yield part
    part.child.kill()


async def turn(part: Part, **faults: Any) -> None:
    async with plain_http.client(part.url) as bank:
        (await bank.put("/faults", json=Faults(**faults).model_dump())).raise_for_status()


async def test_an_order_is_taken_once_and_paid_and_told_in_the_statement(part: Part) -> None:
    bank = Bank(part.url)
    first, again = await bank.order(order()), await bank.order(order())
    assert (first.status, again.reference) == ("accepted", first.reference)

    async def paid() -> bool:
        found = await bank.standing("c.1")
        return found is not None and found.status == "paid"

    await eventually(paid)
    statement = await bank.statement(0)
    assert [line.payment_id for line in statement.lines] == ["c.1"]
    assert (await bank.statement(statement.next)).lines == ()
    assert statement.lines[0] == await bank.standing("c.1")


async def test_what_was_never_ordered_is_unknown(part: Part) -> None:
    assert await Bank(part.url).standing("c.9") is None


async def test_an_order_without_an_answer_has_been_taken(part: Part) -> None:
    await turn(part, silent=1)
    bank = Bank(part.url)
    with pytest.raises(BankUnavailable):
        await bank.order(order())
    assert await bank.standing("c.1") is not None
    assert (await bank.order(order())).payment_id == "c.1"


async def test_a_bank_that_is_closed_or_dead_is_unavailable_and_forgets_nothing(
    part: Part,
) -> None:
    bank = Bank(part.url)
    await bank.order(order())
    await turn(part, away=True)
    for asked in (bank.order(order()), bank.standing("c.1"), bank.statement(0)):
        with pytest.raises(BankUnavailable):
            await asked
    part.child.kill()
    with pytest.raises(BankUnavailable):
        await bank.standing("c.1")
    part.child.start()
    assert await asyncio.to_thread(wait_until, part.is_ready, 30.0)
    await turn(part)
    assert await bank.standing("c.1") is not None


async def test_what_is_no_order_is_told_what_is_wrong(part: Part) -> None:
    async with plain_http.client(part.url) as bank:
        refused = await bank.put("/payments/c.1", json={"amount": 0})
        other = await bank.put("/payments/c.2", json=order().model_dump(exclude={"id"}))
        again = await bank.put("/payments/c.2", json=order(amount=7).model_dump(exclude={"id"}))
        assert (refused.status_code, other.status_code, again.status_code) == (422, 202, 409)
        assert refused.json()["detail"].startswith("amount: ")
        assert (await bank.get("/statement?after=x")).status_code == 422
        assert (await bank.put("/faults", json={"lost": 2})).status_code == 422


@pytest.mark.parametrize(
    "environment",
    [
        {"ONESTOP_BANK": "bank.example"},
        {"ONESTOP_BANK": "ftp://bank.example"},
        {"ONESTOP_BANK_PATIENCE": "0"},
        {"ONESTOP_BANK_PATIENCE": "soon"},
    ],
)
def test_settings_that_cannot_be_used_are_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(environment))):
        settings_from(environment)


def test_without_settings_it_is_the_bank_of_onestop_up() -> None:
    assert settings_from({}) == BankSettings("http://127.0.0.1:8090", 2.0)
