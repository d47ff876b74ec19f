"""A service that would dead-letter nearly everything stops instead of emptying its topics."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

import pytest

from contracts.envelope import Event
from services.chassis.dead_letters import Failure
from services.chassis.health import Breaker, TooManyDeadLetters
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.service import DECIDING
from services.chassis.store import StoreUnavailable
from services.chassis.testing import eventually
from tests.integration.events import Passed, Told
from tests.integration.office import Office, Offices


class Nothing(State):
    """No state."""


def deployed(works: bool) -> Procedure[Nothing]:
    """A version of the procedure that works, or one that fails everything."""
    procedure = Procedure("writer", initial=Nothing())

    @procedure.on(Told)
    def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
        if not works or event.text == "bad":
            raise RuntimeError("a bad deploy")
        return Decision(state, records=(Record("words", context.case_id, {"text": event.text}),))

    return procedure


@pytest.mark.parametrize("lanes", [1, 2])
async def test_a_bad_deploy_stops_and_its_successor_handles_everything(
    offices: Offices, lanes: int
) -> None:
    office = offices.open(deployed(works=False), batch=10, haste=DECIDING._replace(lanes=lanes))
    cases = [f"case {n}" for n in range(100)]
    await office.send(*[office.message(case, Told(text=case)) for case in cases])
    # Not until it is ready: it may have halted by then.
    await office.runtime.start()
    health = office.runtime.health
    await eventually(lambda: health.halted is not None)
    assert health.alive
    assert "of the last" in health.problems[0]
    async with asyncio.timeout(20):
        await office.runtime.stop()
    letters = [letter["key"].decode() for letter in await offices.again(office).letters()]
    assert len(letters) < office.runtime.settings.dead_minimum
    assert await office.committed() <= len(letters)

    mended = offices.again(office, deployed(works=True), batch=10)
    await mended.start()
    rest = set(cases) - set(letters)
    await eventually(lambda: _written(mended, rest))
    for letter in await mended.letters():
        assert await mended.runtime.dead_letters.ask_for_replay(letter["_id"])
    await eventually(lambda: _written(mended, set(cases)))


async def _written(office: Office, cases: set[str]) -> bool:
    return set(await office.rows("words")) >= cases


async def test_what_is_skipped_does_not_hide_that_everything_else_fails(offices: Offices) -> None:
    office = offices.open(deployed(works=False))
    events: list[Event] = [Told() if n % 3 == 0 else Passed() for n in range(120)]
    messages = [office.message(f"case {n}", event) for n, event in enumerate(events)]
    with pytest.raises(TooManyDeadLetters):
        await office.handle(*messages)
    assert await office.letters() == []


async def test_some_bad_events_among_many_good_ones_do_not_stop_it(offices: Offices) -> None:
    office = offices.open(deployed(works=True))
    texts = ["bad" if n % 4 == 0 else "good" for n in range(200)]
    for start in range(0, 200, 20):
        batch = texts[start : start + 20]
        await office.handle(
            *[office.message(f"{start} {n}", Told(text=text)) for n, text in enumerate(batch)]
        )
    assert len(await office.letters()) == 50
    assert len(await office.rows("words")) == 150


async def test_a_batch_begun_again_is_not_counted_twice(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(deployed(works=True))
    letters = office.runtime.dead_letters
    write = letters.write
    lost = [StoreUnavailable("gone")] * 3

    async def unlucky(failures: Sequence[Failure], at: datetime) -> None:
        if lost:
            raise lost.pop()
        await write(failures, at)

    monkeypatch.setattr(letters, "write", unlucky)
    await office.handle(*[office.message(f"case {n}", Told(text="bad")) for n in range(10)])
    assert len(await office.letters()) == 10


async def test_replays_that_fail_again_do_not_stop_it(offices: Offices) -> None:
    office = offices.open(deployed(works=True), dead_minimum=5)
    for n in range(4):
        await office.handle(office.message(f"case {n}", Told(text="bad")))
    await office.start()
    for letter in await office.letters():
        assert await office.runtime.dead_letters.ask_for_replay(letter["_id"])
    await eventually(lambda: _all_dead_again(office))
    assert office.runtime.health.problems == []


async def _all_dead_again(office: Office) -> bool:
    return all(letter["replays"] == 1 for letter in await office.letters())


def test_the_share_is_of_a_window() -> None:
    breaker = Breaker(window=10, minimum=3, share=0.5)
    breaker.admit(10, 0)
    breaker.admit(5, 5)
    with pytest.raises(TooManyDeadLetters, match="6 of the last 10"):
        breaker.admit(1, 1)
    with pytest.raises(TooManyDeadLetters):
        breaker.admit(1, 1)
    breaker.admit(5, 0)
    breaker.admit(1, 1)


@pytest.mark.parametrize(("failed", "stops"), [(0, False), (150, False), (450, False), (600, True)])
def test_a_batch_larger_than_the_window_is_judged_whole(failed: int, stops: bool) -> None:
    breaker = Breaker(window=200, minimum=20, share=0.5)
    with pytest.raises(TooManyDeadLetters) if stops else nullcontext():
        breaker.admit(1000, failed)


def test_a_few_letters_never_stop_a_service() -> None:
    breaker = Breaker(window=10, minimum=3, share=0.5)
    breaker.admit(2, 2)
    with pytest.raises(TooManyDeadLetters):
        breaker.admit(1, 1)
