"""A birth form names countries that there are; what is stored may name any."""

from datetime import date
from typing import Any

import pytest

from contracts.birth.process import GROUP
from contracts.common.countries import CODES
from services.population.rules import RULES
from tests.unit.births import FOREIGN_MOTHER, abroad, form

DETAILS = FOREIGN_MOTHER["details"]


@pytest.mark.parametrize(
    ("of", "field"),
    [
        (form(child={"nationality": "ZZ"}), "child.nationality"),
        (abroad(child={"place": {"country": "UK", "detail": "London"}}), "child.place.country"),
        (
            abroad(evidence={"kind": "foreign-certificate", "country": "EU", "number": "1"}),
            "evidence.country",
        ),
        (form(mother={"details": DETAILS | {"nationality": "SU"}}), "mother.details.nationality"),
        (form(father={"details": DETAILS | {"nationality": "YU"}}), "father.details.nationality"),
    ],
)
def test_a_country_that_there_is_not_is_a_fault(of: dict[str, Any], field: str) -> None:
    (fault,) = GROUP.parse(of).faults(date(2026, 11, 20))
    assert fault.field == field
    assert fault.text.vi.startswith("Không có quốc gia nào mang mã ")
    assert fault.text.en.startswith("No country has the code ")


def test_other_countries_are_none() -> None:
    for of in (form(), abroad(), form(mother=FOREIGN_MOTHER)):
        assert list(GROUP.parse(of).faults(date(2026, 11, 20))) == []


def test_there_are_249_with_all_those_that_identifiers_name() -> None:
    assert len(CODES) == 249
    assert RULES.countries.codes.keys() <= CODES
