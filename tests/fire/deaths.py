"""Deaths by number: the elders of the generated families, each of whom dies once.

Death n is the same declaration on whatever machine it is asked for: the person, the circumstances
and the idempotency key follow from n. Nobody dies twice, so numbers end at `capacity`; from there
they begin again, and say nothing new.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from contracts.common.events import Outcome
from contracts.common.people import Person
from tests.fire.declared import Declared, day_before
from tests.fire.families import DEFAULT_FAMILIES, DEFAULT_SEED, ELDERS, Family, elders, family

BLOCK = 500
"""Runs with different seeds are this many deaths apart."""

_DAYS = 13
"""Died 1 to 13 days ago: on time, whatever the hour."""
_COPY = 8_000


@dataclass(frozen=True)
class Deaths:
    """The deaths of one generated population, as seen on one day."""

    today: date
    families: int = DEFAULT_FAMILIES
    seed: int = DEFAULT_SEED

    @property
    def capacity(self) -> int:
        """How many deaths there are: of each family, the elders."""
        return self.families * ELDERS

    def first(self, run: int) -> int:
        """Return the number of the first death of a run with that seed."""
        return run * BLOCK % self.capacity

    def sequence(self, first: int, count: int) -> Iterator[Declared]:
        """Yield `count` deaths from number `first` on."""
        for number in range(first, first + count):
            yield self._at(number % self.capacity)

    def _at(self, number: int) -> Declared:
        turn, place = divmod(number, self.families)
        house = family(self.seed, place)
        died = day_before(self.today, _DAYS, number * 7 + turn)
        deceased = elders(self.seed, house)[turn]
        writer = _Writer(Random(f"{self.seed}/death/{number}"), house, deceased, died)
        return writer.death(number)


class _Writer:
    """Fills in one declaration, with the circumstances that the draw decides."""

    def __init__(self, random: Random, house: Family, deceased: Person, died: date) -> None:
        self.random, self.house = random, house
        self.deceased, self.died = deceased, died
        draw = random.random()
        self.against = draw < 0.03
        self.uninsured = 0.03 <= draw < 0.06
        self.without_benefit = 0.06 <= draw < 0.2
        self.without_removal = 0.2 <= draw < 0.25
        self.support = 0.25 <= draw < 0.45

    def death(self, number: int) -> Declared:
        """Return the declaration, and what must become of it."""
        random = self.random
        copies = random.choice((0,) * 6 + (1, 2, 5))
        declarant = random.choice((self.house.father, self.house.mother))
        form: dict[str, Any] = {
            "relation": "child" if declarant is self.house.father else "relative",
            "deceased": self.deceased.personal_id,
            "died_on": self.died.isoformat(),
            **self._circumstances(number),
            "remove_residence": not self.without_removal,
            "certificate_copies": copies,
            "payment_method": random.choice(("online", "online", "online", "counter")),
        }
        if not self.without_benefit:
            form["benefit"] = self._benefit(declarant, number)
        outcome: Outcome = "partial" if self.against or self.uninsured else "completed"
        return Declared(
            key=f"death-{number}-{self.died}",
            declaration={
                "group": "death",
                "declarant": declarant.personal_id,
                "channel": random.choice(("portal", "portal", "portal", "office")),
                "form": form,
            },
            outcome=outcome,
            fees_due=_COPY * copies,
        )

    def _circumstances(self, number: int) -> dict[str, Any]:
        kind, cause, issuer, by = self.random.choice(
            (
                *[("hospital", "illness", "hospital", "Bệnh viện Đa khoa")] * 5,
                *[("home", "illness", "commune", "Ủy ban nhân dân")] * 4,
                ("elsewhere", "accident", "police", "Công an"),
                ("elsewhere", "suspicious", "forensics", "Trung tâm Pháp y"),
            )
        )
        commune = self.deceased.commune
        place = {"kind": kind, "province": self.deceased.province, "detail": commune}
        return {
            "place": place,
            "cause": cause,
            "evidence": {
                "kind": "death-notice",
                "issuer": issuer,
                "issued_by": f"{by} {commune}",
                "number": f"G-{number}",
                "issued_on": self.died.isoformat(),
            },
        }

    def _benefit(self, payee: Person, number: int) -> dict[str, Any]:
        common = {"payee": payee.personal_id, "payout": self._payout(payee)}
        if self.support:
            return {"kind": "burial-support", "ground": "social-assistance", **common}
        other = self.house.mother if payee is self.house.father else self.house.father
        return {
            "kind": "funeral-allowance",
            "insurance_number": f"{10_000_000 + number:010d}",
            "basis": "contributions",
            "contribution_months": self.random.randint(0, 11) if self.uninsured else 240,
            "relatives": [{"personal_id": other.personal_id, "consents": not self.against}],
            **common,
        }

    def _payout(self, payee: Person) -> dict[str, Any]:
        return self.random.choice(
            (
                *[{"method": "bank-account", "bank": "Agribank", "account_number": "1500205012345"}]
                * 3,
                {"method": "post", "address": payee.address},
                {"method": "cash", "office": f"Ủy ban nhân dân {payee.commune}"},
            )
        )
