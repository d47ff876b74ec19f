"""Logs say which case and why in one word, and never what an error holds: that may be personal."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, StringConstraints

from services.chassis.logs import JsonFormatter
from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Told
from tests.integration.office import Office, Offices

NAME = "Nguyễn Thị Hoa"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Nothing(State):
    """No state."""


class Person(BaseModel):
    """Takes no name with a space, and says which one it did not take."""

    name: Annotated[str, StringConstraints(pattern=r"^\S+$")]


clerk = Procedure("clerk", initial=Nothing())


@clerk.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Fail in one way or another, where there is a name."""
    if event.text == "model":
        Person(name=NAME)
    if event.text == "raise":
        raise KeyError(NAME)
    return Decision(state)


class Lines(logging.Handler):
    """Keeps what would be written, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("office"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def about(self, part: str) -> list[dict[str, str]]:
        """The lines of the chassis whose message begins so."""
        parsed = [json.loads(line) for line in self.lines]
        return [line for line in parsed if line["message"].startswith(part)]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged, as it is written."""
    handler, root = Lines(), logging.getLogger()
    level = logging.getLogger("services").level
    root.addHandler(handler)
    logging.getLogger("services").setLevel(logging.DEBUG)
    yield handler
    logging.getLogger("services").setLevel(level)
    root.removeHandler(handler)


def traced(office: Office, text: str) -> Message:
    """A message of a case with a name of its own, in a trace."""
    parent = f"00-{TRACE}-b7ad6b7169203331-01"
    return office.changed(office.message(f"case {text}", Told(text=text)), with_trace(parent))


@pytest.mark.parametrize(("text", "kind"), [("model", "ValidationError"), ("raise", "KeyError")])
async def test_a_failure_is_logged_by_its_kind_and_kept_with_its_reason(
    offices: Offices, lines: Lines, text: str, kind: str
) -> None:
    office = offices.open(clerk)
    message = traced(office, text)
    await office.handle(message)
    (letter,) = await office.letters()
    assert NAME in letter["reason"]
    assert NAME in letter["traceback"]
    assert not [line for line in lines.lines if "Hoa" in line]
    (line,) = lines.about("dead letter")
    assert line["message"] == f"dead letter {message.id}: {kind}"
    envelope = json.loads(message.value or b"")
    where = {"case": f"case {text}", "correlation": envelope["correlationid"], "trace": TRACE}
    assert where.items() <= line.items()


async def test_what_is_handled_is_logged_with_its_whereabouts(
    offices: Offices, lines: Lines
) -> None:
    office = offices.open(clerk)
    message = traced(office, "good")
    await office.handle(message)
    (line,) = lines.about("handled")
    envelope = json.loads(message.value or b"")
    assert line["level"] == "DEBUG"
    assert line["message"] == "handled citizen.told.v1"
    assert {name: line[name] for name in ("case", "correlation", "trace", "event")} == {
        "case": "case good",
        "correlation": envelope["correlationid"],
        "trace": TRACE,
        "event": envelope["id"],
    }


async def test_a_fault_that_nobody_knows_is_logged_without_what_it_holds(
    offices: Offices, lines: Lines
) -> None:
    office = offices.open(clerk)

    async def break_off() -> None:
        raise RuntimeError(f"no such person: {NAME}")

    office.at("before-append", break_off)
    await office.start()
    await office.send(office.message("case", Told()))
    await eventually(lambda: office.runtime.health.halted is not None)
    (line,) = lines.about("the loop failed")
    assert line["error"] == "RuntimeError"
    assert "break_off" in line["traceback"]
    assert not [each for each in lines.lines if "Hoa" in each]


async def test_a_task_beside_the_loop_that_fails_is_logged_without_what_it_holds(
    offices: Offices, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(clerk)

    async def break_off(*_: object, **__: object) -> None:
        raise RuntimeError(f"no such person: {NAME}")

    monkeypatch.setattr(office.runtime.dead_letters, "summaries", break_off)
    await office.start()
    await eventually(lambda: bool(lines.about("a task beside the loop failed")))
    assert not [each for each in lines.lines if "Hoa" in each]


async def test_a_trace_that_is_none_costs_nothing(offices: Offices, lines: Lines) -> None:
    office = offices.open(clerk)
    for parent in ("", "nonsense", "00-", "0-1-2-3-4"):
        message = office.message("case", Told())
        await office.handle(office.changed(message, with_trace(parent)))
    handled = lines.about("handled")
    assert len(handled) == 4
    assert not any("trace" in line for line in handled)


def with_trace(parent: str) -> Callable[[dict[str, Any]], Any]:
    return lambda envelope: envelope.update(traceparent=parent)
