"""A journal out of which somebody has taken an entry: that case stops, and nothing else does."""

from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices


class Heard(State):
    """The words heard."""

    words: tuple[str, ...] = ()


listener = Procedure("listener", initial=Heard())


@listener.on(Told)
def told(state: Heard, event: Told, context: Context) -> Decision[Heard]:
    """Say all words."""
    words = (*state.words, event.text)
    return Decision(Heard(words=words), events=(Answered(text=" ".join(words)),))


async def torn(office: Office) -> dict[str, object]:
    """Tell a case three things, and take the second entry away; return that."""
    for text in ("one", "two", "three"):
        await office.tell("torn", Told(text=text))
    journal = office.runtime.store.collection("journal")
    (row,) = await journal.find({"_id": "torn/000002"})
    await journal.delete({"_id": "torn/000002"})
    return row


async def test_a_gap_costs_its_own_case_only(offices: Offices) -> None:
    office = offices.open(listener)
    await torn(office)
    bad = office.message("torn", Told(text="four"))
    await office.handle(bad, office.message("whole", Told(text="neighbour")))
    assert "neighbour" in await office.texts()
    (letter,) = await office.letters()
    assert (letter["_id"], letter["status"]) == (bad.id, "dead")
    assert letter["reason"].startswith("Gap: entries of the case are missing")
    assert [entry.n for entry in await office.entries("torn")] == [1, 3]


async def test_a_service_goes_on_and_a_restored_case_too(offices: Offices) -> None:
    office = offices.open(listener)
    entry = await torn(office)
    await office.start()
    await office.send(office.message("torn", Told(text="four")))
    await eventually(lambda: has_letters(office, 1))
    await office.send(office.message("whole", Told(text="neighbour")))
    await eventually(lambda: has_said(office, "neighbour"))
    assert office.runtime.health.problems == []

    await office.runtime.store.collection("journal").insert([entry])
    (letter,) = await office.letters()
    assert await office.runtime.dead_letters.ask_for_replay(letter["_id"])
    await eventually(lambda: has_said(office, "one two three four"))


async def has_letters(office: Office, count: int) -> bool:
    return len(await office.letters()) == count


async def has_said(office: Office, text: str) -> bool:
    return text in await office.texts()
