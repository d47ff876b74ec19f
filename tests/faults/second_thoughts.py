"""What must hold of second thoughts whatever happened: what is void stands nowhere, and nobody has
kept an old copy. Pure, as the other invariants.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from contracts.compensation.events import (
    BenefitCancelled,
    BirthCorrected,
    DeathCorrected,
    DeclarationWithdrawn,
    HealthCardCancelled,
    HealthCardCorrected,
    PayoutRefused,
    PremiumAdjusted,
    PremiumRecovered,
    RecoveryClaimed,
    RegistrationRevoked,
)
from contracts.envelope import Event
from tests.faults.snapshot import Row, Snapshot

STANDING = (
    ("civil-status", "births"),
    ("population", "persons"),
    ("population", "identity-cards"),
    ("residence", "residents"),
    ("social-insurance", "cards"),
    ("civil-status", "deaths"),
    ("population", "deceased"),
    ("residence", "removals"),
    ("social-insurance", "benefits"),
)
"""The registers whose rows become void with a registration."""
USED_UP = (
    *("registration-number/", "personal-id/", "social-insurance-number/"),
    *("decision-number/", "confirmation-number/"),
)
"""What nobody else is given, though what it was given for is void."""
Told = Mapping[str, list[dict[str, Any]]]


def stands(row: Row) -> bool:
    """Return whether a row is of something that is not void."""
    return not row.get("cancelled") and not row.get("revoked_by")


def broken(found: Snapshot) -> Iterator[str]:
    """Yield what is wrong."""
    revoked = told(found, "civil-status", RegistrationRevoked)
    yield from _void(found, revoked)
    yield from _released(found, revoked, told(found, "civil-status", DeclarationWithdrawn))
    yield from _copies(found, revoked)
    yield from _recovered(found)


def told(found: Snapshot, service: str, event: type[Event]) -> Told:
    """Return the data of all events of a type that a service has said, by case, in its order."""
    said: dict[str, list[dict[str, Any]]] = {}
    for case_id, entries in found.journals[service].items():
        for entry in entries:
            for each in entry.events:
                if each["type"] == event.type:
                    said.setdefault(case_id, []).append(from_json(each["value"])["data"])
    return said


def _void(found: Snapshot, revoked: Told) -> Iterator[str]:
    """Of a revoked registration nothing stands, and of no other anything is void."""
    for case_id, said in revoked.items():
        if len(said) > 1:
            yield f"case {case_id} was revoked {len(said)} times"
    cases = {row["_id"] for row in found.rows("portal", "cases")}
    for service, register in STANDING:
        for row in found.rows(service, register):
            if row["_case"] in cases and stands(row) == (row["_case"] in revoked):
                state = "stands" if stands(row) else "is void"
                yield f"{register} {row['_id']} {state}, revoked: {row['_case'] in revoked}"


def _released(found: Snapshot, *gone: Told) -> Iterator[str]:
    """A withdrawn or revoked case holds nothing that another may need."""
    cases = {case_id for each in gone for case_id in each}
    for service in found.collections:
        for row in found.rows(service, "claims"):
            if row["owner"]["case_id"] in cases and not row["_id"].startswith(USED_UP):
                yield f"{service}: {row['_id']} is held by {row['owner']['case_id']}, which is void"


def _copies(found: Snapshot, revoked: Told) -> Iterator[str]:
    """Whoever copied a registration has what was corrected last."""
    births, deaths = (
        told(found, "civil-status", event) for event in (BirthCorrected, DeathCorrected)
    )
    for service, register in (("population", "persons"), ("residence", "residents")):
        for row in found.rows(service, register):
            for correction in births.get(row["_case"], [])[-1:]:
                child = correction["child"]
                if (row["full_name"], row["born_on"]) != (child["full_name"], child["born_on"]):
                    yield f"{register} {row['_id']} has an old copy of the birth"
    for row in found.rows("social-insurance", "cards"):
        for correction in births.get(row["_case"], [])[-1:]:
            if row["valid_from"] != correction["child"]["born_on"]:
                yield f"card {row['_id']} has an old copy of the birth"
    for service in ("population", "portal"):
        for row in found.rows(service, "deceased"):
            for correction in deaths.get(row["_case"], [])[-1:]:
                if stands(row) and row["deceased_on"] != correction["died_on"]:
                    yield f"{service}'s deceased {row['_id']} has an old copy of the death"
    for row in found.rows("portal", "deceased"):
        if row.get("cancelled", False) != (row["_case"] in revoked):
            yield f"the door holds {row['personal_id']} as deceased: {not row.get('cancelled')}"


def _recovered(found: Snapshot) -> Iterator[str]:
    """What was given for something void is claimed back, once; and what is told is posted.

    A benefit that is void is claimed back where the bank has paid it, and else owed no more.
    """
    ledger = found.rows("payments", "ledger")
    paid = {row["_case"] for row in ledger if row["what"] == "payout"}
    let_go = Counter(row["_case"] for row in ledger if row["what"] == "benefit-cancellation")
    cancelled = told(found, "social-insurance", BenefitCancelled)
    refused = told(found, "payments", PayoutRefused)
    claimed = told(found, "payments", RecoveryClaimed)
    posted = Counter(
        (row["about"], row["lines"][0]["debit"])
        for row in ledger
        if row["what"] == "benefit-recovery"
    )
    for case_id, (benefit, *_) in cancelled.items():
        key = benefit["decision_number"], benefit["amount"]
        times = len(claimed.get(case_id, [])), posted[key]
        if times != ((0, 0) if case_id in refused else (1, 1)):
            yield f"benefit {key[0]} was cancelled, and claimed and posted {times} times"
        if (case_id in claimed) != (case_id in paid):
            yield f"benefit {key[0]} was cancelled: paid {case_id in paid}, and not claimed so"
        if let_go[case_id] != (case_id in refused):
            yield f"benefit {key[0]} was cancelled, and owed no more {let_go[case_id]} times"
    for case_id in claimed.keys() - cancelled:
        yield f"case {case_id} claims back what was not cancelled"
    changes = {*told(found, "social-insurance", HealthCardCancelled)}
    changes |= {*told(found, "social-insurance", HealthCardCorrected)}
    moved = {*told(found, "payments", PremiumRecovered), *told(found, "payments", PremiumAdjusted)}
    for case_id in moved - changes:
        yield f"the premium of case {case_id} has changed, and its card has not"
    for case_id in told(found, "social-insurance", HealthCardCancelled):
        if case_id not in told(found, "payments", PremiumRecovered):
            yield f"the card of case {case_id} is void, and the budget has nothing back"
