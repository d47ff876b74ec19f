"""What newborns and recorded people share: the claim on an identifier, and the row of a person."""

from collections.abc import Mapping
from typing import Any

from services.chassis.procedure import Record

IDENTIFIER = "personal-id"
"""The kind of claim that no two people share. It is never released: identifiers are not reused."""


def person_record(personal_id: str, fields: Mapping[str, Any]) -> Record:
    """Return the row of a person in the register `persons`."""
    return Record("persons", personal_id, fields)
