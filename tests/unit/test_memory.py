"""What is remembered of a case stays what it was when another version of the service reads it."""

import json
from typing import Any

from services.chassis.memory import Memory, MemoryCodec
from services.chassis.procedure import Procedure, State


class Before(State):
    """A state as one version knows it."""

    channel: str = "counter"
    opened: bool = False


class After(State):
    """The next version, with other defaults and one more field."""

    channel: str = "online"
    opened: bool = True
    copies: int = 1


def codec(*states: tuple[str, State]) -> MemoryCodec:
    procedures: list[Procedure[Any]] = [Procedure(name, initial=state) for name, state in states]
    return MemoryCodec(procedures)


def test_a_default_that_changes_changes_no_history() -> None:
    stored = codec(("desk", Before())).dump(Memory({"desk": Before()}))
    loaded = codec(("desk", After())).load(stored)
    assert loaded.states == {"desk": After(channel="counter", opened=False, copies=1)}


def test_the_state_of_a_procedure_that_is_not_known_here_survives() -> None:
    newer = codec(("desk", Before()), ("archive", After(copies=7)))
    stored = newer.dump(Memory({"desk": Before(), "archive": After(copies=7)}, {"desk/due": "id"}))
    older = codec(("desk", Before()))
    memory = older.load(stored).copy()
    memory.states["desk"] = Before(opened=True)
    again = older.dump(memory)
    assert json.loads(again)["states"]["archive"] == json.loads(stored)["states"]["archive"]
    assert newer.load(again) == Memory(
        {"desk": Before(opened=True), "archive": After(copies=7)}, {"desk/due": "id"}
    )


def test_a_case_without_entries_has_an_empty_memory() -> None:
    assert codec(("desk", Before())).load(None) == Memory()
