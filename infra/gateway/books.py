"""The bank's books: what was ordered, what became of it, and every movement of money.

In a SQLite file, for a bank that was killed still knows what it has paid. What is taken is on the
disk before it is acknowledged; a payment, its movement and its line of the statement are one
transaction.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.gateway.faults import Faults, Sandbox, sandbox

Status = Literal["accepted", "paid", "rejected"]
PAGE = 500
"""Lines of the statement in one answer."""


class Order(BaseModel):
    """What is to be paid; amounts in dong."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(ge=1)
    payee: str = Field(min_length=1)
    about: str = Field(min_length=1)
    payout: dict[str, str]


class Books:
    """The payments of one bank. Times are seconds since the epoch, by the caller's clock."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def take(self, id: str, order: Order, now: float) -> tuple[sqlite3.Row, bool]:
        """Return the payment under this id and whether it is new.

        Raises `ValueError` where the id came with another order before.
        """
        text, behaves = order.model_dump_json(), sandbox(order.payout)
        with self._transaction():
            known = self.payment(id)
            if known is not None:
                if known["body"] != text:
                    raise ValueError("this id came with another order before")
                return known, False
            delay = self.faults().delay + behaves.delay
            self._database.execute(
                "INSERT INTO payments (id, body, reference, status, due) VALUES (?, ?, ?, ?, ?)",
                (id, text, _reference(id), "accepted", now + delay),
            )
            taken = self.payment(id)
            assert taken is not None
            return taken, True

    def payment(self, id: str) -> sqlite3.Row | None:
        """Return a payment, or None."""
        found = self._database.execute("SELECT * FROM payments WHERE id = ?", (id,))
        row: sqlite3.Row | None = found.fetchone()
        return row

    def settle(self, now: float) -> int:
        """Carry out what is due, each payment in one transaction; return how many."""
        due = self._database.execute("SELECT id FROM payments WHERE due <= ?", (now,)).fetchall()
        for (id,) in due:
            with self._transaction():
                self._settle(id, now)
        return len(due)

    def statement(self, after: int) -> list[sqlite3.Row]:
        """Return lines after this number, oldest first."""
        return self._database.execute(
            "SELECT s.n, s.status, s.cause, s.settled_at, p.id, p.reference"
            " FROM statement s JOIN payments p ON p.id = s.payment WHERE s.n > ?"
            " ORDER BY s.n LIMIT ?",
            (after, PAGE),
        ).fetchall()

    def movements(self) -> list[sqlite3.Row]:
        """Return every movement of money out of the bank, for those who check its books."""
        return self._database.execute("SELECT * FROM movements ORDER BY n").fetchall()

    def faults(self) -> Faults:
        """Return the faults that are turned on."""
        row = self._database.execute("SELECT body FROM faults").fetchone()
        return Faults.model_validate_json(row["body"]) if row else Faults()

    def turn(self, faults: Faults) -> None:
        """Turn faults on, or all of them off."""
        with self._transaction():
            self._database.execute("DELETE FROM faults")
            self._database.execute("INSERT INTO faults VALUES (?)", (faults.model_dump_json(),))

    def _settle(self, id: str, now: float) -> None:
        payment = self.payment(id)
        assert payment is not None
        order = Order.model_validate_json(payment["body"])
        behaves, faults = sandbox(order.payout), self.faults()
        rejected = behaves.rejects if payment["status"] == "accepted" else None
        status: Status = "rejected" if rejected else "paid"
        settled_at = datetime.fromtimestamp(now, UTC).isoformat()
        after_all = (
            now + behaves.changes_its_mind if rejected and behaves.changes_its_mind else None
        )
        self._database.execute(
            "UPDATE payments SET status = ?, cause = ?, settled_at = ?, due = ? WHERE id = ?",
            (status, rejected, settled_at, after_all, id),
        )
        if status == "paid":
            self._database.execute(
                "INSERT INTO movements (payment, amount, about, settled_at) VALUES (?, ?, ?, ?)",
                (id, order.amount, order.about, settled_at),
            )
        for _ in range(_lines(id, behaves, faults)):
            self._database.execute(
                "INSERT INTO statement (payment, status, cause, settled_at) VALUES (?, ?, ?, ?)",
                (id, status, rejected, settled_at),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def standing(row: sqlite3.Row) -> dict[str, Any]:
    """Return what the bank says of a payment, from its row or a line of the statement."""
    return {
        "payment_id": row["id"],
        "status": row["status"],
        "reference": row["reference"],
        "settled_at": row["settled_at"],
        "cause": row["cause"],
    }


def _lines(id: str, behaves: Sandbox, faults: Faults) -> int:
    """Return how often the statement tells of a payment: once, unless a fault is turned on."""
    if behaves.loses_confirmation or faults.strikes("lost", id):
        return 0
    return 2 if behaves.confirms_twice or faults.strikes("doubled", id) else 1


def _reference(id: str) -> str:
    return f"FT{hashlib.sha256(id.encode()).hexdigest()[:12].upper()}"


_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, reference TEXT NOT NULL, status TEXT NOT NULL,
    cause TEXT, settled_at TEXT, due REAL
);
CREATE INDEX IF NOT EXISTS due ON payments (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS statement (
    n INTEGER PRIMARY KEY AUTOINCREMENT, payment TEXT NOT NULL, status TEXT NOT NULL, cause TEXT,
    settled_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS movements (
    n INTEGER PRIMARY KEY AUTOINCREMENT, payment TEXT NOT NULL, amount INTEGER NOT NULL,
    about TEXT NOT NULL, settled_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS faults (body TEXT NOT NULL);
"""
