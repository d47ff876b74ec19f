"""The generated families, and the people of the written declarations."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from contracts.common.people import Person
from contracts.common.provinces import mergers, provinces
from tests.fire import cast
from tests.fire.families import MOST_FAMILIES, families, family
from tests.fire.population import population, write

OLD = provinces(date(2025, 6, 30))
NEW = provinces(date(2025, 7, 1))


def test_a_family_is_a_pure_function_of_seed_and_number() -> None:
    assert family(1, 17) == family(1, 17)
    assert list(families(1, 30))[17] == family(1, 17)
    assert family(2, 17) != family(1, 17)


def test_there_are_no_families_past_the_last() -> None:
    with pytest.raises(ValueError, match="at most"):
        family(1, MOST_FAMILIES)


def test_identifiers_tell_place_sex_and_year_of_birth() -> None:
    for person in population(300, seed=5):
        identifier = person.personal_id
        century = {19: "01", 20: "23"}[person.born_on.year // 100]
        assert re.fullmatch(r"0[0-9]{11}", identifier)
        assert identifier[1:3] in OLD
        assert identifier[3] == century[person.sex == "female"]
        assert identifier[4:6] == f"{person.born_on.year % 100:02d}"


def test_nobody_shares_an_identifier() -> None:
    identifiers = [person.personal_id for person in population(5_000)]
    assert len(identifiers) == len(set(identifiers))


def test_families_live_in_provinces_of_today_and_in_one_household() -> None:
    for house in families(3, 500):
        assert house.mother.province in NEW
        homes = {(p.province, p.commune, p.address, p.household_owner) for p in house.people}
        assert len(homes) == 1
        assert house.owner.personal_id == house.mother.household_owner
        assert house.owner in house.people


def test_owners_are_parents_more_often_than_not_and_grandparents_otherwise() -> None:
    houses = list(families(1, 1_000))
    grandparents = [house for house in houses if len(house.people) == 3]
    assert 0.2 < len(grandparents) / len(houses) < 0.4
    assert all((h.father.born_on - h.owner.born_on).days > 20 * 365 for h in grandparents)


def test_the_register_is_written_by_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "people.ndjson"
    count = write(path, 20)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == count == len([*population(20)])
    assert [Person.model_validate_json(line) for line in lines] == [*population(20)]


def test_the_written_people_are_of_real_provinces() -> None:
    for person in cast.people():
        assert person.province in NEW
        assert mergers().get(person.personal_id[1:3], person.personal_id[1:3]) in NEW
        assert person.personal_id[6] == "9", "numbers from 900,000 are theirs"
        assert person.personal_id.endswith("000"), "the run's number goes here"


def test_every_owner_of_a_household_is_in_the_register() -> None:
    everybody = {person.personal_id: person for person in cast.everybody()}
    assert all(person.household_owner in everybody for person in everybody.values())


def test_only_whom_a_declaration_is_about_has_understudies() -> None:
    lead = next(iter(cast.leads()))
    others = [p.personal_id for p in cast.people() if p.personal_id not in cast.leads()]
    assert {cast.understudy(lead, run) for run in range(250)} == {
        lead[:-3] + f"{number:03d}" for number in range(25)
    }
    assert [cast.understudy(other, 7) for other in others] == others


def test_provinces_are_those_of_the_day() -> None:
    assert (len(OLD), len(NEW)) == (63, 34)
    assert OLD["02"] == "Hà Giang"
    assert "02" not in NEW
    assert {mergers().get(code, code) for code in OLD} == set(NEW)
    assert provinces(date(2030, 1, 1)) == NEW
    with pytest.raises(LookupError, match="begins on 2008-08-01"):
        provinces(date(2008, 7, 31))


def test_people_on_disk_are_as_they_are_read() -> None:
    text = (cast.DECLARATIONS / "people.ndjson").read_text(encoding="utf-8")
    assert len([json.loads(line) for line in text.splitlines()]) == len(cast.people())
