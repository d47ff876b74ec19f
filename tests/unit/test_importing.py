"""What becomes of each line of a file of people."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.people import Person
from contracts.envelope import Codec
from contracts.people.events import PersonReported
from services.chassis.importing import Arrival, BadLine, File
from services.population.importing import people

PERSON = {
    "personal_id": "001196901000",
    "full_name": "Nguyễn Thị Hồng Nhung",
    "sex": "female",
    "born_on": "1996-03-14",
    "province": "01",
    "commune": "Phường Kim Liên",
    "address": "Số 12",
}
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def line(**changes: Any) -> bytes:
    return json.dumps(PERSON | changes).encode() + b"\n"


def read(*lines: bytes, name: str = "people.ndjson") -> list[Arrival | BadLine | None]:
    file: File[Person] = File(name, people, "population.events", NOW)
    return list(file.read(lines))


def arrival(*lines: bytes, name: str = "people.ndjson") -> Arrival:
    (only,) = read(*lines, name=name)
    assert isinstance(only, Arrival)
    return only


def test_a_line_is_the_first_event_of_its_persons_case() -> None:
    arrived = arrival(line(), name="dân cư 2026.ndjson")
    envelope = Codec([PersonReported]).decode(arrived.message.value)
    assert envelope.subject == arrived.case_id == str(uuid5(NAMESPACE_URL, "person/001196901000"))
    assert arrived.heard_id == (envelope.source, str(envelope.id))
    assert envelope.source == "/imports/d%C3%A2n%20c%C6%B0%202026.ndjson"
    assert (envelope.group, envelope.entry, envelope.correlationid) == ("people", 0, envelope.id)
    assert envelope.data == PersonReported(
        person=Person.model_validate(PERSON), imported_from="dân cư 2026.ndjson"
    )
    assert arrived.message.key == arrived.case_id.encode()
    assert dict(arrived.message.headers) == {
        "content-type": b"application/cloudevents+json; charset=UTF-8",
        "type": b"population.person-reported.v1",
        "entry": b"0",
    }


def test_the_same_record_is_the_same_event_and_another_record_another() -> None:
    again = json.dumps(dict(reversed(PERSON.items())), indent=None).encode()
    moved = arrival(line(address="Số 14"))
    assert arrival(again).heard_id == arrival(line()).heard_id
    assert moved.heard_id != arrival(line()).heard_id
    assert moved.case_id == arrival(line()).case_id


def test_a_bad_line_is_named_without_what_it_holds_and_its_neighbours_are_taken() -> None:
    lines = [
        line(),
        b"{\n",
        line(personal_id="12"),
        line(deceased="2020-01-01"),
        line(personal_id="001196901001", full_name="\ud800"),
        b'{"full_name": "\xff"}\n',
        line(personal_id="001196901002", born_on=0),
        line(personal_id="001196901003"),
    ]
    found = read(*lines)
    assert [isinstance(each, Arrival) for each in found] == [True, *[False] * 6, True]
    bad = [each for each in found if isinstance(each, BadLine)]
    assert [each.number for each in bad] == [2, 3, 4, 5, 6, 7]
    assert bad[1].reason.startswith("personal_id: ")
    assert bad[2].reason == "deceased: Extra inputs are not permitted"
    assert not [each for each in bad if "2020" in each.reason or '"12"' in each.reason]


def test_two_lines_about_one_person_agree_or_the_second_is_bad() -> None:
    found = read(line(), line(), line(address="Số 14"))
    assert found[1] is None
    assert found[2] == BadLine(3, "differs from line 1, which is about the same")


@pytest.mark.parametrize("text", [b"", b"\n", b" \r\n"])
def test_empty_lines_say_nothing(text: bytes) -> None:
    assert read(text) == [None]


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    assert arrival(b"\xef\xbb\xbf" + line().replace(b"\n", b"\r\n"))


def test_the_name_of_a_file_may_be_longer_than_the_event_takes() -> None:
    assert arrival(line(), name=f"{'x' * 200}.ndjson")
