"""Whether the books balance, as a metric: what the ledger holds, whoever wrote it there."""

import time

from services.chassis import metrics
from services.chassis.registers import Registers
from services.payments.ledger import LEDGER

UNBALANCED = {"$expr": {"$ne": [{"$sum": "$lines.debit"}, {"$sum": "$lines.credit"}]}}
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
