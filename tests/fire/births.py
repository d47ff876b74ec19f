"""Births by number: any quantity of distinct children in the generated families.

Birth n is the same child on whatever machine it is asked for: the family, day and order of birth
follow from n, and so does the idempotency key. Numbers run to `capacity`, then begin again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from contracts.common.people import Person, Sex
from tests.fire import names
from tests.fire.declared import Declared, day_before
from tests.fire.families import DEFAULT_FAMILIES, DEFAULT_SEED, Family, family

BLOCK = 25_000
"""Runs with different seeds are this many births apart."""

_DAYS = 57
"""Born 1 to 57 days ago: on time, whatever the hour."""
_PAIRS = 4
"""Orders of birth 1, 3, 5, 7; each has room for a twin after it."""
_COPY = 8_000
_LATE = 8_000
_ABROAD = {"JP": "Tokyo", "DE": "Berlin", "KR": "Busan", "TW": "Đài Bắc", "CZ": "Praha"}
_CYCLES = 98
"""Hospital codes beginning with 98 and 99 are not ours: 99 is that of written declarations."""


@dataclass(frozen=True)
class Births:
    """The births of one generated population, as seen on one day."""

    today: date
    families: int = DEFAULT_FAMILIES
    seed: int = DEFAULT_SEED

    @property
    def capacity(self) -> int:
        """How many distinct births there are, twins not counted."""
        return self.families * _DAYS * _PAIRS

    def first(self, run: int) -> int:
        """Return the number of the first birth of a run with that seed."""
        return run * BLOCK % self.capacity

    def sequence(self, first: int, count: int) -> Iterator[Declared]:
        """Yield `count` births from number `first` on; a twin follows its elder."""
        number = first
        while count > 0:
            birth, twin = self._at(number % self.capacity)
            yield birth
            if twin and count > 1:
                yield twin
                count -= 1
            number += 1
            count -= 1

    def _at(self, number: int) -> tuple[Declared, Declared | None]:
        house = family(self.seed, number % self.families)
        # The same family is met again after `families` births; each time on another day, until
        # the days are used up and the order of birth moves on.
        turn = number // self.families
        order = 1 + 2 * (turn // _DAYS)
        born = day_before(self.today, _DAYS, turn + 11 * house.number)
        writer = _Writer(Random(f"{self.seed}/birth/{number}"), house, born, number)
        return writer.births(order)


class _Writer:
    """Fills in one family's declaration, with the circumstances that the draw decides."""

    def __init__(self, random: Random, house: Family, born: date, number: int) -> None:
        self.random = random
        self.house = house
        self.number = number
        draw = random.random()
        self.late = draw < 0.02
        self.abroad = 0.02 <= draw < 0.04
        self.alone = 0.04 <= draw < 0.06
        self.twins = 0.06 <= draw < 0.08
        # A day between 115 days and three years ago, on which nobody else in the family was born.
        self.born = born - timedelta(days=_DAYS * random.randint(2, 18)) if self.late else born
        mine = house.owner not in (house.mother, house.father)
        self.consents = not mine or random.random() >= 0.1

    def births(self, order: int) -> tuple[Declared, Declared | None]:
        first = self._birth(order)
        return first, self._birth(order + 1) if self.twins else None

    def _birth(self, order: int) -> Declared:
        random, house = self.random, self.house
        copies = random.choice((0,) * 10 + (1, 2, 3))
        declarant, relation = self._declarant()
        form: dict[str, Any] = {
            "relation": relation,
            "child": self._child(order),
            "mother": {"personal_id": house.mother.personal_id},
            "parents_married": not self.alone,
            "evidence": self._evidence(order),
            "certificate_copies": copies,
            "payment_method": random.choice(("online", "online", "online", "counter")),
        }
        if not self.alone:
            form["father"] = {"personal_id": house.father.personal_id}
        if not self.abroad:
            form["household"] = _household(house.owner, self.consents)
        partial = not self.abroad and not self._owner_consents()
        return Declared(
            key=f"birth-{self.number}-{self.born}-{order}",
            declaration={
                "group": "birth",
                "declarant": declarant.personal_id,
                "channel": random.choice(("portal", "portal", "portal", "office")),
                "form": form,
            },
            outcome="partial" if partial else "completed",
            fees_due=_COPY * copies + (_LATE if self.late else 0),
        )

    def _declarant(self) -> tuple[Person, str]:
        house = self.house
        choices = [(house.mother, "mother")]
        if not self.alone:
            choices.append((house.father, "father"))
            if house.owner not in (house.mother, house.father):
                choices.append((house.owner, "grandparent"))
        return self.random.choice(choices)

    def _owner_consents(self) -> bool:
        parents = [self.house.mother] if self.alone else [self.house.mother, self.house.father]
        return self.consents or self.house.owner in parents

    def _child(self, order: int) -> dict[str, Any]:
        sex: Sex = "female" if self.random.random() < 0.47 else "male"
        giver = self.house.mother if self.alone else self.house.father
        surname = giver.full_name.split()[0]
        return {
            "full_name": names.full_name(self.random, surname, sex),
            "sex": sex,
            "born_on": self.born.isoformat(),
            "birth_order": order,
            "place": self._place(),
            "ethnicity": giver.ethnicity,
            "hometown": giver.commune,
        }

    def _place(self) -> dict[str, Any]:
        if self.abroad:
            country = sorted(_ABROAD)[self.number % len(_ABROAD)]
            return {"country": country, "detail": _ABROAD[country]}
        province = self.house.mother.province
        return {"country": "VN", "province": province, "detail": "Bệnh viện Sản Nhi"}

    def _evidence(self, order: int) -> dict[str, Any]:
        if self.abroad:
            country = self._place()["country"]
            number = f"{self.number}-{order}/{self.born}"
            return {"kind": "foreign-certificate", "country": country, "number": number}
        # Ten digits hold the birth's number and in which span of 57 days it is told: no two alike.
        cycle = self.born.toordinal() // _DAYS % _CYCLES
        high, low = divmod(2 * self.number + (order + 1) % 2, 100_000)
        code = f"{cycle:02d}{high:03d}.GCS.{low:05d}.{self.born.year % 100:02d}"
        return {"kind": "hospital-notice", "code": code}


def _household(owner: Person, consents: bool) -> dict[str, Any]:
    return {
        "owner": owner.personal_id,
        "province": owner.province,
        "commune": owner.commune,
        "address": owner.address,
        "owner_consents": consents,
    }
