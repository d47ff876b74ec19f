"""The bank's side of payouts: what it has paid, against what was decided."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from infra.gateway.faults import Faults
from infra.local import Stack, plain_http
from infra.local.ports import GATEWAY
from tests.faults.snapshot import Row, Snapshot


async def movements(stack: Stack) -> list[Row]:
    """Every movement of money out of the bank, by its own books."""
    async with plain_http.client(stack.url(GATEWAY)) as bank:
        found: list[Row] = (await bank.get("/movements")).json()
        return found


async def turn(stack: Stack, **faults: Any) -> None:
    """Turn these faults of the bank on, and all others off."""
    async with plain_http.client(stack.url(GATEWAY)) as bank:
        (await bank.put("/faults", json=Faults(**faults).model_dump())).raise_for_status()


def wrongly_paid(found: Snapshot, moved: Sequence[Row]) -> list[str]:
    """Return what is wrong with the money: out of the bank = confirmed, each once.

    That is what was granted and not cancelled before it was paid, and what is claimed back since.
    """
    return [*_moved(found, moved), *_confirmed(found, moved), *_waiting(found)]


def _moved(found: Snapshot, moved: Sequence[Row]) -> Iterator[str]:
    ledger = found.rows("payments", "ledger")
    never = {row["about"] for row in ledger if row["what"] == "benefit-cancellation"}
    granted = Counter(
        (row["_id"], row["amount"])
        for row in found.rows("social-insurance", "benefits")
        if row["_id"] not in never
    )
    paid = Counter((row["about"], row["amount"]) for row in moved)
    for decision, amount in granted.keys() | paid.keys():
        times = paid[decision, amount]
        if times != granted[decision, amount]:
            yield f"benefit {decision} of {amount} left the bank {times} times"


def _confirmed(found: Snapshot, moved: Sequence[Row]) -> Iterator[str]:
    ledger = found.rows("payments", "ledger")
    confirmed = Counter(row["about"] for row in ledger if row["what"] == "payout")
    paid = Counter(row["payment"] for row in moved)
    for payment in confirmed.keys() | paid.keys():
        if confirmed[payment] != paid[payment]:
            yield f"payment {payment}: {paid[payment]} paid, {confirmed[payment]} confirmed"
    yield from (f"paid besides: {row['_id']}" for row in ledger if row["what"] == "overpayment")
    owed = sum(
        line["credit"] - line["debit"]
        for row in ledger
        for line in row["lines"]
        if line["account"] == "benefits-payable"
    )
    if owed:
        yield f"{owed} dong are owed, and all cases have ended"


def _waiting(found: Snapshot) -> Iterator[str]:
    for row in found.rows("payments", "transfers"):
        if row["open"]:
            yield f"payment {row['_id']} is still open"
