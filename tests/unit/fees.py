"""Fees to test with."""

from collections.abc import Iterable
from typing import Any

from contracts.birth.events import BirthRefused
from contracts.birth.process import GROUP
from contracts.common.events import FeeSettled
from contracts.envelope import Event
from contracts.model import Reason
from services.chassis.procedure import Record
from services.payments import birth
from services.payments.rules import RULES, PaymentRules
from tests.unit.births import TODAY, form, submitted
from tests.unit.driver import Desk

ABROAD = GROUP.bundle("born-abroad", TODAY)
LATE = {"born_on": "2026-09-20"}
ON_TIME = {"born_on": "2026-09-21"}
WHY = Reason(code="evidence-missing", vi="Không có giấy tờ.", en="Nothing proves the birth.")
REFUSED = BirthRefused(reason=WHY)
SURE = {"source": "test", "confidence": "high"}


def after(*events: Event, rules: PaymentRules = RULES) -> Desk:
    """Return the desk of fees after these events."""
    desk = Desk(birth.fee_settlement, rules)
    for event in events:
        desk.hear(event)
    return desk


def settled(rules: PaymentRules = RULES, **changes: Any) -> FeeSettled:
    """Return what a declaration costs; `form=` changes the form, the rest the event."""
    of = form(**changes.pop("form", {}))
    return after(submitted(of, **changes), rules=rules).said(FeeSettled)


def line(event: FeeSettled, code: str) -> tuple[int, int, int, str | None]:
    """Return tariff, waived, due and why of one fee."""
    (found,) = (line for line in event.lines if line.code == code)
    return found.tariff, found.waived, found.due, found.reason.code if found.reason else None


def measured(desk: Desk) -> dict[tuple[str, str], float]:
    """Return the money that was measured, by what it was for and the account it was debited to."""
    total: dict[tuple[str, str], float] = {}
    for measure in desk.measures:
        assert measure.metric == "amount"
        key = measure.labels["what"], measure.labels["account"]
        total[key] = total.get(key, 0) + measure.value
    return total


def balances(records: Iterable[Record]) -> dict[str, int]:
    """Return what each account has, debits less credits; every posting balances."""
    total: dict[str, int] = {}
    for record in records:
        assert record.register == "ledger"
        lines = record.row()["lines"]
        assert sum(line["debit"] for line in lines) == sum(line["credit"] for line in lines)
        assert all(min(line["debit"], line["credit"]) == 0 for line in lines)
        for line in lines:
            change = line["debit"] - line["credit"]
            total[line["account"]] = total.get(line["account"], 0) + change
    return total
