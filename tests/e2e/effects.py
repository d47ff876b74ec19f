"""What must hold of the registers of all agencies, whatever happened on the way."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contracts.birth import process as birth
from tests.e2e.city import City

Document = Mapping[str, Any]

REGISTERS = {
    birth.BIRTH: ("civil-status", "births"),
    birth.IDENTIFIER: ("population", "persons"),
    birth.RESIDENCE: ("residence", "residents"),
    birth.HEALTH_CARD: ("social-insurance", "cards"),
    birth.IDENTITY_CARD: ("population", "identity-cards"),
}
"""Where a granted procedure has its one row."""
POSTINGS = {birth.PREMIUM: "premium"}


def contradictions(city: City) -> list[str]:
    """Return whatever is not as each child's one registration, identifier, card and premium ask."""
    cases = {row["_id"]: row for row in city.rows("portal", "cases")}
    found = [
        fault
        for procedure, (service, register) in REGISTERS.items()
        for fault in _compared(
            procedure, cases, Counter(row["_case"] for row in city.rows(service, register))
        )
    ]
    ledger = city.rows("payments", "ledger")
    for procedure, what in POSTINGS.items():
        posted = Counter(row["_case"] for row in ledger if row["what"] == what)
        found += _compared(procedure, cases, posted)
    found += [f"posting {row['_id']} does not balance" for row in ledger if not _balances(row)]
    cards, births = city.rows("social-insurance", "cards"), city.rows("civil-status", "births")
    found += _twice("a card for", (row["personal_id"] for row in cards))
    found += _twice("a registration of the child", (_child(row) for row in births))
    return found


def _compared(procedure: str, cases: Mapping[str, Document], rows: Mapping[str, int]) -> list[str]:
    granted = {
        case_id
        for case_id, case in cases.items()
        if case["ended"].get(procedure, {}).get("state") == "granted"
    }
    ours = {case_id: number for case_id, number in rows.items() if case_id in cases}
    return [
        f"{procedure}: {ours.get(case_id, 0)} rows of case {case_id}"
        for case_id in granted | ours.keys()
        if ours.get(case_id, 0) != (case_id in granted)
    ]


def _balances(posting: Document) -> bool:
    lines = posting["lines"]
    return bool(sum(line["debit"] for line in lines) == sum(line["credit"] for line in lines) > 0)


def _child(row: Document) -> str:
    """Return what tells a child apart; a foundling, which has no mother, by its registration."""
    mother = row["mother_id"]
    return f"{mother}/{row['born_on']}/{row['birth_order']}" if mother else str(row["_id"])


def _twice(what: str, values: Iterable[str]) -> list[str]:
    return [f"{what} {value}: {n}" for value, n in Counter(values).items() if n > 1]
