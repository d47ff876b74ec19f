"""Payments that wait for the bank are counted where they stand: as open rows of `transfers`."""

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from infra.local import Stack
from services.chassis.registers import Registers
from services.chassis.store import Insert, Store
from services.payments.transfers import TRANSFERS
from services.payments.waiting import Waiting

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WAITING = "onestop_payments_waiting"
OLDEST = "onestop_oldest_waiting_payment_seconds"


def told() -> tuple[float | None, float | None]:
    labels = {"service": "payments"}
    return REGISTRY.get_sample_value(WAITING, labels), REGISTRY.get_sample_value(OLDEST, labels)


def order(payment: str, days: int, *, open: bool) -> Insert:
    return Insert(payment, {"open": open, "ordered_at": NOW - timedelta(days=days)})


async def test_the_open_ones_are_counted_and_the_age_is_that_of_the_first(servers: Stack) -> None:
    store = Store(servers.addresses.mongo, "test_waiting_payments")
    registers = Registers(store)
    rows = registers[TRANSFERS]
    await rows.delete({})
    looking = Waiting(registers, lambda: NOW)
    await looking.prepare()
    await looking.observe()
    assert told() == (0, 0)
    of_an_earlier_release = Insert("case-4.1", {"open": True})
    paid, oldest, newest = (
        order(f"case-{n}.1", days, open=n > 1) for n, days in ((1, 9), (2, 3), (3, 1))
    )
    await rows.write([paid, oldest, newest, of_an_earlier_release])
    await looking.observe()
    assert told() == (3, timedelta(days=3).total_seconds())
    await rows.update({"_id": "case-2.1"}, {"$set": {"open": False}})
    await looking.observe()
    assert told() == (2, timedelta(days=1).total_seconds())
    store.close()
