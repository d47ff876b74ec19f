"""A restarted mongod no longer knows a cursor: what it was read for is begun again."""

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from services.chassis import store
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.store import StoreUnavailable
from tests.integration.events import Answered, Told
from tests.integration.office import Offices

LARGE = 9_000_000
"""Characters; of documents so large, no two are in one answer."""


class Heard(State):
    """The last word heard."""

    text: str = ""


listener = Procedure("listener", initial=Heard())


@listener.on(Told)
def told(state: Heard, event: Told, context: Context) -> Decision[Heard]:
    """Remember much where `number` says so."""
    return Decision(Heard(text="x" * event.number), events=(Answered(text=event.text),))


class Forgetful(CommandListener):
    """Makes the server forget a cursor before it is asked to go on with it, the first time."""

    def __init__(self, uri: str) -> None:
        self.client: MongoClient[dict[str, Any]] = MongoClient(uri)
        self.asked_to_go_on = 0
        self.left = 0

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name != "getMore":
            return
        self.asked_to_go_on += 1
        if self.left:
            self.left -= 1
            cursor, collection = event.command["getMore"], event.command["collection"]
            self.client[event.database_name].command("killCursors", collection, cursors=[cursor])

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


@pytest.fixture
def forgetful(offices: Offices, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forgetful]:
    """Listens to all stores that are opened from now on."""
    listening = Forgetful(offices.servers.addresses.mongo)
    client = functools.partial(vars(store)["AsyncIOMotorClient"], event_listeners=[listening])
    monkeypatch.setattr(store, "AsyncIOMotorClient", client)
    yield listening
    listening.client.close()


async def test_a_batch_whose_cursor_is_gone_is_begun_again(
    offices: Offices, forgetful: Forgetful
) -> None:
    office = offices.open(listener)
    cases = ("a", "b")
    await office.handle(*[office.message(case, Told(text="1", number=LARGE)) for case in cases])
    forgetful.left = 1
    await office.handle(*[office.message(case, Told(text="2")) for case in cases])
    assert forgetful.left == 0
    assert await office.texts() == ["1", "1", "2", "2"]
    assert await office.letters() == []


async def test_many_small_documents_are_one_answer(offices: Offices, forgetful: Forgetful) -> None:
    office = offices.open(listener)
    cases = [f"case {n}" for n in range(150)]
    for text in ("1", "2"):
        await office.handle(*[office.message(case, Told(text=text)) for case in cases])
    assert len(await office.texts()) == 300
    assert forgetful.asked_to_go_on == 0


async def test_a_scan_says_that_the_store_was_away(offices: Offices, forgetful: Forgetful) -> None:
    office = offices.open(listener)
    await office.handle(*[office.message(f"case {n}", Told()) for n in range(150)])
    forgetful.left = 1
    with pytest.raises(StoreUnavailable):
        await count(office.runtime.journal.documents())


async def count(documents: AsyncIterator[Any]) -> int:
    return len([document async for document in documents])
