"""Beside the loop: orders go to the bank, and what it says comes back as events.

An order is a row of `transfers`, an effect of the entry that ordered it; so nothing is asked of the
bank that is not in the journal, and what is not acknowledged is asked again. What the bank says is
published, and is decided upon as every event: its id and its bytes follow from what the bank said,
so that it is one event however often it was said, and by whichever way.

Nothing here is decided, and nothing kept that would be missed: a row's `open`, `due` and `tries`,
and how far the statement was read, only spare the bank the same question. What the bank has settled
is in the journal, and so in a register: whatever was restored, it is not ordered again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.catalogue import topic_of
from contracts.death.events import PaymentReported
from contracts.envelope import envelope_of
from services.chassis.consumer import from_outside
from services.chassis.encoding import Document
from services.chassis.message import Outgoing
from services.chassis.runtime import Runtime
from services.payments.bank import (
    Bank,
    BankSettings,
    BankUnavailable,
    Order,
    Standing,
    settings_from,
)
from services.payments.transfers import REJECTED, SETTLED, TRANSFERS

log = logging.getLogger(__name__)

SOURCE = "/bank"
AT_ONCE = 200
"""Orders that are looked at together."""
_REQUESTS = 16
LONGEST_PAUSE = 60.0
"""Seconds after which a payment is asked about again at the latest."""
DOUBTED = timedelta(days=10)
"""For so long after it was rejected a payment is asked about: a bank may pay it after all, and the
line of its statement that says so may be lost. An assumption of ours."""
_NAMESPACE = uuid5(NAMESPACE_URL, SOURCE)
_TOPIC = topic_of(PaymentReported)
_READ = "statement"


class Paying:
    """Works through the open orders of one service, and reads the bank's statement."""

    def __init__(self, runtime: Runtime, bank: Bank, settings: BankSettings) -> None:
        self._rows, self._settled = runtime.registers[TRANSFERS], runtime.registers[SETTLED]
        self._read = runtime.store.collection("bank")
        self._bank, self._settings = bank, settings
        self._publisher, self._clock = runtime.publisher, runtime.clock.now
        self._requests = asyncio.Semaphore(_REQUESTS)

    async def prepare(self) -> None:
        """Create the index. Raises `StoreUnavailable`."""
        await self._rows.index([("open", 1), ("due", 1)])

    async def order(self) -> None:
        """Speak to the bank about every open order that is due.

        Raises `StoreUnavailable` and `BrokerUnavailable`, after which it is done again.
        """
        due = {"open": {"$in": [True, REJECTED]}, "due": {"$lte": self._clock()}}
        rows = await self._asked(await self._rows.find(due, sort=[("due", 1)], limit=AT_ONCE))
        standings = await asyncio.gather(*map(self._standing, rows))
        await self._report(
            (row, standing) for row, standing in zip(rows, standings, strict=True) if standing
        )

    async def _asked(self, rows: Sequence[Document]) -> list[Document]:
        """Return the rows about which the bank is to be asked, and close the others.

        A row that was made anew of the journal is open, whatever the bank has said since.
        """
        if not rows:
            return []
        these = {"_id": {"$in": [row["_id"] for row in rows]}}
        settled = {row["_id"]: row for row in await self._settled.find(these, ["outcome", "at"])}
        over, asked, rejected = [], [], []
        for row in rows:
            said = settled.get(row["_id"])
            if said is None:
                asked.append(row)
            elif said["outcome"] == REJECTED and said["at"] > self._clock() - DOUBTED:
                asked.append({**row, "open": REJECTED})
                if row["open"] is True:
                    rejected.append(row["_id"])
            else:
                over.append(row["_id"])
        await self._note_rejected(rejected)
        await self._close(over)
        return asked

    async def listen(self) -> None:
        """Read the statement on from where it was read last.

        Raises `BankUnavailable`, `StoreUnavailable` and `BrokerUnavailable`, after which the same
        lines are read again. A line about what we did not order is none of our business.
        """
        found = await self._read.find({"_id": _READ})
        after = found[0]["next"] if found else 0
        statement = await self._bank.statement(after)
        if statement.next == after:
            return
        ids = {"_id": {"$in": [line.payment_id for line in statement.lines]}}
        rows = {row["_id"]: row for row in await self._rows.find(ids)}
        lines = (line for line in statement.lines if line.payment_id in rows)
        await self._report((rows[line.payment_id], line) for line in lines)
        await self._read.insert([{"_id": _READ, "next": after}])
        await self._read.update({"_id": _READ}, {"$max": {"next": statement.next}})

    async def _standing(self, row: Document) -> Standing | None:
        """Ask about an order that may have reached the bank; order what it does not know.

        That it is spoken about is noted first, for whoever comes after a crash in between: banks
        forget ids in time, and a question never pays. What was rejected is never ordered again.
        """
        rejected = row["open"] == REJECTED
        async with self._requests:
            pause = pause_after(row["tries"], self._settings.patience)
            later = {"due": self._clock() + timedelta(seconds=pause)}
            await self._rows.update({"_id": row["_id"]}, {"$set": later, "$inc": {"tries": 1}})
            try:
                known = row["tries"] or rejected
                standing = await self._bank.standing(row["_id"]) if known else None
                if standing or rejected:
                    return standing
                return await self._bank.order(order_of(row))
            except BankUnavailable as error:
                log.info("%s: %s", row["_id"], error)
                return None

    async def _report(self, said: Iterable[tuple[Document, Standing]]) -> None:
        """Publish what became of payments; when that is acknowledged, close the rows of those that
        were paid."""
        settled = [(row, standing) for row, standing in said if standing.settled_at]
        news = [(row, each) for row, each in settled if row["open"] != each.status]
        if not news:
            return
        await self._publisher.publish([message(row, standing) for row, standing in news])
        await self._note_rejected([row["_id"] for row, each in news if each.status == REJECTED])
        await self._close([row["_id"] for row, each in news if each.status != REJECTED])

    async def _note_rejected(self, ids: Sequence[str]) -> None:
        # Not of one that was paid meanwhile: an old line of the statement may be read again.
        if ids:
            open_ones = {"_id": {"$in": list(ids)}, "open": True}
            await self._rows.update(open_ones, {"$set": {"open": REJECTED}})

    async def _close(self, ids: Sequence[str]) -> None:
        if ids:
            await self._rows.update({"_id": {"$in": list(ids)}}, {"$set": {"open": False}})


def pause_after(tries: int, patience: float) -> float:
    """Return the seconds until a payment is asked about again: twice as many each time, up to
    `LONGEST_PAUSE`. Money that is fetched at a counter is asked about thousands of times."""
    return min(patience * float(1 << min(tries, 10)), LONGEST_PAUSE)


def order_of(row: Document) -> Order:
    """Return the order that a row stands for."""
    return Order(id=row["_id"], **{name: row[name] for name in Order.model_fields if name != "id"})


def message(row: Document, standing: Standing) -> Outgoing:
    """Return what the bank said as an event in the case: the same bytes whenever it says so."""
    said = PaymentReported.model_validate(
        {
            "payment_id": standing.payment_id,
            "outcome": standing.status,
            "reported_at": standing.settled_at,
            "reference": standing.reference,
            "cause": standing.cause,
        }
    )
    value = envelope_of(PaymentReported)(
        id=uuid5(_NAMESPACE, f"{said.payment_id}/{said.outcome}"),
        source=SOURCE,
        type=said.type,
        subject=row["case_id"],
        time=said.reported_at,
        group=row["group"],
        causationid=UUID(row["cause"]),
        correlationid=UUID(row["correlation"]),
        traceparent=row["traceparent"],
        data=said,
    ).encode()
    return from_outside(_TOPIC, row["case_id"], said.type, value)


@asynccontextmanager
async def paying(runtime: Runtime) -> AsyncIterator[None]:
    """Pay while the service runs. Raises `SettingsError`."""
    settings = settings_from()
    work = Paying(runtime, Bank(settings.address), settings)
    runtime.before_consuming(work.prepare)
    runtime.every(runtime.settings.source_interval, work.order)
    runtime.every(runtime.settings.source_interval, work.listen)
    yield
