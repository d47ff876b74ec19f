"""How many payments wait for the bank's word, and since when the first of them, as metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from services.chassis import metrics
from services.chassis.registers import Registers
from services.chassis.runtime import Runtime
from services.payments.transfers import TRANSFERS

OBSERVE_SECONDS = 5.0
OPEN = {"open": True}


class Waiting:
    """Looks at the orders that are open: at few rows, by an index."""

    def __init__(self, registers: Registers, clock: Callable[[], datetime]) -> None:
        self._rows, self._clock = registers[TRANSFERS], clock

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._rows.index([("open", 1), ("ordered_at", 1)])

    async def observe(self) -> None:
        """Set the metrics. Raises `StoreUnavailable`."""
        now = self._clock()
        ordered = {**OPEN, "ordered_at": {"$lte": now}}
        first = await self._rows.find(ordered, ["ordered_at"], sort=[("ordered_at", 1)], limit=1)
        age = (now - first[0]["ordered_at"]).total_seconds() if first else 0.0
        metrics.PAYMENTS_WAITING.labels("payments").set(await self._rows.count(OPEN))
        metrics.OLDEST_PAYMENT_SECONDS.labels("payments").set(age)


@asynccontextmanager
async def waiting(runtime: Runtime) -> AsyncIterator[None]:
    """Look at the open orders while the service runs."""
    looking = Waiting(runtime.registers, runtime.clock.now)
    runtime.before_consuming(looking.prepare)
    runtime.every(OBSERVE_SECONDS, looking.observe)
    yield
