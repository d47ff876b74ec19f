"""The people of the written declarations, and the understudies of those whom they are about.

A child is known by its mother (or its father, where no mother is named, and by both where no
document has a number), day and order of birth, and everybody dies once. So that the same
declarations can be sent again and again to one running stack, each such parent, and each of the
deceased, is in the register 25 times, and each run takes the next of them: the identifier
ends in the run's number (declarations/README.md).
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from contracts.common.people import Person

DECLARATIONS = Path(__file__).with_name("declarations")
UNDERSTUDIES = 25
ALL_RUNS = range(UNDERSTUDIES)
_DIGITS = 3
_WITHOUT_NUMBER = ("witness", "commitment")


@cache
def people() -> tuple[Person, ...]:
    """Return the people as they are written in `people.ndjson`."""
    with (DECLARATIONS / "people.ndjson").open(encoding="utf-8") as lines:
        return tuple(Person.model_validate_json(line) for line in lines)


@cache
def leads() -> frozenset[str]:
    """Return the identifiers of all written people by whom a child is known, or who die."""
    known = {person.personal_id for person in people()}
    named = set()
    for path in DECLARATIONS.glob("*/*.json"):
        form = json.loads(path.read_text(encoding="utf-8"))["declaration"]["form"]
        both = [form[role] for role in ("mother", "father") if form.get(role)]
        without_number = form.get("evidence", {}).get("kind") in _WITHOUT_NUMBER
        known_by = both if without_number else both[:1]
        named |= {parent.get("personal_id") for parent in known_by} | {form.get("deceased")}
    return frozenset(known & named)


def understudy(personal_id: str, run: int) -> str:
    """Return the identifier that this person has in a run: that of a lead changes."""
    if personal_id not in leads():
        return personal_id
    return f"{personal_id[:-_DIGITS]}{run % UNDERSTUDIES:0{_DIGITS}d}"


def everybody(runs: Sequence[int] = ALL_RUNS) -> Iterator[Person]:
    """Yield the written people, with the understudies of these runs."""
    for person in people():
        numbers = runs if person.personal_id in leads() else (0,)
        for number in numbers:
            changes: dict[str, Any] = {"personal_id": understudy(person.personal_id, number)}
            if person.household_owner == person.personal_id:
                changes["household_owner"] = changes["personal_id"]
            yield person.model_copy(update=changes)
