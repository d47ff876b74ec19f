"""Backups on a real store: what is in them, and what is made anew of what they hold."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.chassis.journal import seal
from services.chassis.operate import restoring
from services.chassis.operate.backing_up import JOURNAL, MANIFEST, Backup, Manifest, back_up
from services.chassis.operate.restoring import Restored, rebuild, restore
from services.chassis.outside import Outside
from services.chassis.procedure import (
    Claim,
    Context,
    Deadline,
    Decision,
    Procedure,
    Record,
    State,
)
from tests.integration.events import NOON, Told
from tests.integration.office import Office, Offices
from tests.integration.operate.agencies import Agencies, people
from tests.integration.operate.test_operate_import import written
from tests.integration.operate.test_operate_journal import journal_of

CLOSING = NOON + timedelta(days=3650)
COLLECTIONS = ("journal", "claims", "hooks", "deadlines")


class Holds(State):
    things: tuple[str, ...] = ()


def cloakroom() -> Procedure[Holds]:
    """A coat has a hook of its own, until it is taken away."""
    procedure = Procedure("cloakroom", initial=Holds())

    @procedure.on(Told)
    def told(state: Holds, event: Told, context: Context) -> Decision[Holds]:
        what, hook = event.text.split()
        claim = Claim("hook", hook)
        if what == "leave":
            return Decision(
                Holds(), releases=(claim,), deadlines=(Deadline(f"closing-{hook}", None),)
            )
        if context.claim(claim) != (None,):
            return Decision(state)
        return Decision(
            Holds(things=(*state.things, hook)),
            records=(Record("hooks", f"{context.case_id}/{hook}", {"hook": hook}),),
            deadlines=(Deadline(f"closing-{hook}", CLOSING),),
        )

    return procedure


async def evening(offices: Offices) -> Office:
    """An office with a journal in which hooks were taken, left, and taken again."""
    office = offices.open(cloakroom())
    await office.runtime.journal.prepare()
    for case, text in (
        *(("a", "take 1"), ("a", "leave 1"), ("b", "take 1"), ("a", "take 2")),
        *(("a", "leave 2"), ("a", "take 2"), ("c", "take 2"), ("c", "take 3")),
    ):
        await office.tell(case, Told(text=text))
    return office


async def all_rows(office: Office) -> dict[str, list[dict[str, Any]]]:
    store = office.runtime.store
    rows = {name: await store.collection(name).find({}, sort=[("_id", 1)]) for name in COLLECTIONS}
    # That a claim was tried for twice matters only until its entry is there.
    for claim in rows["claims"]:
        claim.pop("confirmed", None)
    return rows


async def backed_up(
    office: Office,
    folder: Path,
    since: datetime | None = None,
    until: datetime | None = None,
    unsealed: list[str] | None = None,
) -> Manifest:
    runtime, named = office.runtime, [] if unsealed is None else unsealed
    return await back_up(
        Backup(folder),
        runtime.name,
        runtime.journal,
        Outside(runtime.store, ()),
        since=since,
        until=until or runtime.clock.now(),
        unsealed=named.append,
    )


async def restored(office: Office, *folders: Path) -> Restored:
    runtime = office.runtime
    for folder in folders:
        done = await restore(
            runtime, Outside(runtime.store, ()), Backup(folder), lambda count: None
        )
    await rebuild(runtime, lambda count: None)
    return done


def elsewhere(offices: Offices, office: Office) -> Office:
    """The same service with another store, which has nothing in it."""
    return offices.again(office, cloakroom(), database_prefix="restored_")


@pytest.mark.parametrize("batch", [1, 3, 500])
async def test_all_that_a_service_keeps_is_made_anew_of_its_journal(
    offices: Offices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(restoring, "BATCH", batch)
    office = await evening(offices)
    manifest = await backed_up(office, tmp_path)
    assert manifest.files[JOURNAL].documents == 8
    other = elsewhere(offices, office)
    before = await all_rows(office)
    assert [(row["_id"], row["owner"]["case_id"], row["n"]) for row in before["claims"]] == [
        ("hook/1", "b", 1),
        ("hook/2", "a", 5),
        ("hook/3", "c", 2),
    ]
    assert len(before["deadlines"]) == 3
    await restored(other, tmp_path)
    assert await all_rows(other) == before
    # Again, and over what a service has gone on with: nothing changes.
    await other.tell("b", Told(text="leave 1"))
    gone_on = await all_rows(other)
    await restored(other, tmp_path)
    assert await all_rows(other) == gone_on


async def test_increments_that_overlap_are_the_whole(offices: Offices, tmp_path: Path) -> None:
    office = await evening(offices)
    entries = [
        row async for row in office.runtime.journal.written(None, office.runtime.clock.now())
    ]
    early, late = entries[2]["at"], entries[5]["at"]
    first = await backed_up(office, tmp_path / "first", until=late)
    second = await backed_up(office, tmp_path / "second", since=early)
    counts = [manifest.files[JOURNAL].documents for manifest in (first, second)]
    assert counts == [6, 6]
    other = elsewhere(offices, office)
    await restored(other, tmp_path / "first", tmp_path / "second")
    assert await all_rows(other) == await all_rows(office)


async def test_what_was_changed_is_named_and_not_restored(offices: Offices, tmp_path: Path) -> None:
    office = await evening(offices)
    journal = journal_of(office)
    with journal.database.client:
        journal.update_one({"_id": "c/000002"}, {"$set": {"heard": []}})
    unsealed: list[str] = []
    await backed_up(office, tmp_path, unsealed=unsealed)
    assert unsealed == ["c/000002"]
    other = elsewhere(offices, office)
    assert (await restored(other, tmp_path)).unsealed == ["c/000002"]
    assert [entry.n for entry in await other.entries("c")] == [1]


async def test_another_entry_in_the_place_of_one_is_named_and_left(
    offices: Offices, tmp_path: Path
) -> None:
    office = await evening(offices)
    await backed_up(office, tmp_path)
    other = elsewhere(offices, office)
    await restored(other, tmp_path)
    journal = journal_of(other)
    with journal.database.client:
        row = journal.find_one({"_id": "b/000001"})
        content = {name: value for name, value in row.items() if name != "hash"}
        content["context"] = b"{}"
        journal.replace_one({"_id": row["_id"]}, {**content, "hash": seal(content)})
    assert (await restored(other, tmp_path)).contradicted == ["b/000001"]
    assert (await other.entries("b"))[0].context == b"{}"


async def test_the_command_refuses_what_is_no_whole_backup_of_its_service(
    agencies: Agencies, tmp_path: Path
) -> None:
    await agencies.open("population")
    with written(people(3)) as file:
        await agencies.operate("population", "import", file, "--wait")
    folder = tmp_path / "monday"
    done = await agencies.operate("population", "journal", "backup", str(folder))
    assert done.status == 0
    assert done.out.startswith("population: 3 of journal (")
    agreed = await agencies.operate("population", "journal", "restore", str(folder))
    assert agreed.lines == [
        "population: 3 entries and 0 taken in are there",
        "population: registers, deadlines and claims made of 3 entries",
    ]
    wrong = await agencies.operate("payments", "journal", "restore", str(folder))
    assert (wrong.status, wrong.out) == (2, "")
    assert wrong.err.endswith("is a backup of population, not of payments\n")
    path = Backup(folder).path(JOURNAL)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\1")
    damaged = await agencies.operate("population", "journal", "restore", str(folder))
    assert damaged.status == 2
    assert damaged.err.endswith("not as they were written: journal\n")
    path.write_bytes(whole)
    (folder / MANIFEST).unlink()
    broken_off = await agencies.operate("population", "journal", "restore", str(folder))
    assert "is no backup: it has no backup.json" in broken_off.err


async def test_a_time_without_a_zone_is_refused(agencies: Agencies, tmp_path: Path) -> None:
    done = await agencies.operate(
        "population", "journal", "backup", str(tmp_path), "--until", "2026-07-01T00:00:00"
    )
    assert done.status == 2
    assert "--until 2026-07-01T00:00:00 has no zone" in done.err
