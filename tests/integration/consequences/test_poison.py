"""Poison costs its own case only: neighbours of its batch, and its case's other events, go on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from services.chassis.procedure import (
    Claim,
    Context,
    Deadline,
    Decision,
    Filed,
    Measure,
    Procedure,
    Record,
    State,
)
from tests.integration.events import Answered, Told
from tests.integration.office import Offices

LONE = "\ud800"


class Heard(State):
    """The words heard, and a number that JSON may not be able to hold."""

    words: tuple[str, ...] = ()
    number: float = 0.0


def nested(depth: int) -> dict[str, Any]:
    """A document in a document, so many times."""
    inner: dict[str, Any] = {}
    for _ in range(depth):
        inner = {"in": inner}
    return inner


def raising(error: Exception) -> Callable[[Context], Decision[Heard]]:
    """A decision that ends with this error."""

    def decide(context: Context) -> Decision[Heard]:
        raise error

    return decide


def recursion(context: Context) -> Decision[Heard]:
    """Never end."""
    return recursion(context)


def claims(claim: Claim) -> Callable[[Context], Decision[Heard]]:
    """Ask for a claim."""

    def decide(context: Context) -> Decision[Heard]:
        context.claim(claim)
        return Decision(Heard())

    return decide


def stores(*records: Record) -> Callable[[Context], Decision[Heard]]:
    """Write records."""
    return lambda context: Decision(Heard(), records=records)


def files(fields: dict[str, Any], key: str = "word") -> Callable[[Context], Decision[Heard]]:
    """File a document."""
    return lambda context: Decision(Heard(), filed=(Filed("words", key, fields),))


def says(text: str) -> Callable[[Context], Decision[Heard]]:
    """Publish a text that no model has checked."""
    return lambda context: Decision(Heard(), events=(Answered.model_construct(text=text),))


def remembers(state: Heard) -> Callable[[Context], Decision[Heard]]:
    """End in this state."""
    return lambda context: Decision(state)


FAR = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))
BAD_DECISIONS: dict[str, Callable[[Context], Any]] = {
    "a handler that raises": raising(RuntimeError("no")),
    "an error with a lone surrogate": raising(RuntimeError(LONE)),
    "a handler without end": recursion,
    "no decision at all": lambda context: None,
    "a lone surrogate in the state": remembers(Heard(words=(LONE,))),
    "a lone surrogate in a record": stores(Record("words", "word", {"text": LONE})),
    "a lone surrogate in a key": stores(Record("words", LONE, {})),
    "a lone surrogate in an event": says(LONE),
    "a lone surrogate in a claim": claims(Claim("word", LONE)),
    "a lone surrogate in a subject": claims(Claim("word", "word", LONE)),
    "an integer past 64 bits in a record": stores(Record("words", "word", {"number": 2**63})),
    "a type that has no BSON": stores(Record("words", "word", {"number": 1j})),
    "a field that has no name": stores(Record("words", "word", {"": 1})),
    "a field named as an operator": stores(Record("words", "word", {"$inc": 1})),
    "a field named as the key": stores(Record("words", "word", {"_id": "other"})),
    "a field named with a NUL": stores(Record("words", "word", {"a\0b": 1})),
    "a register without a name": stores(Record("", "word", {})),
    "documents in documents": stores(Record("words", "word", nested(190))),
    "more documents in documents": stores(Record("words", "word", nested(5000))),
    "a lone surrogate on file": files({"text": LONE}),
    "a lone surrogate in a key on file": files({}, LONE),
    "documents in documents on file": files(nested(5000)),
    "a record that is too large": stores(Record("words", "word", {"text": "x" * 17_000_000})),
    "an event that is too large": says("x" * 1_000_000),
    "a claim that is too large": claims(Claim("word", "x" * 17_000_000)),
    "a time past the end of time": lambda context: Decision(
        Heard(), deadlines=(Deadline("later", FAR),)
    ),
}


def listener(bad: Callable[[Context], Any]) -> Procedure[Heard]:
    """A procedure that hears words, and does something bad at the word `bad`."""
    procedure = Procedure("listener", initial=Heard())

    @procedure.on(Told)
    def told(state: Heard, event: Told, context: Context) -> Decision[Heard]:
        if event.text == "bad":
            decision: Decision[Heard] = bad(context)
            return decision
        words = (*state.words, event.text)
        return Decision(
            Heard(words=words),
            events=(Answered(text=f"{context.case_id}: {' '.join(words)}"),),
            records=(Record("heard", context.case_id, {"words": list(words)}),),
        )

    @procedure.on_deadline("later")
    def later(state: Heard, context: Context) -> Decision[Heard]:
        return Decision(state)

    return procedure


@pytest.mark.parametrize("kind", BAD_DECISIONS)
async def test_an_event_that_cannot_be_decided_or_stored(offices: Offices, kind: str) -> None:
    office = offices.open(listener(BAD_DECISIONS[kind]))
    texts = [("a", "one"), ("a", "bad"), ("b", "two"), ("a", "three"), ("c", "bad")]
    await office.handle(*[office.message(case, Told(text=text)) for case, text in texts])
    assert await office.rows("heard") == {
        "a": {"words": ["one", "three"]},
        "b": {"words": ["two"]},
    }
    letters = await office.letters()
    assert [(letter["key"], letter["status"]) for letter in letters] == [
        (b"a", "dead"),
        (b"c", "dead"),
    ]
    assert all(letter["reason"] and letter["traceback"] for letter in letters)
    await office.tell("a", Told(text="four"))
    await office.tell("c", Told(text="five"))
    said = await office.texts()
    assert {"a: one three four", "b: two", "c: five"} <= set(said)


UNREADABLE: dict[str, bytes | None] = {
    "nothing": None,
    "an empty value": b"",
    "bad JSON": b'{"specversion": "1.0", ',
    "no UTF-8": b'{"specversion": "\xff"}',
    "no object": b"[1, 2]",
    "no envelope": b'{"text": "hello"}',
    "a lone surrogate in the JSON": b'{"type": "citizen.told.v1", "subject": "\\ud800"}',
    "documents without end": b'{"a":' * 100_000,
    "oversized": b'{"specversion": "' + b"x" * 900_001 + b'"}',
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_bytes_that_are_no_event(offices: Offices, kind: str) -> None:
    office = offices.open(listener(raising(RuntimeError("no"))))
    good = office.message("b", Told(text="two"))
    bad = office.raw(UNREADABLE[kind], "a")
    await office.handle(office.message("a", Told(text="one")), bad, good)
    assert await office.texts() == ["a: one", "b: two"]
    (letter,) = await office.letters()
    assert (letter["_id"], letter["value"]) == (bad.id, UNREADABLE[kind])
    assert letter["reason"].startswith("Unreadable: ")


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an unknown version": lambda e: e.update(type="citizen.told.v2"),
    "another specification": lambda e: e.update(specversion="0.3"),
    "an id that is none": lambda e: e.update(id="seven"),
    "no subject": lambda e: e.pop("subject"),
    "an empty subject": lambda e: e.update(subject=""),
    "a long subject": lambda e: e.update(subject="x" * 129),
    "no data": lambda e: e.pop("data"),
    "wrong data": lambda e: e.update(data={"number": "seven"}),
    "a time without a zone": lambda e: e.update(time="2026-11-02T12:00:00"),
    "a time before time": lambda e: e.update(time="0001-01-01T00:00:00+14:00"),
    "an entry past 64 bits": lambda e: e.update(entry=2**64),
    "a negative entry": lambda e: e.update(entry=-1),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_an_event_of_a_wrong_shape(offices: Offices, kind: str) -> None:
    office = offices.open(listener(raising(RuntimeError("no"))))
    good = office.message("b", Told(text="two"))
    bad = office.changed(office.message("a", Told(text="one")), WRONG[kind])
    await office.handle(bad, good)
    assert await office.texts() == ["b: two"]
    (letter,) = await office.letters()
    assert letter["value"] == bad.value


async def test_a_header_that_is_not_utf8(offices: Offices) -> None:
    office = offices.open(listener(raising(RuntimeError("no"))))
    bad = office.message("a", Told(text="one"), headers=(("traceparent", b"\xff\xfe"),))
    await office.handle(bad, office.message("b", Told(text="two")))
    assert await office.texts() == ["b: two"]
    (letter,) = await office.letters()
    assert letter["headers"] == [["traceparent", b"\xff\xfe"]]
    assert letter["reason"] == "Unreadable: header 'traceparent' is not UTF-8 at byte 0"


async def test_a_header_without_a_value_is_none(offices: Offices) -> None:
    office = offices.open(listener(raising(RuntimeError("no"))))
    headers = (("type", None), ("traceparent", None), ("entry-hash", None))
    await office.handle(office.message("a", Told(text="one"), headers=headers))
    await office.handle(office.message("a", Told(text="bad"), headers=headers))
    assert await office.texts() == ["a: one"]
    (letter,) = await office.letters()
    assert letter["headers"] == [list(header) for header in headers]


async def test_a_measure_that_nobody_knows_costs_nothing(offices: Offices) -> None:
    measures = (Measure("temperature", 1.0, {}), Measure("case_seconds", 1.0, {"no": "label"}))
    office = offices.open(listener(lambda context: Decision(Heard(), measures=measures)))
    await office.tell("a", Told(text="bad"), Told(text="one"))
    assert await office.texts() == ["a: one"]
    assert await office.letters() == []


async def test_what_is_too_large_for_one_entry_goes_into_several(offices: Offices) -> None:
    def large(context: Context) -> Decision[Heard]:
        key = str(context.cause.id)
        return Decision(Heard(), records=(Record("words", key, {"text": "x" * 6_000_000}),))

    office = offices.open(listener(large))
    await office.tell("a", *[Told(text="bad")] * 5, Told(text="one"))
    assert [len(entry.heard) for entry in await office.entries("a")] == [2, 2, 2]
    assert await office.letters() == []


async def test_a_state_that_cannot_be_read_again_costs_its_case_only(offices: Offices) -> None:
    """JSON has no infinity: it is stored as null, which is no number when it is read again."""
    office = offices.open(listener(remembers(Heard(number=float("inf")))))
    await office.tell("a", Told(text="bad"))
    await office.handle(
        office.message("a", Told(text="one")), office.message("b", Told(text="two"))
    )
    assert await office.texts() == ["b: two"]


async def test_a_time_is_kept_where_its_zone_allows(offices: Offices) -> None:
    office = offices.open(listener(raising(RuntimeError("no"))))
    early = office.changed(
        office.message("a", Told(text="one")),
        lambda envelope: envelope.update(time="0001-01-01T00:00:00Z"),
    )
    await office.handle(early)
    await office.handle(early)
    (entry,) = await office.entries("a")
    assert entry.heard[0]["time"] == datetime(1, 1, 1, tzinfo=UTC)
