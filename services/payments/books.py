"""Whether the books balance, as a metric: what the ledger holds, whoever wrote it there."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.chassis import metrics
from services.chassis.registers import Registers
from services.chassis.runtime import Runtime
from services.payments.ledger import LEDGER

UNBALANCED = {"$expr": {"$ne": [{"$sum": "$lines.debit"}, {"$sum": "$lines.credit"}]}}
OBSERVE_SECONDS = 5.0
"""How often it is looked whether the books balance, at most."""
_REST = 100
"""How many times as long as a look took until the next one: it takes 1 % of a core at most."""


class Books:
    """Counts the postings whose debits are not their credits.

    The whole ledger is looked at, because a wrong posting stays wrong until somebody corrects it. A
    million postings take the store about a second.
    """

    def __init__(self) -> None:
        self._rests_until = 0.0

    async def observe(self, registers: Registers) -> None:
        """Set the metric, unless the last look was a short while ago. Raises `StoreUnavailable`."""
        started = time.monotonic()
        if started < self._rests_until:
            return
        metrics.UNBALANCED.labels("payments").set(await registers[LEDGER].count(UNBALANCED))
        ended = time.monotonic()
        self._rests_until = ended + _REST * (ended - started)


@asynccontextmanager
async def books(runtime: Runtime) -> AsyncIterator[None]:
    """Look at the books while the service runs."""
    runtime.every(OBSERVE_SECONDS, partial(Books().observe, runtime.registers))
    yield
