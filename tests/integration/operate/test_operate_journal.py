"""Journals on a real store: what verifying finds, and that publishing again has no effect."""

import asyncio
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from contracts.birth.events import BirthRegistered
from services.chassis import audit, metrics
from services.chassis.journal import Entry, seal
from services.chassis.operate.republishing import Choice, republish
from services.chassis.outside import Outside
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices
from tests.integration.operate.agencies import Agencies, people
from tests.integration.operate.test_operate_import import written

Row = dict[str, Any]


class Heard(State):
    texts: tuple[str, ...] = ()


def echo() -> Procedure[Heard]:
    """Answers what it is told."""
    procedure = Procedure("echo", initial=Heard())

    @procedure.on(Told)
    def told(state: Heard, event: Told, context: Context) -> Decision[Heard]:
        texts = (*state.texts, event.text)
        return Decision(Heard(texts=texts), events=(Answered(text=event.text),))

    return procedure


def journal_of(office: Office) -> Any:
    """The journal as somebody sees it who has the password of the store."""
    settings = office.runtime.settings
    database = settings.database_prefix + office.runtime.name.replace("-", "_")
    client: MongoClient[Row] = MongoClient(settings.mongo, tz_aware=True)
    return client[database]["journal"]


async def told(offices: Offices, *cases: str) -> Office:
    """An office that has three entries of each case."""
    office = offices.open(echo())
    await office.runtime.journal.prepare()
    for text in ("one", "two", "three"):
        for case in cases:
            await office.tell(case, Told(text=text))
    return office


def nothing_from_outside(office: Office) -> Outside:
    return Outside(office.runtime.store, ())


async def found(office: Office) -> list[str]:
    source = f"/services/{office.runtime.name}"
    report = await audit.verify(office.runtime.journal, source, lambda row: None)
    return [str(fault) for fault in report.faults]


async def test_a_journal_is_whole_until_somebody_changes_any_field_of_an_entry(
    offices: Offices,
) -> None:
    office = await told(offices, "a", "b")
    assert await found(office) == []
    journal = journal_of(office)
    with journal.database.client:
        original = journal.find_one({"case_id": "a", "n": 2})
        for field in (name for name in original if name != "_id"):
            for changed in _changes(original[field]):
                journal.update_one({"_id": original["_id"]}, {"$set": {field: changed}})
                assert await found(office) != [], f"{field} = {changed!r}"
                journal.replace_one({"_id": original["_id"]}, original)
        assert await found(office) == []


def _changes(value: Any) -> list[Any]:
    """Return other values, one of each kind of change that a value allows."""
    match value:
        case bytes():
            return [value[:-1] + bytes([value[-1] ^ 1]) if value else b"\0", value + b"\0", None]
        case list():
            return [[*value, {}], value[:-1] or [1], None]
        case int():
            return [value + 1, value - 1, float(value), bson.Int64(value)]
        case str():
            return [value + " ", value.upper()]
        case _:
            return [None]


async def test_text_that_is_not_utf_8_is_a_fault_and_no_error(offices: Offices) -> None:
    office = await told(offices, "a")
    journal = journal_of(office)
    with journal.database.client:
        original = journal.find_one({"n": 3})
        raw = bson.encode({**original, "claims": ["é"]}).replace("é".encode(), b"\xff\xfe")
        lenient: CodecOptions[RawBSONDocument] = CodecOptions(
            document_class=RawBSONDocument, unicode_decode_error_handler="replace"
        )
        journal.delete_one({"_id": original["_id"]})
        journal.insert_one(RawBSONDocument(raw, lenient))
    assert await found(office) == ["case a entry 3: was changed: it does not have its hash"]


async def test_a_removed_entry_is_missed_and_so_is_a_replaced_one(offices: Offices) -> None:
    office = await told(offices, "a", "b", "c")
    journal = journal_of(office)
    with journal.database.client:
        journal.delete_one({"case_id": "a", "n": 2})
        row = journal.find_one({"case_id": "b", "n": 2})
        journal.replace_one({"_id": row["_id"]}, _resealed(row, state=b"{}"))
    assert await found(office) == [
        "case a entry 2: is missing",
        "case b entry 3: does not continue the entry before it: one was replaced",
    ]


async def test_a_running_service_is_verified_without_false_alarm(offices: Offices) -> None:
    office = await told(offices, *map(str, range(50)))

    async def write() -> None:
        for case in range(50):
            await office.tell(str(case), Told(text="four"), Told(text="five"))

    writing = asyncio.create_task(write())
    while not writing.done():
        assert await found(office) == []
    await writing


async def test_events_are_published_again_byte_for_byte_but_those_of_a_changed_entry(
    offices: Offices,
) -> None:
    office = await told(offices, "a", "b")
    journal = journal_of(office)
    with journal.database.client:
        journal.update_one({"case_id": "b", "n": 2}, {"$set": {"state": b"{}"}})
    before = [(said.key, said.value, said.headers) for said in await office.said()]
    steps: list[int] = []
    done = await republish(
        office.runtime, office.runtime.name, nothing_from_outside(office), Choice(), steps.append
    )
    assert (done.entries, done.events, done.unsealed) == (5, 5, ["b/000002"])
    assert sum(steps) == 6
    after = [(said.key, said.value, said.headers) for said in await office.said()]
    assert len(after) == len(before) + 5
    assert {value for _, value, _ in after} == {value for _, value, _ in before}
    assert all(said in before for said in after)


async def test_only_the_chosen_entries_are_published_again(offices: Offices) -> None:
    office = await told(offices, "a", "b")
    entries = await office.entries("b")

    async def events(choice: Choice) -> int:
        done = await republish(
            office.runtime, office.runtime.name, nothing_from_outside(office), choice, print
        )
        return done.events

    assert await events(Choice(case_id="a")) == 3
    assert await events(Choice(since=entries[-1].at)) == 1
    assert await events(Choice(case_id="c")) == 0


async def test_receivers_ignore_what_is_published_again(agencies: Agencies) -> None:
    await agencies.open("civil-status")
    population = await agencies.open("population")
    (case,) = await agencies.declare(1)

    async def identified() -> bool:
        return await population.journal.count(case) == 1

    await eventually(identified)
    repeated = metrics.REPEATED.labels("population", BirthRegistered.type)
    before = repeated._value.get()
    done = await agencies.operate("civil-status", "journal", "republish", "--case", case)
    assert (done.status, done.lines) == (
        0,
        ["civil-status: 1 events of 1 entries published"],
    )
    await eventually(lambda: repeated._value.get() == before + 1)
    assert await population.journal.count(case) == 1
    assert await population.registers["persons"].count({"_case": case}) == 1
    said = await agencies.heard_on("population", case)
    assert len({record.value for record in said if b"person-identified" in record.value}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to publish: one of --case ID, --since TIME and --all"),
        (("--all", "--case", "x"), "say what to publish"),
        (("--since", "yesterday"), "--since yesterday is not a time such as"),
        (("--since", "2026-07-01T00:00:00"), "--since 2026-07-01T00:00:00 has no zone"),
        (("--case", "x"), "population has no entry of case x"),
    ],
)
async def test_what_cannot_be_published_is_said_in_one_line(
    agencies: Agencies, arguments: tuple[str, ...], said: str
) -> None:
    done = await agencies.operate("population", "journal", "republish", *arguments)
    assert done.status == 2
    assert done.err.startswith(f"onestop: {said}")
    assert done.err.count("\n") == 1


async def test_receivers_are_witnesses_of_what_their_source_no_longer_has(
    agencies: Agencies,
) -> None:
    for name in ("civil-status", "population", "payments", "portal"):
        await agencies.open(name)
    cut, deleted, rewritten = await agencies.declare(3)
    portal = agencies.running["portal"].journal

    async def all_heard(entry: int) -> bool:
        cases = [await portal.case(case) for case in (cut, deleted, rewritten)]
        return all(_has_heard(case, "payments", entry) for case in cases)

    await eventually(lambda: all_heard(1))
    # The last event of a case here is the one of its premium, which the portal alone hears.
    await agencies.open("social-insurance")
    await eventually(lambda: all_heard(2))
    for name in list(agencies.running):
        await agencies.close(name)
    whole = await agencies.onestop("journal", "verify")
    assert (whole.status, whole.lines[-1:]) == (0, ["The journals agree."]), whole

    client: MongoClient[Row] = MongoClient(agencies.settings.mongo, tz_aware=True)
    with client:
        payments = client[f"{agencies.prefix}payments"]["journal"]
        civil_status = client[f"{agencies.prefix}civil_status"]["journal"]
        payments.delete_one({"case_id": cut, "n": 2})
        civil_status.delete_many({"case_id": deleted})
        (row,) = civil_status.find({"case_id": rewritten})
        civil_status.replace_one({"_id": row["_id"]}, _resealed(row, context=b"{}"))
    done = await agencies.onestop("journal", "verify")
    assert done.status == 1
    contradictions = [line for line in done.lines if not line.endswith(": whole")]
    assert contradictions.pop() == "Contradictions: 3."
    assert set(contradictions) == {
        f"payments: case {cut} entry 2: is missing: the tail of the case was cut off,"
        " portal heard it",
        f"civil-status: case {deleted} entry 1: is missing with its whole case: the case was"
        " deleted, population and portal heard it",
        f"civil-status: case {rewritten} entry 1: was rewritten: population and portal heard it"
        " with another hash",
    }


def _has_heard(entries: list[Entry], service: str, n: int) -> bool:
    heard = [event for entry in entries for event in entry.heard]
    return (f"/services/{service}", n) in [(event["source"], event["entry"]) for event in heard]


def _resealed(row: Row, **changes: Any) -> Row:
    content = {name: value for name, value in row.items() if name != "hash"} | changes
    return {**content, "hash": seal(content)}


async def test_a_service_verifies_its_own_journal(agencies: Agencies) -> None:
    await agencies.open("population")
    with written(people(3)) as file:
        await agencies.operate("population", "import", file, "--wait")
    done = await agencies.operate("population", "journal", "verify")
    assert done == type(done)(0, "population: 3 cases, 3 entries, 3 events: whole\n", "")
    client: MongoClient[Row] = MongoClient(agencies.settings.mongo)
    with client:
        journal = client[f"{agencies.prefix}population"]["journal"]
        journal.update_one({"n": 1}, {"$set": {"claims": []}})
    done = await agencies.operate("population", "journal", "verify")
    assert done.status == 1
    assert done.lines[0].endswith(" entry 1: was changed: it does not have its hash")
    assert done.lines[1:] == ["population: 3 cases, 3 entries, 3 events: 1 fault"]
