"""Plausible Vietnamese families: family k is a pure function of (seed, k)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Literal

from contracts.common.people import Person, Sex
from contracts.common.provinces import mergers, place_code, provinces
from tests.fire import names

DEFAULT_FAMILIES = 1_000
DEFAULT_SEED = 1
MOST_FAMILIES = 100_000

_TABLE_DAY = date(2025, 6, 30)
"""A day of the 63 provinces, whose codes the identifiers of today's parents carry."""

# Numbers from 900,000 upward are left to people written by hand (tests/fire/declarations).
_NUMBERS = 900_000
_ROLES = 9
_STEP = 523_127
"""Coprime to `_NUMBERS`: neighbours get numbers far apart, and no two the same."""

_OFFICIALS_DECIDE = {"12", "42"}
"""Provinces of today where not the rules alone decide (rules.toml): no generated birth goes there,
for nobody would decide about it."""

_ETHNICITIES = ("Kinh",) * 17 + ("Tày", "Thái", "Mường")
_Role = Literal["mother", "father", "owner", "his father", "his mother"]
_ROLE_NUMBERS: dict[_Role, int] = {
    **{"mother": 0, "father": 1, "owner": 2},
    **{"his father": 3, "his mother": 4},
}
ELDERS = 2
"""How many elders a family has: they may die, for no birth speaks of them."""


@dataclass(frozen=True)
class Family:
    """A couple, and the owner of the household they live in, who may be one of the two."""

    number: int
    mother: Person
    father: Person
    owner: Person

    @property
    def people(self) -> tuple[Person, ...]:
        """The two or three people of the household."""
        couple = (self.mother, self.father)
        return couple if self.owner in couple else (*couple, self.owner)


def family(seed: int, number: int) -> Family:
    """Return family `number` of the population of that seed.

    Raises `ValueError` for a number outside 0–99,999: its identifiers would not be unique.
    """
    if not 0 <= number < MOST_FAMILIES:
        raise ValueError(f"family {number}: there are at most {MOST_FAMILIES:,} families")
    random = Random(f"{seed}/{number}")
    home_code = random.choice(_old_provinces())
    # Half of the fathers come from elsewhere; all live where she does today.
    father_code = home_code if random.random() < 0.5 else random.choice(_old_provinces())
    mother_born = date(1986, 1, 1) + timedelta(days=random.randrange(20 * 365))
    father_born = mother_born - timedelta(days=random.randrange(-2 * 365, 8 * 365))
    surname, her_surname = names.surname(random), names.surname(random)
    province = mergers().get(home_code, home_code)
    home = {
        "province": province,
        "commune": names.commune(random, province),
        "address": names.address(random),
        "ethnicity": random.choice(_ETHNICITIES),
    }

    def person(role: _Role, name: str, sex: Sex, born: date, code: str) -> Person:
        identifier = _identifier(code, sex, born, _unique(seed, number, role))
        return Person.model_validate(
            {"personal_id": identifier, "full_name": name, "sex": sex, "born_on": born, **home}
        )

    mother_name = names.full_name(random, her_surname, "female")
    mother = person("mother", mother_name, "female", mother_born, home_code)
    father_name = names.full_name(random, surname, "male")
    father = person("father", father_name, "male", father_born, father_code)

    draw = random.random()
    if draw < 0.6:
        owner = father
    elif draw < 0.7:
        owner = mother
    else:
        # A parent of his; now and then, the oldest of the house is a grandparent of his.
        years = random.randint(22, 32) + (24 if draw > 0.97 else 0)
        sex: Sex = "male" if random.random() < 0.5 else "female"
        family_name = surname if sex == "male" else names.surname(random)
        born = father_born - timedelta(days=years * 365)
        owner_name = names.full_name(random, family_name, sex)
        owner = person("owner", owner_name, sex, born, father_code)
    of_house = {"household_owner": owner.personal_id}
    return Family(
        number=number,
        mother=mother.model_copy(update=of_house),
        father=father.model_copy(update=of_house),
        owner=owner.model_copy(update=of_house),
    )


def elders(seed: int, house: Family) -> tuple[Person, Person]:
    """Return the father's own parents, who live with the family and of whom no birth speaks."""
    random = Random(f"{seed}/{house.number}/elders")
    his, couple = house.father, []
    roles: tuple[tuple[_Role, Sex], ...] = (("his father", "male"), ("his mother", "female"))
    for role, sex in roles:
        surname = his.full_name.split()[0] if sex == "male" else names.surname(random)
        born = his.born_on - timedelta(days=random.randrange(22 * 365, 40 * 365))
        number = _unique(seed, house.number, role)
        changes = {
            "personal_id": _identifier(his.personal_id[1:3], sex, born, number),
            "full_name": names.full_name(random, surname, sex),
            "sex": sex,
            "born_on": born,
        }
        couple.append(his.model_copy(update=changes))
    return couple[0], couple[1]


def families(seed: int = DEFAULT_SEED, count: int = DEFAULT_FAMILIES) -> Iterator[Family]:
    """Yield the first `count` families of a seed."""
    return (family(seed, number) for number in range(count))


def _identifier(province: str, sex: Sex, born: date, number: int) -> str:
    """Return a 12-digit identifier: place, century and sex, year of birth, number.

    The third part of Circular 07/2016/TT-BCA: 1900s 0 male, 1 female; 2000s 2 male, 3 female.
    """
    century_and_sex = 2 * (born.year // 100 - 19) + (sex == "female")
    return f"{place_code(province)}{century_and_sex}{born.year % 100:02d}{number:06d}"


def _unique(seed: int, number: int, role: _Role) -> int:
    return ((number * _ROLES + _ROLE_NUMBERS[role]) * _STEP + seed * 7_919) % _NUMBERS


@cache
def _old_provinces() -> tuple[str, ...]:
    known = provinces(_TABLE_DAY)
    return tuple(code for code in known if mergers().get(code, code) not in _OFFICIALS_DECIDE)
