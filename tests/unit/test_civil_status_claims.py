"""One registration for each child, whoever declares it, and a number of its own."""

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from services.chassis.procedure import Exhausted
from services.civil_status import birth
from services.civil_status.rules import RULES
from tests.unit.births import (
    FATHER,
    FOREIGN_MOTHER,
    FOREIGN_PLACE,
    MOTHER,
    NOTICE,
    abroad,
    commitment,
    form,
    foundling,
    people,
    person,
    submitted,
)
from tests.unit.driver import Desk, World

OTHER_MOTHER = "001197000009"


def desk(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules, case, world=world or World())


def test_twins_are_not_duplicates() -> None:
    world = World()
    first, second = desk("case-1", world), desk("case-2", world)
    first.hear(submitted())
    notice = {"kind": "hospital-notice", "code": "01001.GCS.00043.26"}
    second.hear(submitted(form(child={"birth_order": 2}, evidence=notice)))
    numbers = {d.said(BirthRegistered).registration_number for d in (first, second)}
    assert len(numbers) == 2


SAME_CHILD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "same mother, day and order": (form(), form(evidence=commitment("2026-11-12"))),
    "same father, day and order": (
        form(mother=None, relation="father", parents_married=False, father_recognises=True),
        form(
            mother=None,
            relation="father",
            parents_married=False,
            father_recognises=True,
            evidence=commitment("2026-11-12"),
        ),
    ),
    "same notice, another day": (form(), form(child={"born_on": "2026-11-11"})),
    "same notice, the father alone": (
        form(),
        form(mother=None, relation="father", parents_married=False, father_recognises=True),
    ),
    "no document, then the father alone": (
        form(evidence=commitment("2026-11-12")),
        form(
            mother=None,
            relation="father",
            parents_married=False,
            father_recognises=True,
            evidence=commitment("2026-11-12"),
        ),
    ),
    "same foreign mother's document, written otherwise": (
        form(relation="father", mother=FOREIGN_MOTHER),
        form(
            relation="father",
            mother={"details": FOREIGN_MOTHER["details"] | {"document_number": " c01x00t47 "}},
            evidence=commitment("2026-11-12"),
        ),
    ),
    "same foundling record, written otherwise": (
        foundling(date(2026, 11, 12)),
        foundling(
            date(2026, 11, 12),
            evidence={
                "kind": "foundling-record",
                "record_number": "04/bb-tebr",
                "commune": "phường  Trấn Biên",
                "posted_on": "2026-11-12",
            },
        ),
    ),
    "same foreign certificate": (
        abroad(),
        abroad(child={"place": FOREIGN_PLACE, "born_on": "2026-11-11"}),
    ),
}


def by_declarant(of: dict[str, Any]) -> Any:
    return submitted(of, declarant=FATHER if of["relation"] == "father" else MOTHER)


@pytest.mark.parametrize(("one", "other"), SAME_CHILD.values(), ids=SAME_CHILD.keys())
def test_the_same_child_is_registered_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    world = World()
    first, second = desk("case-1", world), desk("case-2", world)
    first.hear(by_declarant(one))
    second.hear(by_declarant(other))
    first.said(BirthRegistered)
    reason = second.said(BirthRefused).reason
    assert (reason.code, reason.refers_to) == ("duplicate-declaration", "case-1")
    assert "case-1" in reason.vi
    assert world.of("case-2") == set(), "what the second had won is released"
    assert not second.records


def test_the_same_record_number_in_another_commune_is_another_child() -> None:
    world = World()
    for case, commune in (("case-1", "Phường Trấn Biên"), ("case-2", "Phường Long Khánh")):
        evidence = foundling(date(2026, 11, 12))["evidence"] | {"commune": commune}
        one = desk(case, world)
        one.hear(submitted(foundling(date(2026, 11, 12), evidence=evidence)))
        one.said(BirthRegistered)


def interleavings(length: int) -> Iterator[str]:
    for places in combinations(range(2 * length), length):
        yield "".join("a" if place in places else "b" for place in range(2 * length))


@pytest.mark.parametrize(("one", "other"), SAME_CHILD.values(), ids=SAME_CHILD.keys())
def test_two_rivals_never_refuse_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    for order in interleavings(4):
        world = World()
        desks = {"a": desk("case-a", world), "b": desk("case-b", world)}
        events = {"a": by_declarant(one), "b": by_declarant(other)}
        for turn in order:
            if not desks[turn].events:
                desks[turn].step(events[turn])
        for turn in "ab":
            if not desks[turn].events:
                desks[turn].hear(events[turn])
        said = sorted(event.type for d in desks.values() for event in d.events)
        assert said == [BirthRefused.type, BirthRegistered.type], order


def test_everything_is_claimed_at_once() -> None:
    case = desk()
    case.hear(submitted())
    kinds = [[claim.kind for claim in asked] for asked in case.rounds]
    assert kinds == [["child", "child", "registration-number"]]


def test_two_mothers_children_of_one_father_have_documents_of_their_own() -> None:
    world = World()
    for number, mother in ((1, MOTHER), (2, OTHER_MOTHER)):
        notice = {"kind": "hospital-notice", "code": f"01001.GCS.0004{number}.26"}
        known = people() | {OTHER_MOTHER: person(OTHER_MOTHER, "Lê Thị Thu")}
        of = form(mother={"personal_id": mother}, evidence=notice)
        one = desk(f"case-{number}", world)
        one.hear(submitted(of, declarant=mother, people=known))
        one.said(BirthRegistered)


def test_a_registration_number_that_is_taken_is_passed_over() -> None:
    first = desk()
    first.hear(submitted())
    number = first.said(BirthRegistered).registration_number
    again = desk()
    again.world.taken("registration-number", number)
    again.hear(submitted())
    other = again.said(BirthRegistered).registration_number
    assert other != number
    assert [record.key for record in again.records] == [other]
    assert f"registration-number/{other}" in again.world.of("case-1")


def test_a_duplicate_that_lost_the_number_too_releases_only_what_it_won() -> None:
    first = desk()
    first.hear(submitted())
    case = desk()
    number = first.said(BirthRegistered).registration_number
    case.world.taken("registration-number", number)
    case.world.taken("child", f"hospital-notice/{NOTICE['code']}")
    case.hear(submitted())
    assert case.said(BirthRefused).reason.refers_to == "another-case"
    assert case.world.of("case-1") == set()


def test_registration_numbers_have_province_year_and_eight_digits() -> None:
    case = desk()
    case.hear(submitted(province="79"))
    prefix, digits = case.said(BirthRegistered).registration_number.rsplit("-", 1)
    assert prefix == "KS-79-2026"
    assert len(digits) == 8
    assert digits.isdigit()


def test_a_full_number_space_is_an_error() -> None:
    class Full(World):
        def answer(self, claim: Any, owner: Any) -> Any:
            if claim.kind == "registration-number":
                self.taken(claim.kind, claim.key)
            return super().answer(claim, owner)

    with pytest.raises(Exhausted):
        desk(world=Full()).hear(submitted())
