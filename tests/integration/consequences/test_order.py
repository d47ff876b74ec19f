"""No order, within a topic either: every order of the same events ends in the same."""

from itertools import permutations
from random import Random

import pytest

from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from tests.integration.events import Answered, Paid, Told
from tests.integration.office import Office, Offices


class Join(State):
    """What two sources have said; of the first only the newest counts."""

    word: str | None = None
    entry: int = -1
    amount: int | None = None


joiner = Procedure("joiner", initial=Join())


@joiner.on(Told)
def told(state: Join, event: Told, context: Context) -> Decision[Join]:
    """Take the word that comes from the newest entry of its source."""
    if context.cause.entry <= state.entry:
        return Decision(state)
    return settle(state.with_(word=event.text, entry=context.cause.entry), context)


@joiner.on(Paid)
def paid(state: Join, event: Paid, context: Context) -> Decision[Join]:
    """Take the amount."""
    return settle(state.with_(amount=event.amount), context)


def settle(state: Join, context: Context) -> Decision[Join]:
    """Say so when both are there."""
    row = {"word": state.word, "amount": state.amount}
    records = (Record("joined", context.case_id, row),)
    if state.word is None or state.amount is None:
        return Decision(state, records=records)
    said = Answered(text=f"{state.word} {state.amount}")
    return Decision(state, events=(said,), records=records)


def heard(office: Office, case: str) -> list[Message]:
    """Two entries of one source, one of another."""
    return [
        office.message(case, Told(text="draft"), entry=1),
        office.message(case, Told(text="final"), entry=2),
        office.message(case, Paid(amount=7)),
    ]


@pytest.mark.parametrize("together", [True, False])
async def test_every_order_ends_in_the_same(offices: Offices, together: bool) -> None:
    office = offices.open(joiner)
    orders = list(permutations(range(3)))
    batches = [[heard(office, f"case {n}")[i] for i in order] for n, order in enumerate(orders)]
    if together:
        await office.handle(*[message for batch in batches for message in batch])
    else:
        for messages in zip(*batches, strict=True):
            await office.handle(*messages)
    rows = await office.rows("joined")
    assert rows == {f"case {n}": {"word": "final", "amount": 7} for n in range(len(orders))}


async def test_everything_twice_and_shuffled_ends_in_the_same(offices: Offices) -> None:
    office = offices.open(joiner)
    messages = [message for n in range(20) for message in heard(office, f"case {n}")] * 2
    Random(5).shuffle(messages)
    for start in range(0, len(messages), 7):
        await office.handle(*messages[start : start + 7])
    assert set(await office.rows("joined")) == {f"case {n}" for n in range(20)}
    assert {str(row) for row in (await office.rows("joined")).values()} == {
        "{'word': 'final', 'amount': 7}"
    }
    for n in range(20):
        entries = await office.entries(f"case {n}")
        assert sum(len(entry.heard) for entry in entries) == 3


async def test_an_event_carries_the_number_of_its_entry(offices: Offices) -> None:
    office = offices.open(joiner)
    for message in heard(office, "a"):
        await office.handle(message)
    (said,) = await office.said()
    (last,) = [entry for entry in await office.entries("a") if entry.events]
    assert said.envelope.entry == last.n == 3
    assert said.headers["entry"] == b"3"


async def test_of_two_events_of_one_type_the_number_tells_which_is_the_newer(
    offices: Offices,
) -> None:
    """Whoever hears them goes by it: in one entry, nothing would tell."""
    office = offices.open(joiner)
    paid, draft, final = office.message("a", Paid(amount=7)), *heard(office, "a")[:2]
    await office.handle(paid, draft, final)
    said = [(each.text, each.envelope.entry) for each in await office.said()]
    assert sorted(said, key=lambda each: each[1]) == [("draft 7", 1), ("final 7", 2)]
    await office.handle(paid, draft, final)
    assert len(await office.entries("a")) == 2
