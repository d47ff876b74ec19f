"""Entries are chained by hash, and every event bears witness to the entry that it comes from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from services.chassis.journal import entry_from
from services.chassis.procedure import (
    Claim,
    Context,
    Deadline,
    Decision,
    Procedure,
    Record,
    State,
)
from services.chassis.tips import NO_HASH
from tests.integration.events import NOON, Answered, Told
from tests.integration.office import Offices

VALUES: dict[str, Any] = {
    "small": 1,
    "large": 2**40,
    "negative": -(2**62),
    "real": 1.5,
    "none": None,
    "truth": True,
    "text": "Nguyễn Thị Bình\0",
    "bytes": b"\x00\xff",
    "time": datetime(2026, 11, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=7))),
    "list": [1, {"a": []}, (2, 3)],
    "reference": {"$ref": "births", "$id": 7},
}


class Nothing(State):
    """No state."""


clerk = Procedure("clerk", initial=Nothing())


@clerk.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Have every kind of effect."""
    context.claim(Claim("word", event.text, "subject"))
    return Decision(
        state,
        events=(Answered(text=event.text),),
        records=(Record("values", context.case_id, VALUES),),
        deadlines=(Deadline("later", NOON + timedelta(days=400, microseconds=1)),),
        releases=(Claim("word", event.text, "subject"),) if event.number else (),
    )


@clerk.on_deadline("later")
def later(state: Nothing, context: Context) -> Decision[Nothing]:
    """Never happens here."""
    return Decision(state)


async def test_stored_entries_have_the_hash_of_what_is_stored(offices: Offices) -> None:
    office = offices.open(clerk)
    for number in (0, 1, 0):
        await office.tell("a", Told(text="lamp", number=number))
    documents = await office.runtime.store.collection("journal").find({}, sort=[("n", 1)])
    previous = NO_HASH
    for document in documents:
        entry = entry_from(document)
        assert entry.previous_hash == previous
        assert entry.hash == entry.expected_hash() != NO_HASH
        previous = entry.hash


async def test_a_changed_entry_does_not_have_its_hash(offices: Offices) -> None:
    office = offices.open(clerk)
    await office.tell("a", Told(text="lamp"))
    (entry,) = await office.entries("a")
    for change in (
        replace(entry, state=entry.state + b" "),
        replace(entry, at=entry.at + timedelta(milliseconds=1)),
        replace(entry, events=[]),
        replace(entry, previous_hash=b"x"),
    ):
        assert change.expected_hash() != entry.hash


async def test_receivers_are_witnesses(offices: Offices) -> None:
    """What one service publishes, another hears: with the number and the hash of the entry."""
    publisher, receiver = offices.open(clerk), offices.open(hearer())
    await publisher.tell("a", Told(text="lamp"))
    (said,) = await publisher.said()
    await receiver.handle(receiver.raw(said.value, "a", headers=tuple(said.headers.items())))
    (entry,) = await publisher.entries("a")
    (witness,) = (await receiver.entries("a"))[0].heard
    assert (witness["source"], witness["entry"]) == (said.envelope.source, entry.n)
    assert witness["hash"] == entry.hash.hex()


def hearer() -> Procedure[Nothing]:
    """A procedure that hears what another service says."""
    procedure = Procedure("hearer", initial=Nothing())

    @procedure.on(Answered)
    def heard(state: Nothing, event: Answered, context: Context) -> Decision[Nothing]:
        return Decision(state)

    return procedure


async def test_the_context_of_a_decision_is_kept(offices: Offices) -> None:
    office = offices.open(clerk)
    at = datetime(2026, 11, 2, 1, 2, 3, 4000, tzinfo=UTC)
    office.runtime.consumer.clock = lambda: at
    await office.tell("a", Told(text="lamp"))
    (entry,) = await office.entries("a")
    assert entry.at == at
    assert b'"now":"2026-11-02T01:02:03.004000Z"' in entry.context
    assert b'"word/lamp":{"case_id":"a","procedure":"clerk","subject":"subject"}' in entry.context
