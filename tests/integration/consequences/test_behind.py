"""A service that is behind reads partition numbers out: the events of a case cost one entry."""

import asyncio
from contextlib import suppress

import pytest

from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.settings import Haste
from services.chassis.testing import eventually
from tests.integration.events import Answered, Paid, Told
from tests.integration.office import Office, Offices

CASES, BATCH = 600, 100


class Joined(State):
    """Which of the two were heard."""

    told: bool = False
    paid: bool = False


joiner = Procedure("joiner", initial=Joined())


@joiner.on(Told)
def told(state: Joined, event: Told, context: Context) -> Decision[Joined]:
    """Remember it, and answer when both were heard."""
    return joined(Joined(told=True, paid=state.paid), context)


@joiner.on(Paid)
def paid(state: Joined, event: Paid, context: Context) -> Decision[Joined]:
    """Remember it, and answer when both were heard."""
    return joined(Joined(told=state.told, paid=True), context)


def joined(after: Joined, context: Context) -> Decision[Joined]:
    answer = (Answered(text=context.case_id),) if after.told and after.paid else ()
    return Decision(after, events=answer)


async def all_answered(office: Office) -> bool:
    return len(await office.texts()) == CASES


@pytest.mark.parametrize("lanes", [1, 2])
async def test_the_events_of_a_case_meet_in_one_entry(offices: Offices, lanes: int) -> None:
    office = offices.open(joiner, batch=BATCH, haste=Haste(fast=0, gather=0.1, lanes=lanes))
    cases = [f"case-{number}" for number in range(CASES)]
    for event in (Told(), Paid()):
        await office.send(*[office.message(case, event) for case in cases])
    await office.start()

    await eventually(lambda: all_answered(office))
    assert await office.texts() == sorted(cases)
    entries = await office.runtime.journal.count()
    assert entries <= CASES + 2 * BATCH, "only those of the first two batches may cost two"

    async def all_committed() -> bool:
        return await office.committed() == 2 * CASES

    await eventually(all_committed)


async def test_of_a_large_batch_two_parts_are_under_way_at_once(offices: Offices) -> None:
    office = offices.open(joiner, haste=Haste(fast=0, gather=0.1, batch=BATCH, lanes=2))
    both, met = asyncio.Barrier(2), []

    async def meet() -> None:
        # What is read first may be little, and is decided alone.
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await both.wait()
                met.append(True)

    for number in range(1, CASES // BATCH + 1):
        office.at("before-append", meet, number)
    await office.send(*[office.message(f"case-{number}", Told()) for number in range(CASES)])
    await office.start()

    async def all_committed() -> bool:
        return await office.committed() == CASES

    await eventually(all_committed)
    assert met
    assert await office.runtime.journal.count() == CASES


@pytest.mark.parametrize("gather", [0.1, 3600])
async def test_who_has_caught_up_gathers_no_longer(offices: Offices, gather: float) -> None:
    """However long a round may last: what comes after a burst does not wait for its end."""
    office = offices.open(joiner, haste=Haste(fast=100, gather=gather, batch=BATCH))
    await office.send(*[office.message(f"case-{number}", Told()) for number in range(CASES)])
    await office.start()

    def gathers() -> bool:
        consumer = office.runtime.subscription.consumer
        return consumer is not None and consumer.gathering

    await office.send(*[office.message(f"case-{number}", Paid()) for number in range(CASES)])
    await eventually(gathers)
    await eventually(lambda: not gathers())
    await eventually(lambda: all_answered(office))
