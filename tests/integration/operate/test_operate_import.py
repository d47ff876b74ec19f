"""Importing people: each once, bad lines by themselves, and again without effect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.people import Person
from services.chassis.importing import Arrival, File
from services.chassis.operate import arriving
from services.population.importing import people as importer
from tests.integration.operate.agencies import Agencies, people, real


@contextmanager
def written(persons: Sequence[Person], *more: str, name: str = "people.ndjson") -> Iterator[str]:
    """A file of these people and lines."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        lines = [*(person.model_dump_json() for person in persons), *more]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield str(path)


def case_of(person: Person) -> str:
    return str(uuid5(NAMESPACE_URL, f"person/{person.personal_id}"))


async def test_an_import_that_is_repeated_has_one_effect(agencies: Agencies) -> None:
    population = await agencies.open("population")
    persons = people(900)
    with written(persons) as file:
        first = await agencies.operate("population", "import", file, "--wait")
        second = await agencies.onestop("population", "import", file, "--wait")
    assert (first.status, second.status) == (0, 0)
    assert first.lines[-1] == second.lines[-1] == "900 records imported, 0 lines left out"
    assert await population.registers["persons"].count({}) == 900
    assert await population.journal.count() == 900
    row, *_ = await population.registers["persons"].find({"_id": persons[0].personal_id})
    assert row["full_name"] == persons[0].full_name


async def test_bad_lines_are_named_and_all_others_imported(agencies: Agencies) -> None:
    population = await agencies.open("population")
    good = people(2)
    bad = ('{"personal_id": "1"}', "no JSON")
    with written(good[:1], *bad, good[1].model_dump_json()) as file:
        done = await agencies.operate("population", "import", file, "--wait")
    assert done.status == 1
    assert [line.rsplit(": ", 1)[0] for line in done.err.splitlines()] == [
        f"{file}, line 2: personal_id",
        f"{file}, line 3: Invalid JSON",
    ]
    assert "2 records imported, 2 lines left out" in done.lines
    assert await population.registers["persons"].count({}) == 2


async def test_a_later_file_changes_what_it_says_and_is_waited_for(agencies: Agencies) -> None:
    population = await agencies.open("population")
    (mother,) = people(1)
    moved = mother.with_(address="9 phố Mới")
    for person, name in ((mother, "one.ndjson"), (moved, "two.ndjson"), (mother, "one.ndjson")):
        with written([person], name=name) as file:
            assert (await agencies.operate("population", "import", file, "--wait")).status == 0
        row, *_ = await population.registers["persons"].find({"_id": mother.personal_id})
        expected = mother.address if name == "one.ndjson" and row["_version"] == 1 else "9 phố Mới"
        assert row["address"] == expected
    assert len(await population.journal.case(case_of(mother))) == 2


async def test_a_file_that_is_not_there_is_said_without_a_traceback(agencies: Agencies) -> None:
    done = await agencies.onestop("population", "import", "no-such-file.ndjson")
    assert done.status == 2
    assert done.err.startswith("onestop: ")
    assert "no-such-file.ndjson" in done.err


async def test_waiting_ends_when_nothing_comes(
    agencies: Agencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "STALLED", 0.0)
    runtime = real("population").build(agencies.settings)
    lines = [person.model_dump_json().encode() for person in people(600)]
    file = File("people.ndjson", importer, "population.events", runtime.consumer.clock())
    arrivals = [each for each in file.read(lines) if isinstance(each, Arrival)]
    told: list[int] = []
    try:
        assert await arriving.until_there(runtime, arrivals, told.append) == 600
    finally:
        await runtime.stop()
    assert told == []
