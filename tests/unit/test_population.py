"""Identifiers of the right structure and never twice; identity cards; recorded people."""

from datetime import date, timedelta
from itertools import count, permutations
from typing import Any

import pytest

from contracts.birth.events import IdentityCardIssued
from contracts.birth.process import IDENTITY_CARD, USUAL
from contracts.common.events import PersonIdentified
from contracts.common.people import Place
from contracts.people.events import DeathReported, PersonRecorded, PersonReported
from services.population import birth, people
from services.population.rules import RULES
from tests.unit.births import BUNDLE, MOTHER, TODAY, child, person, registered
from tests.unit.driver import NOW, Desk, World


def identify(case: str = "case-1", world: World | None = None, **changes: Any) -> Desk:
    desk = Desk(birth.identification, RULES, case, world=world or World())
    desk.hear(registered(**changes))
    return desk


def vietnam(province: str) -> Place:
    return Place(country="VN", province=province, detail="Bệnh viện")


@pytest.mark.parametrize(
    ("sex", "born_on", "place", "prefix"),
    [
        ("male", date(1999, 12, 31), vietnam("01"), "001099"),
        ("female", date(1999, 12, 31), vietnam("01"), "001199"),
        ("male", date(2000, 1, 1), vietnam("79"), "079200"),
        ("female", date(2026, 11, 10), vietnam("79"), "079326"),
        ("male", date(2100, 1, 1), vietnam("96"), "096400"),
        ("female", date(2100, 1, 1), vietnam("96"), "096500"),
        ("male", date(1900, 1, 1), vietnam("01"), "001000"),
        ("male", date(2026, 1, 1), Place(country="JP", detail="Tokyo"), "232226"),
        ("female", date(2026, 1, 1), Place(country="US", detail="Reno"), "175326"),
        ("female", date(2026, 1, 1), Place(country="TW", detail="Taipei"), "999326"),
    ],
)
def test_an_identifier_begins_with_place_century_sex_and_year(
    sex: str, born_on: date, place: Place, prefix: str
) -> None:
    desk = identify(child=child(sex=sex, born_on=born_on, place=place))
    event = desk.said(PersonIdentified)
    assert event.personal_id[:6] == prefix
    assert len(event.personal_id) == 12


@pytest.mark.parametrize("born_on", [date(1899, 12, 31), date(2400, 1, 1)])
def test_a_century_without_a_digit_is_an_error(born_on: date) -> None:
    with pytest.raises(ValueError, match="centuries"):
        identify(child=child(born_on=born_on))


def test_no_country_has_the_digits_of_a_province_or_of_another_country() -> None:
    codes = [*RULES.countries.codes.values(), RULES.countries.other]
    assert len(set(codes)) == len(codes)
    assert all(code >= "100" for code in codes)


def test_an_identifier_is_never_given_twice_and_never_released() -> None:
    world = World()
    given = {identify(f"case-{n}", world).said(PersonIdentified).personal_id for n in range(300)}
    assert len(given) == 300
    assert len(world.held) == 300


def test_a_taken_identifier_is_passed_over() -> None:
    first = identify().said(PersonIdentified).personal_id
    world = World()
    world.taken("personal-id", first)
    second = identify(world=world)
    assert second.said(PersonIdentified).personal_id != first
    assert len(second.rounds) == 2


def test_an_identified_child_is_in_the_register_of_persons() -> None:
    desk = identify()
    event, row = desk.said(PersonIdentified), desk.row("persons")
    assert desk.records[0].key == event.personal_id
    assert (row["full_name"], row["born_on"]) == ("Trần Gia Khôi", "2026-11-10")
    assert row["province"] == "01"
    assert set(row) == set(people.row_of(person(MOTHER, "Nguyễn Thị Hồng Nhung")).row())


def test_a_child_born_abroad_is_identified_without_an_address() -> None:
    desk = identify(household=None)
    assert desk.row("persons")["province"] is None


def test_a_bundle_without_identification_and_a_second_hearing_change_nothing() -> None:
    assert not identify(bundle=()).events
    desk = identify()
    desk.hear(registered())
    assert [type(event) for event in desk.events] == [PersonIdentified, IdentityCardIssued]


@pytest.mark.parametrize(
    ("born_on", "valid_until"),
    [
        (date(2026, 11, 10), date(2040, 11, 10)),
        (date(2024, 2, 29), date(2038, 2, 28)),
        (date(2012, 11, 21), date(2026, 11, 21)),
        (date(2012, 11, 20), date(2037, 11, 20)),
        (date(2001, 11, 20), date(2041, 11, 20)),
        (date(1966, 11, 20), date(9999, 12, 31)),
    ],
)
def test_an_identity_card_is_valid_until_the_next_age_of_renewal(
    born_on: date, valid_until: date
) -> None:
    desk = identify(child=child(born_on=born_on))
    event = desk.said(IdentityCardIssued)
    assert event.valid_until == valid_until
    assert event.issued_on == TODAY
    assert event.card_number == event.personal_id == desk.said(PersonIdentified).personal_id


def test_an_identity_card_is_issued_only_where_the_bundle_asks_for_it() -> None:
    asked, not_asked = identify(bundle=BUNDLE), identify(bundle=USUAL)
    assert asked.row("identity-cards")["valid_until"] == "2040-11-10"
    assert [type(event) for event in not_asked.events] == [PersonIdentified]
    assert [record.register for record in not_asked.records] == ["persons"]
    assert IDENTITY_CARD not in USUAL


def report(desk: Desk, personal_id: str = MOTHER, **changes: Any) -> None:
    reported = person(personal_id, "Nguyễn Thị Hồng Nhung", **changes)
    desk.hear(PersonReported(person=reported, imported_from="test"))


def test_a_reported_person_is_recorded_and_holds_the_identifier() -> None:
    desk = Desk(people.record, RULES)
    report(desk, deceased_on="2020-01-02")
    event = desk.said(PersonRecorded)
    assert desk.records[0].key == event.person.personal_id == MOTHER
    assert desk.row("persons")["deceased_on"] == "2020-01-02"
    assert desk.world.of("case-1") == {f"personal-id/{MOTHER}", f"deceased/{MOTHER}"}
    assert desk.said(DeathReported).personal_id == MOTHER


def test_of_the_living_no_death_is_said() -> None:
    desk = Desk(people.record, RULES)
    report(desk)
    assert [type(event) for event in desk.events] == [PersonRecorded]


REPORTS = [(NOW, "Số 1"), (NOW + timedelta(days=1), "Số 2"), (NOW + timedelta(days=1), "Số 3")]


@pytest.mark.parametrize("order", list(permutations(range(len(REPORTS)))))
def test_the_latest_report_of_a_person_counts_in_whichever_order_they_are_heard(
    order: tuple[int, ...],
) -> None:
    desk = Desk(people.record, RULES)
    for n in order:
        desk.now, address = REPORTS[n]
        report(desk, address=address)
        report(desk, address=address)
    in_order = Desk(people.record, RULES)
    for in_order.now, address in REPORTS:
        report(in_order, address=address)
    assert desk.records[-1].row()["address"] == in_order.records[-1].row()["address"] != "Số 1"
    assert desk.state == in_order.state
    assert len(desk.events) == len(desk.records) <= len(REPORTS)


def test_no_newborn_gets_the_identifier_of_a_recorded_person() -> None:
    newborn = identify().said(PersonIdentified).personal_id
    world = World()
    recorded = Desk(people.record, RULES, "person-1", world=world)
    report(recorded, personal_id=newborn)
    assert identify(world=world).said(PersonIdentified).personal_id != newborn


def test_an_import_does_not_take_the_identifier_of_a_newborn() -> None:
    world = World()
    newborn = identify(world=world).said(PersonIdentified).personal_id
    wrong = Desk(people.record, RULES, "person-1", world=world)
    report(wrong, personal_id=newborn)
    assert not wrong.events
    assert not wrong.records
    assert wrong.state.held_by == "case-1"


def test_candidates_of_one_case_are_always_the_same_and_differ_between_cases() -> None:
    desk, other = identify("case-1"), identify("case-2")
    ids = (d.said(PersonIdentified).personal_id for d in (desk, identify("case-1"), other))
    one, again, another = ids
    assert one == again != another
    context = desk.context()
    candidates = [context.derive("personal-id", k, 10**6) for k, _ in zip(count(), range(20))]
    assert len(set(candidates)) == 20
