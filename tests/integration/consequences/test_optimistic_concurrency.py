"""Two writers of a case collide on the entry's `_id`; the loser goes on from the winner's."""

import asyncio
from random import Random

from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.tips import NO_HASH
from tests.integration.events import Answered, Told
from tests.integration.office import Gate, Office, Offices


class Sum(State):
    """What has been added up."""

    total: int = 0


adder = Procedure("adder", initial=Sum())


@adder.on(Told)
def told(state: Sum, event: Told, context: Context) -> Decision[Sum]:
    """Add, and say the sum."""
    total = state.total + event.number
    return Decision(
        Sum(total=total),
        events=(Answered(text=str(total)),),
        records=(Record("sums", context.case_id, {"total": total}),),
    )


async def assert_whole(office: Office, case: str, numbers: list[int]) -> None:
    """Contiguous numbers, an unbroken chain, each event once, and nothing lost."""
    entries = await office.entries(case)
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    previous = NO_HASH
    for entry in entries:
        assert entry.previous_hash == previous
        assert entry.hash == entry.expected_hash()
        previous = entry.hash
    heard = [heard["id"] for entry in entries for heard in entry.heard]
    assert len(heard) == len(set(heard)) == len(numbers)
    assert (await office.rows("sums"))[case] == {"total": sum(numbers)}


async def test_a_loser_goes_on_from_the_winners_entry(offices: Offices) -> None:
    one = offices.open(adder)
    two = offices.again(one, adder)
    gate = Gate()
    one.at("before-append", gate)
    late = asyncio.create_task(one.tell("a", Told(number=1)))
    await gate.reached.wait()
    await two.tell("a", Told(number=10))
    gate.open()
    await late
    assert [await _total(one, n) for n in (0, 1)] == ["10", "11"]
    await assert_whole(one, "a", [1, 10])


async def _total(office: Office, index: int) -> str:
    entry = (await office.entries("a"))[index]
    (said,) = [s for s in await office.said() if s.value == entry.events[0]["value"]]
    return said.text


async def test_two_that_hear_the_same_event_at_once_decide_it_once(offices: Offices) -> None:
    one = offices.open(adder)
    two = offices.again(one, adder)
    gate = Gate()
    one.at("before-append", gate)
    message = one.message("a", Told(number=1))
    late = asyncio.create_task(one.handle(message))
    await gate.reached.wait()
    await two.handle(message)
    gate.open()
    await late
    await assert_whole(one, "a", [1])
    assert await one.texts() == ["1", "1"]
    assert len({said.value for said in await one.said()}) == 1


async def test_many_writers_of_the_same_cases_lose_nothing(offices: Offices) -> None:
    random = Random(3)
    first = offices.open(adder)
    replicas = [first, *(offices.again(first, adder) for _ in range(3))]
    told = {f"case {n}": [random.randrange(1, 100) for _ in range(12)] for n in range(4)}
    messages = [
        first.message(case, Told(number=number))
        for case, numbers in told.items()
        for number in numbers
    ]

    async def work(office: Office) -> None:
        mine = random.sample(messages, len(messages))
        for start in range(0, len(mine), 5):
            await office.handle(*mine[start : start + 5])

    await asyncio.gather(*map(work, replicas))
    for case, numbers in told.items():
        await assert_whole(first, case, numbers)


async def test_the_other_cases_of_a_losers_batch_are_not_held_up(offices: Offices) -> None:
    one = offices.open(adder)
    two = offices.again(one, adder)

    async def overtake() -> None:
        await two.tell("a", Told(number=10))

    one.at("before-append", overtake)
    await one.handle(one.message("a", Told(number=1)), one.message("b", Told(number=2)))
    assert await one.rows("sums") == {"a": {"total": 11}, "b": {"total": 2}}
    assert [entry.n for entry in await one.entries("b")] == [1]
