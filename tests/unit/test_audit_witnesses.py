"""What the journals of others say of a journal, by table."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.witnesses import Folder, compare

SERVICES = ("a", "b", "c")
Rows = list[dict[str, Any]]


def own(case: str, *hashes: str) -> Rows:
    return [{"case_id": case, "n": n, "hash": hash} for n, hash in enumerate(hashes, start=1)]


def heard(source: str, case: str, n: int, hash: str | None) -> dict[str, Any]:
    return {"source": f"/services/{source}", "case_id": case, "n": n, "hash": hash}


def found(path: Path, entries: dict[str, Rows], witnesses: dict[str, Rows]) -> list[str]:
    folder = Folder(path)
    for name in SERVICES:
        for file, rows in (
            (folder.entries(name), entries.get(name, [])),
            (folder.heard(name), witnesses.get(name, [])),
        ):
            file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return [str(finding) for finding in compare(folder, SERVICES)]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (own("x", "h1", "h2", "h3"), []),
        (own("x", "h1", "h2"), []),
        (
            own("x", "h1"),
            ["a: case x entry 2: is missing: the tail of the case was cut off, b and c heard it"],
        ),
        (
            [],
            [
                "a: case x entry 2: is missing with its whole case: the case was deleted, b and c"
                " heard it"
            ],
        ),
        (
            own("x", "h1", "h2")[1:] + own("y", "h1"),
            [],
        ),
        (
            [*own("x", "h1"), {"case_id": "x", "n": 3, "hash": "h3"}],
            ["a: case x entry 2: is missing: b and c heard it"],
        ),
        (
            own("x", "h1", "other"),
            ["a: case x entry 2: was rewritten: b and c heard it with another hash"],
        ),
    ],
)
def test_what_receivers_heard_must_be_at_the_source(
    entries: Rows, said: list[str], tmp_path: Path
) -> None:
    witnesses = {
        "b": [heard("a", "x", 2, "h2")],
        "c": [heard("a", "x", 2, "h2"), heard("a", "x", 2, "h2")],
    }
    assert found(tmp_path, {"a": entries}, witnesses) == said


def test_one_dissenting_receiver_is_named(tmp_path: Path) -> None:
    witnesses = {"b": [heard("a", "x", 1, "h1")], "c": [heard("a", "x", 1, "other")]}
    assert found(tmp_path, {"a": own("x", "h1")}, witnesses) == [
        "a: case x entry 1: was rewritten: c heard it with another hash"
    ]


def test_a_number_without_a_hash_bears_witness_to_the_entry_alone(tmp_path: Path) -> None:
    witnesses = {"b": [heard("a", "x", 1, None), heard("a", "y", 1, None)]}
    assert found(tmp_path, {"a": own("x", "h1")}, witnesses) == [
        "a: case y entry 1: is missing with its whole case: the case was deleted, b heard it"
    ]


def test_what_did_not_come_from_these_services_is_nobodys_fault(tmp_path: Path) -> None:
    stranger = {"source": "/imports/people.ndjson", "case_id": "x", "n": 1, "hash": "h"}
    assert found(tmp_path, {}, {"b": [heard("elsewhere", "x", 1, "h"), stranger]}) == []


def test_cases_are_compared_one_by_one_in_the_order_of_the_store(tmp_path: Path) -> None:
    cases = sorted(["x", "x/1", "Ω", "\U0001f600", "à", "é"], key=lambda case: case.encode())
    entries = {"a": [row for case in cases for row in own(case, "h1")]}
    witnesses = {"b": [heard("a", case, n, f"h{n}") for case in cases for n in (2, 1)]}
    assert [line.split(": ")[1] for line in found(tmp_path, entries, witnesses)] == [
        f"case {case} entry 2" for case in cases
    ]
