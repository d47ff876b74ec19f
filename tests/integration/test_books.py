"""The books are looked at where they are kept: in the ledger, whoever wrote there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from prometheus_client import REGISTRY

from infra.local import Stack
from services.chassis.registers import Registers
from services.chassis.store import Insert, Store
from services.payments.books import Books
from services.payments.ledger import LEDGER
from tests.unit.births import form, submitted
from tests.unit.fees import after


@pytest_asyncio.fixture
async def registers(servers: Stack) -> AsyncIterator[Registers]:
    """A database with one posting that balances."""
    store = Store(servers.addresses.mongo, "test_books")
    registers = Registers(store)
    desk = after(submitted(form(certificate_copies=2)))
    await registers[LEDGER].delete({})
    await registers[LEDGER].write([Insert("case-1/fees", desk.row(LEDGER))])
    yield registers
    store.close()


def unbalanced() -> float | None:
    return REGISTRY.get_sample_value("onestop_unbalanced_postings", {"service": "payments"})


def lines(*amounts: tuple[int, int]) -> dict[str, Any]:
    return {"lines": [{"account": "any", "debit": d, "credit": c} for d, c in amounts]}


async def test_postings_whose_debits_are_not_their_credits_are_counted(
    registers: Registers,
) -> None:
    await Books().observe(registers)
    assert unbalanced() == 0
    wrong = [lines((5, 0), (0, 4)), lines((0, 1))]
    right = [lines((5, 0), (0, 3), (0, 2)), lines()]
    rows = [Insert(f"case-2/{n}", row) for n, row in enumerate([*wrong, *right])]
    await registers[LEDGER].write(rows)
    await Books().observe(registers)
    assert unbalanced() == len(wrong)


async def test_after_a_look_it_rests(registers: Registers) -> None:
    books = Books()
    await books.observe(registers)
    await registers[LEDGER].write([Insert("case-3/fees", lines((1, 0)))])
    await books.observe(registers)
    assert unbalanced() == 0
