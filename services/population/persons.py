"""What is said of persons in more than one procedure: what is claimed of them, and their row."""

from collections.abc import Mapping
from typing import Any

from services.chassis.procedure import Claim, Record

IDENTIFIER = "personal-id"
"""The kind of claim that no two people share. It is never released: identifiers are not reused."""

DECEASED = "deceased"
"""The kind of claim that marks a person deceased. It is released where a court revokes the
death, or where imports that had named it do so no more."""


def deceased_claim(personal_id: str) -> Claim:
    """Return what is claimed by who marks this person deceased: everybody dies once."""
    return Claim(DECEASED, personal_id)


def person_record(personal_id: str, fields: Mapping[str, Any]) -> Record:
    """Return the row of a person in the register `persons`, who is one unless that is said."""
    return Record("persons", personal_id, {"cancelled": False, **fields})
