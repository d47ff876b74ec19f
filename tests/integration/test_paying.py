"""Orders on their way to a bank that loses words: what became of each is found out all the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.catalogue import PARTITIONS, topic_of
from contracts.death.events import PaymentReported
from contracts.envelope import envelope_of
from infra.local import Stack
from infra.local.parts import Part
from infra.local.topics import create_topics
from services.chassis.broker import Publisher
from services.chassis.registers import Registers
from services.chassis.runtime import Runtime
from services.chassis.store import Insert, Store
from services.chassis.testing import eventually
from services.payments.bank import Bank, BankSettings
from services.payments.paying import DOUBTED, LONGEST_PAUSE, Paying, pause_after
from services.payments.transfers import REJECTED, SETTLED, TRANSFERS
from tests.integration.office import read_all
from tests.integration.test_bank import part, turn

__all__ = ["part"]
PATIENCE = 0.1
TOPIC = topic_of(PaymentReported)


@dataclass
class Desk:
    """The adapter between a store, a broker and a bank."""

    part: Part
    registers: Registers
    paying: Paying
    bootstrap: str

    async def order(self, account: str = "0101000248613", **changes: Any) -> str:
        """Write the row of an order, as a decision does, and return the payment's id."""
        id, now = f"{uuid4()}.1", datetime.now(UTC)
        fields: dict[str, Any] = {
            **{"case_id": id.partition(".")[0], "group": "death", "traceparent": None},
            **{"correlation": str(uuid4()), "cause": str(uuid4())},
            **{"amount": 5, "payee": "034158000002", "about": "MT-1"},
            "payout": {"method": "bank-account", "bank": "Vietcombank", "account_number": account},
            **{"ordered_at": now, "open": True, "due": now, "tries": 0},
        }
        await self.registers[TRANSFERS].write([Insert(id, fields | changes)])
        return id

    async def outcomes(self, payment: str) -> list[str]:
        """Return what was published of a payment, each event once."""
        found = {}
        for record in await read_all(self.bootstrap, TOPIC, PARTITIONS):
            event = envelope_of(PaymentReported).model_validate_json(record.value)
            if event.data.payment_id == payment:
                found[event.id] = event.data.outcome
        return list(found.values())

    async def open(self, payment: str) -> Any:
        """Return what the row says of being open."""
        (row,) = await self.registers[TRANSFERS].find({"_id": payment})
        return row["open"]


@pytest_asyncio.fixture
async def desk(servers: Stack, part: Part, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk with a store of its own."""
    create_topics(servers.addresses.kafka, (TOPIC,), PARTITIONS)
    store = Store(servers.addresses.mongo, f"test_paying_{uuid4().hex[:8]}")
    publisher = Publisher(servers.addresses.kafka, 10.0, "test")
    registers = Registers(store)
    runtime = SimpleNamespace(
        registers=registers,
        store=store,
        publisher=publisher,
        clock=SimpleNamespace(now=lambda: datetime.now(UTC)),
    )
    paying = Paying(cast(Runtime, runtime), Bank(part.url), BankSettings(part.url, PATIENCE))
    await paying.prepare()
    yield Desk(part, registers, paying, servers.addresses.kafka)
    await publisher.close()
    store.close()


async def test_what_is_paid_after_it_was_rejected_is_found_out_without_a_statement(
    desk: Desk,
) -> None:
    await turn(desk.part, lost=1.0)
    payment = await desk.order(account="0101000990007")

    async def said(*outcomes: str) -> bool:
        await desk.paying.order()
        await desk.paying.listen()
        return await desk.outcomes(payment) == list(outcomes)

    await eventually(lambda: said(REJECTED))
    assert await desk.open(payment) == REJECTED
    await eventually(lambda: said(REJECTED, "paid"))
    assert await desk.open(payment) is False


async def test_what_was_rejected_is_never_ordered_again_and_not_asked_about_for_ever(
    desk: Desk,
) -> None:
    """Their rows were made anew of the journal, and the bank has forgotten the payments."""
    now = datetime.now(UTC)
    ordered = now - 2 * DOUBTED
    rows = [await desk.order(ordered_at=ordered) for _ in range(2)]
    days = zip(rows, (now - DOUBTED / 2, now - DOUBTED), strict=True)
    settled = [Insert(row, {"outcome": REJECTED, "at": at}) for row, at in days]
    await desk.registers[SETTLED].write(settled)
    await desk.paying.order()
    assert [await desk.open(row) for row in rows] == [REJECTED, False]
    due = {"_id": {"$in": rows}}
    await desk.registers[TRANSFERS].update(due, {"$set": {"due": now}})
    await desk.paying.order()
    assert [await Bank(desk.part.url).standing(row) for row in rows] == [None, None]


async def test_who_fetches_money_late_keeps_nobody_else_waiting(desk: Desk) -> None:
    """A payment at a counter is asked about once a minute, for weeks."""
    late, other = await desk.order(tries=30_000), await desk.order()

    async def paid() -> bool:
        await desk.paying.order()
        await desk.paying.listen()
        return not await desk.open(late) and not await desk.open(other)

    await eventually(paid)
    assert await desk.outcomes(late) == await desk.outcomes(other) == ["paid"]


@pytest.mark.parametrize("tries", [0, 1, 5, 10, 1100, 10**6])
def test_pauses_grow_to_a_minute(tries: int) -> None:
    assert pause_after(tries, 2.0) == (LONGEST_PAUSE if tries >= 5 else 2.0 * 2**tries)
    assert timedelta(seconds=pause_after(tries, 1e-9)) <= timedelta(seconds=LONGEST_PAUSE)
