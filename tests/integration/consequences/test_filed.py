"""What is filed is in the entry alone, as it was decided, and is found there by its key."""

from typing import Any

from pymongo import MongoClient

from services.chassis.journal import Journal
from services.chassis.procedure import Context, Decision, Filed, Procedure, State
from tests.integration.events import Told
from tests.integration.office import Office, Offices


class Nothing(State):
    """No state."""


filer = Procedure("filer", initial=Nothing())


@filer.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """File the number as a letter under the word, and as a bill."""
    number = {"number": event.number}
    letter = Filed("letters", f"{event.text}/{event.number}", number)
    return Decision(state, filed=(letter, Filed("bills", str(event.text), number)))


def journal(office: Office) -> Journal:
    return office.runtime.journal


async def found(office: Office, kind: str, prefix: str) -> list[tuple[str, int]]:
    """Return keys and numbers of what is filed under keys that begin so."""
    return [(each["_id"], each["number"]) for each in await journal(office).filed(kind, prefix)]


async def test_it_is_found_by_how_its_key_begins_over_all_cases(offices: Offices) -> None:
    office = offices.open(filer)
    await office.tell("a", Told(text="lamp", number=2), Told(text="lam", number=1))
    await office.tell("b", Told(text="lamp", number=1), Told(text="lampion", number=3))
    assert await found(office, "letters", "lamp/") == [("lamp/1", 1), ("lamp/2", 2)]
    assert await found(office, "letters", "lam/") == [("lam/1", 1)]
    assert await found(office, "bills", "lampion") == [("lampion", 3)]
    assert await found(office, "letters", "candle/") == []
    assert await found(office, "letter", "") == [], "the whole name of the kind counts"


async def test_a_repeated_event_files_nothing_more(offices: Offices) -> None:
    office = offices.open(filer)
    message = office.message("a", Told(text="lamp", number=1))
    await office.handle(message)
    await office.handle(message, message)
    (entry,) = await office.entries("a")
    assert [each["key"] for each in entry.filed] == ["letters/lamp/1", "bills/lamp"]
    assert await found(office, "letters", "") == [("lamp/1", 1)]


async def test_under_one_key_the_first_entry_s_counts(offices: Offices) -> None:
    office = offices.open(filer)
    for number in (2, 1, 3):
        await office.tell("a", Told(text="lamp", number=number))
    assert await found(office, "bills", "lamp") == [("lamp", 2)]
    (bill,) = await journal(office).filed_under("bills", {"lamp", "candle"})
    assert bill["number"] == 2


async def test_it_is_found_by_an_index_that_knows_nothing_of_other_entries(
    offices: Offices,
) -> None:
    office = offices.open(filer)
    await journal(office).prepare()
    await office.tell("a", Told(text="lamp", number=1))
    settings = office.runtime.settings
    client: MongoClient[dict[str, Any]] = MongoClient(settings.mongo)
    with client:
        name = settings.database_prefix + office.runtime.name.replace("-", "_")
        entries = client[name]["journal"]
        within = {"$gte": "letters/lamp", "$lt": "letters/lamq"}
        found = entries.find({"filed": {"$elemMatch": {"key": within}}})
        stages = str(found.explain()["queryPlanner"]["winningPlan"])
        assert "'stage': 'IXSCAN'" in stages
        assert "filed.key" in stages
        assert entries.index_information()["filed.key_1"]["sparse"] is True
