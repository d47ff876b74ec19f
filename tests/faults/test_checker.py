"""The checker itself: of a system that is whole it says nothing, and every damage it sees."""

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.chassis.journal import entry_from
from tests.faults.city import City
from tests.faults.invariants import broken
from tests.faults.snapshot import Snapshot


@pytest.fixture(scope="module")
async def whole(city: City) -> bytes:
    """A snapshot, to be taken apart again and again."""
    await city.flow.publish(20)
    return pickle.dumps(await city.assert_whole())


def drop(service: str, collection: str) -> Callable[[Snapshot], None]:
    """Lose a row."""

    def damage(found: Snapshot) -> None:
        del found.collections[service][collection][-1]

    return damage


def twice(service: str, collection: str) -> Callable[[Snapshot], None]:
    """Have a row twice, under another key."""

    def damage(found: Snapshot) -> None:
        rows = found.collections[service][collection]
        rows.append({**rows[-1], "_id": "another"})

    return damage


def another_case(service: str, collection: str) -> Callable[[Snapshot], None]:
    """Let a row belong to a case that nobody knows."""

    def damage(found: Snapshot) -> None:
        found.collections[service][collection][-1]["_case"] = "nobody"

    return damage


def status(value: str) -> Callable[[Snapshot], None]:
    """Let a case have another status."""

    def damage(found: Snapshot) -> None:
        found.collections["portal"]["cases"][-1]["status"] = value

    return damage


def void(service: str, register: str) -> Callable[[Snapshot], None]:
    """Let a row be void although nobody has revoked what it is of."""

    def damage(found: Snapshot) -> None:
        cases = {row["_id"] for row in found.rows("portal", "cases")}
        rows = found.collections[service][register]
        row = next(row for row in rows if row["_case"] in cases)
        row["revoked_by" if register == "births" else "cancelled"] = "17/2026"

    return damage


def unbalanced(found: Snapshot) -> None:
    found.collections["payments"]["ledger"][-1]["lines"][0]["debit"] += 1


def posting(what: str, amount: int | None) -> Callable[[Snapshot], None]:
    """Lose a posting of that kind, or let it be of another amount on both sides."""

    def damage(found: Snapshot) -> None:
        ledger = found.collections["payments"]["ledger"]
        row = next(row for row in ledger if row["what"] == what)
        ledger.remove(row)
        if amount is not None:
            lines = [
                {**line, **{s: amount for s in line if line[s] and s != "account"}}
                for line in row["lines"]
            ]
            ledger.append({**row, "lines": lines})

    return damage


def put_aside(found: Snapshot) -> None:
    letter = {"_id": "payments.events/1/1", "status": "dead", "reason": "none", "key": b"a"}
    found.collections["payments"].setdefault("dead_letters", []).append(letter)


def unpublished(found: Snapshot) -> None:
    value = found.topics["population"][-1].value
    found.topics["population"] = [m for m in found.topics["population"] if m.value != value]


def forged(found: Snapshot) -> None:
    last = found.topics["residence"][-1]
    found.topics["residence"].append(replace(last, value=last.value + b" "))


def never_decided(found: Snapshot) -> None:
    last = found.topics["residence"][-1]
    found.topics["residence"].append(replace(last, id="another", value=last.value + b" "))


def lost_entry(found: Snapshot) -> None:
    cases = found.journals["civil-status"]
    cases.pop(next(reversed(cases)))


def heard_twice(found: Snapshot) -> None:
    entries = next(iter(found.journals["residence"].values()))
    entries[-1].heard.append(entries[0].heard[0])


def changed_entry(found: Snapshot) -> None:
    entries = next(iter(found.journals["payments"].values()))
    entries[0] = replace(entries[0], state=b"{}")


def gap(found: Snapshot) -> None:
    (entries, *_) = [each for each in found.journals["payments"].values() if len(each) > 1]
    entries[1] = entry_from({**entries[1].document(), "n": 3})


DAMAGES: dict[str, Callable[[Snapshot], None]] = {
    "a lost case": drop("portal", "cases"),
    "a case that is not finished": status("in-progress"),
    "a case that ended otherwise": status("refused"),
    "a lost registration": drop("civil-status", "births"),
    "a second registration": twice("civil-status", "births"),
    "a lost person": drop("population", "persons"),
    "a second identifier": twice("population", "persons"),
    "a lost resident": drop("residence", "residents"),
    "a second resident": twice("residence", "residents"),
    "a lost card": drop("social-insurance", "cards"),
    "a second card": twice("social-insurance", "cards"),
    "another's card": another_case("social-insurance", "cards"),
    "a second premium": twice("payments", "ledger"),
    "a posting without balance": unbalanced,
    "lost fees": posting("fees", None),
    "other fees": posting("fees", 1),
    "a letter": put_aside,
    "a lost claim": drop("civil-status", "claims"),
    "a claim of nobody": twice("population", "claims"),
    "an event that was not published": unpublished,
    "an event in two versions": forged,
    "an event that nobody decided": never_decided,
    "a lost journal": lost_entry,
    "an event heard twice": heard_twice,
    "a changed entry": changed_entry,
    "a missing entry": gap,
    "a card that is void": void("social-insurance", "cards"),
    "a birth that is void": void("civil-status", "births"),
    "a person who is deceased no more": void("population", "deceased"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_every_damage_is_seen(city: City, whole: bytes, damage: str) -> None:
    found: Snapshot = pickle.loads(whole)
    DAMAGES[damage](found)
    assert broken(found, city.flow.outcomes) != []
