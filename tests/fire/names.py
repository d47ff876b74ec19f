"""Vietnamese names and addresses, drawn from Faker's `vi_VN` lists.

Faker's generators take a millisecond for a name; its lists, taken once, a microsecond.
"""

import json
from functools import cache
from importlib.resources import files
from random import Random

from faker.providers.address.vi_VN import Provider as Addresses
from faker.providers.person.vi_VN import Provider as People

from contracts.common.people import Sex

SURNAMES: tuple[str, ...] = tuple(People.last_names)
_MIDDLE: dict[Sex, tuple[str, ...]] = {
    "male": tuple(name for name in People.middle_names if name not in {"Thị", "Mai", "Mai Bảo"}),
    "female": ("Thị", "Thị", "Ngọc", "Thu", "Thanh", "Mai", "Mai Bảo", "Hải", "Bảo", "Xuân"),
}
_GIVEN: dict[Sex, tuple[str, ...]] = {
    "male": (*People.first_names_male, *People.first_names_unisex),
    "female": (*People.first_names_female, *People.first_names_unisex),
}
_STREETS: tuple[str, ...] = tuple(Addresses.streets)


def surname(random: Random) -> str:
    """Return a surname."""
    return random.choice(SURNAMES)


def full_name(random: Random, family_name: str, sex: Sex) -> str:
    """Return a name in the Vietnamese order: surname, middle name, given name."""
    return f"{family_name} {random.choice(_MIDDLE[sex])} {random.choice(_GIVEN[sex])}"


def address(random: Random) -> str:
    """Return a number and a street."""
    return f"Số {random.randint(1, 400)}, đường {random.choice(_STREETS)}"


def commune(random: Random, province: str) -> str:
    """Return a commune or ward of a province of today."""
    return random.choice(_communes()[province])


@cache
def _communes() -> dict[str, list[str]]:
    text = files(__package__).joinpath("communes.json").read_text(encoding="utf-8")
    table: dict[str, list[str]] = json.loads(text)
    return table
