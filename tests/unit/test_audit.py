"""What an audit finds in the entries of one case, and what it says of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis.audit import faults_of, is_sealed, own, witnessed
from services.chassis.journal import Entry, seal
from services.chassis.tips import NO_HASH

CASE, SOURCE = "case-1", "/services/office"
Rows = list[dict[str, Any]]


def event(n: int, **changes: Any) -> dict[str, Any]:
    """A published event as it stands in entry `n`."""
    told = {"type": "office.said.v1", "source": SOURCE, "subject": CASE, "entry": n, **changes}
    body = ",".join(f'"{k}":{v}' if isinstance(v, int) else f'"{k}":"{v}"' for k, v in told.items())
    return {"type": "office.said.v1", "value": f"{{{body}}}".encode()}


def heard(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "source": "/services/other",
        "id": f"event-{n}",
        "type": "other.said.v1",
        "time": datetime(2026, 1, n, tzinfo=UTC),
        "entry": n,
        "hash": f"{n:02x}" * 32,
        **changes,
    }


def entry(n: int, previous_hash: bytes = NO_HASH) -> Entry:
    return Entry(
        case_id=CASE,
        n=n,
        at=datetime(2026, 1, n, tzinfo=UTC),
        heard=[heard(n)],
        state=b'{"states":{}}',
        context=b"{}",
        claims=[{"id": "parcel/1"}],
        records=[{"register": "parcels", "key": "1", "fields": {"n": n}, "insert_only": False}],
        filed=[{"key": f"letters/{n}", "fields": {"n": n}}],
        deadlines=[{"key": "case-1/p/d", "fields": {"due": None}}],
        releases=[{"id": "parcel/2", "owner": {"case_id": CASE}}],
        events=[event(n)],
        previous_hash=previous_hash,
    ).sealed()


def case(length: int = 4) -> Rows:
    """The rows of a case as they are stored."""
    entries: list[Entry] = []
    for n in range(1, length + 1):
        entries.append(entry(n, entries[-1].hash if entries else NO_HASH))
    return [entry.document() for entry in entries]


def resealed(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The row with other content, and the hash of that content."""
    content = {name: value for name, value in row.items() if name != "hash"} | changes
    return {**content, "hash": seal(content)}


def found(rows: Rows) -> list[str]:
    return [str(fault) for fault in faults_of(CASE, rows, SOURCE)]


def test_a_case_as_it_was_written_has_no_fault() -> None:
    assert found(case()) == []


CHANGED: dict[str, Callable[[Any], Any]] = {
    "_id": lambda id: f"{id}0",
    "at": lambda at: at.replace(second=1),
    "heard": lambda heard: [{**heard[0], "id": "event-9"}],
    "state": lambda state: state + b" ",
    "context": lambda context: context + b" ",
    "claims": lambda claims: [],
    "records": lambda records: [{**records[0], "key": "2"}],
    "filed": lambda filed: [{**filed[0], "key": "letters/3"}],
    "deadlines": lambda deadlines: [{**deadlines[0], "fields": {"due": 0}}],
    "releases": lambda releases: [{**releases[0], "id": "parcel/3"}],
    "events": lambda events: [{**events[0], "value": events[0]["value"] + b" "}],
}


@pytest.mark.parametrize("field", CHANGED)
def test_a_change_in_any_field_is_found(field: str) -> None:
    rows = case()
    rows[1][field] = CHANGED[field](rows[1][field])
    assert found(rows) == ["case case-1 entry 2: was changed: it does not have its hash"]


@pytest.mark.parametrize("field", ["case_id", "n", "previous_hash", "hash"])
@pytest.mark.parametrize("value", [b"\0" * 32, 7, "text", None])
def test_a_change_of_what_the_chain_is_made_of_is_found(field: str, value: Any) -> None:
    rows = case()
    rows[1][field] = value
    assert found(rows)


@pytest.mark.parametrize("field", case(1)[0])
def test_a_missing_field_is_found(field: str) -> None:
    rows = case()
    del rows[1][field]
    assert found(rows)


def test_an_added_field_is_found() -> None:
    rows = case()
    rows[1]["note"] = ""
    assert len(found(rows)) == 1


def test_what_cannot_be_encoded_is_a_fault_and_no_error() -> None:
    rows = case()
    rows[1]["state"] = {1}
    assert len(found(rows)) == 1


@pytest.mark.parametrize(
    ("removed", "said"),
    [
        ([1], "case case-1 entry 1: is missing"),
        ([3], "case case-1 entry 3: is missing"),
        ([2, 3], "case case-1 entry 2: is missing, and all up to entry 3"),
    ],
)
def test_a_removed_entry_is_found(removed: list[int], said: str) -> None:
    assert found([row for row in case() if row["n"] not in removed]) == [said]


def test_a_tail_that_was_cut_off_is_not_seen_by_the_case_alone() -> None:
    assert found(case()[:-1]) == []


def test_an_entry_sealed_anew_breaks_the_chain_at_its_successor() -> None:
    rows = case()
    rows[1] = resealed(rows[1], state=b"{}")
    assert found(rows) == [
        "case case-1 entry 3: does not continue the entry before it: one was replaced"
    ]


def test_an_event_heard_twice_is_found() -> None:
    first, second = case(2)
    second = resealed(second, heard=[heard(1)])
    assert found([first, second]) == [
        "case case-1 entry 2: hears event-1 again, which entry 1 heard"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entry": 3}, "says entry 3, not 1"),
        ({"subject": "case-2"}, "says subject case-2, not case-1"),
        ({"source": "/services/other"}, "says source /services/other, not /services/office"),
        ({"type": "office.said.v2"}, "says type office.said.v2, not office.said.v1"),
    ],
)
def test_a_published_event_must_name_its_own_entry(changes: dict[str, Any], said: str) -> None:
    (row,) = case(1)
    rows = [resealed(row, events=[event(1, **changes)])]
    assert found(rows) == [f"case case-1 entry 1: its event office.said.v1 {said}"]


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"\xff", '{"type":1}'])
def test_a_published_event_that_cannot_be_read_is_found(value: Any) -> None:
    (row,) = case(1)
    rows = [resealed(row, events=[{"type": "office.said.v1", "value": value}])]
    assert "its event office.said.v1 " in found(rows)[0]


@pytest.mark.parametrize("changes", [{"heard": [1]}, {"events": None}, {"heard": [{}]}])
def test_what_no_service_writes_is_a_fault_though_it_has_its_hash(changes: dict[str, Any]) -> None:
    rows = [resealed(case(1)[0], **changes)]
    assert "is not an entry as this program writes them" in found(rows)[0]


def test_an_entry_bears_witness_to_what_it_heard_of_others() -> None:
    (row,) = case(1)
    row = resealed(row, heard=[heard(1), heard(2, entry=0, hash=None), heard(3, hash=None)])
    source = "/services/other"
    assert list(witnessed(row)) == [
        {"source": source, "case_id": CASE, "n": 1, "hash": "01" * 32},
        {"source": source, "case_id": CASE, "n": 3, "hash": None},
    ]
    assert own(row) == {"case_id": CASE, "n": 1, "hash": row["hash"].hex()}


def test_a_changed_entry_accuses_nobody() -> None:
    (row,) = case(1)
    row["heard"] = [heard(9)]
    assert not is_sealed(row)
    assert list(witnessed(row)) == []


@pytest.mark.parametrize("changes", [{"case_id": 1}, {"n": "1"}, {"hash": None}])
def test_an_entry_without_case_number_or_hash_is_not_listed(changes: dict[str, Any]) -> None:
    assert own({**case(1)[0], **changes}) is None


def test_the_hash_of_a_row_is_that_of_the_entry() -> None:
    entry_ = entry(1)
    assert is_sealed(entry_.document())
    assert not is_sealed(replace(entry_, state=b"").document())
