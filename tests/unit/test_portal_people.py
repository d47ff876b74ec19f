"""Whom the door knows, and how: the living, the dead, newborns, and what was put right of them."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from contracts.compensation.events import (
    DeathRecordCancelled,
    DeathRecordCorrected,
    IdentificationCancelled,
    PersonCorrected,
)
from contracts.envelope import Event
from contracts.model import Reason
from contracts.people.events import DeathReported, DeathReportWithdrawn, PersonRecorded
from services.portal import people as portal
from tests.unit.births import child, identified
from tests.unit.deaths import (
    DECEASED,
    SON,
    deceased,
    person,
)
from tests.unit.driver import Desk

WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
VOID = DeathRecordCancelled(personal_id=DECEASED, registration_number="KT-1", reason=WHY)


@pytest.mark.parametrize("deceased_on", [None, date(2020, 5, 1)])
@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_the_door_knows_the_deceased_in_whichever_order_it_hears(
    order: tuple[int, ...], deceased_on: date | None
) -> None:
    """A report of the person, before or after, must not bring them back."""
    known = PersonRecorded(person=person(DECEASED, "Phạm Văn Lợi", deceased_on=deceased_on))
    heard: list[tuple[str, Event]] = [
        ("person-1", known),
        ("case-1", deceased()),
        ("case-1", deceased()),
    ]
    desks = {case: Desk(portal.register, None, case) for case in ("person-1", "case-1")}
    tables: dict[str, dict[str, Any]] = {portal.PEOPLE: {}, portal.DECEASED: {}}
    for case, event in (heard[n] for n in order):
        for record in desks[case].hear(event).records:
            row = {"_id": record.key, **record.row()}
            if record.insert_only:
                tables[record.register].setdefault(record.key, row)
            else:
                tables[record.register][record.key] = row
    found = portal.persons(tables[portal.PEOPLE].values(), tables[portal.DECEASED].values(), [])
    assert found[DECEASED].deceased_on == date(2026, 11, 16), "what was registered counts"


def test_a_copy_does_not_outlive_what_a_court_found_void() -> None:
    """An import has named the day, and the population register has said nothing of it."""
    case = Desk(portal.register, None, "case-1")
    case.hear(deceased(), entry=1)
    case.hear(VOID, entry=2)
    copy = person(DECEASED, "Phạm Văn Lợi", deceased_on=date(2026, 11, 16))
    people = [{"_id": DECEASED, **copy.model_dump(mode="json")}]
    known = portal.persons(people, [case.records[-1].row()], [])
    assert known[DECEASED].deceased_on is None


REPORTS: list[tuple[Event, int]] = [
    (DeathReported(personal_id=DECEASED, deceased_on=date(2020, 5, 1)), 1),
    (DeathReportWithdrawn(personal_id=DECEASED), 1),
    (DeathReported(personal_id=DECEASED, deceased_on=date(2020, 5, 2)), 2),
]


@pytest.mark.parametrize("said", [1, 2, 3])
@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_the_newest_word_of_imports_says_whether_somebody_lives(
    order: tuple[int, ...], said: int
) -> None:
    """Dead by an import, alive by the next, and dead again."""
    desk, rows = Desk(portal.register, None, "person-1"), {}
    for n in (n for n in (*order, *order) if n < said):
        for record in desk.hear(*REPORTS[n]).records:
            rows[record.key] = dict(record.row())
    (row,) = rows.values()
    assert row["open"] != row["cancelled"]
    day = [None, "2020-05-01", None, "2020-05-02"][said]
    assert portal.dead(rows.values()) == ({DECEASED: day} if day else {})
    assert len(desk.records) <= said, "what is said again is no news"


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
def test_the_door_knows_the_newest_of_a_death_in_whichever_order_it_hears(
    order: tuple[int, ...],
) -> None:
    """Of one row in one entry the last counts: an old copy must not be said after what is new."""
    number = "KT-33-2026-00000042"
    corrected = [
        DeathRecordCorrected(
            personal_id=DECEASED, registration_number=number, deceased_on=date(2026, 11, day)
        )
        for day in (14, 15)
    ]
    heard: list[tuple[Event, int]] = [(deceased(), 1), (corrected[0], 2), (corrected[1], 3)]
    case = Desk(portal.register, None)
    for n in order:
        case.hear(*heard[n])
    assert case.records[-1].row()["deceased_on"] == "2026-11-15"
    cancelled = DeathRecordCancelled(personal_id=DECEASED, registration_number=number, reason=WHY)
    case.hear(cancelled, 4)
    for n in order:
        case.hear(*heard[n])
    assert case.records[-1].row()["cancelled"]
    rows = [{"_id": record.key, **record.row()} for record in case.records[-1:]]
    known = person(DECEASED, "Phạm Văn Lợi").model_dump(mode="json")
    (found,) = portal.persons([{**known, "_id": DECEASED}], rows, []).values()
    assert found.deceased_on is None


@pytest.mark.parametrize("old_first", [True, False])
def test_the_door_knows_a_corrected_name_whatever_old_copy_comes(old_first: bool) -> None:
    def said(name: str) -> PersonCorrected:
        changed = child(full_name=name)
        return PersonCorrected(personal_id=SON, registration_number="KS-1", child=changed)

    case = Desk(portal.register, None)
    heard = [(said("Phạm Văn A"), 2), (said("Phạm Văn B"), 3)]
    for event, entry in heard if old_first else heard[::-1]:
        case.hear(event, entry)
    copy = {**person(SON, "Phạm Văn Sơn").model_dump(mode="json"), "_id": SON}
    corrections = [{"_id": record.key, **record.row()} for record in case.records[-1:]]
    assert portal.persons([copy], [], corrections)[SON].full_name == "Phạm Văn B"


def test_the_door_knows_a_child_who_was_declared_here_from_its_identification() -> None:
    case = Desk(portal.register, None)
    case.hear(identified())
    (filed,) = case.filed
    row = {"_id": filed.key, **filed.fields}
    assert filed.kind == portal.NEWBORNS
    known = portal.persons([row], [], [])[filed.key]
    assert (known.full_name, known.province) == ("Trần Gia Khôi", "01")
    died = {"personal_id": filed.key, "deceased_on": "2026-11-19", "cancelled": False}
    assert portal.persons([row], [died], [])[filed.key].deceased_on == date(2026, 11, 19)


@pytest.mark.parametrize("first", [0, 1])
def test_the_door_forgets_a_child_whose_registration_is_void(first: int) -> None:
    cancelled = IdentificationCancelled(personal_id=identified().personal_id, reason=WHY)
    case = Desk(portal.register, None)
    for event in [identified(), cancelled][:: 1 - 2 * first]:
        case.hear(event)
    (record,) = case.records
    assert (record.register, record.key) == (portal.CANCELLED, cancelled.personal_id)


def test_a_child_without_a_household_waits_for_an_import() -> None:
    case = Desk(portal.register, None)
    case.hear(identified(household=None))
    assert not case.filed
