"""Random batches, crashes and replicas: what cases believe to hold is what they hold."""

import json
from random import Random

import pytest

from services.chassis.message import Message
from services.chassis.procedure import Claim, Context, Decision, Procedure, Record, State
from services.chassis.testing import POINTS
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices, PowerCut, power_cut

CASES = ("a", "b", "c")
THINGS = ("lamp", "vase")
COMMANDS = 60
SEEDS = range(12)


class Held(State):
    """What the case holds, as far as it knows."""

    things: frozenset[str] = frozenset()


keeper = Procedure("keeper", initial=Held())


@keeper.on(Told)
def told(state: Held, event: Told, context: Context) -> Decision[Held]:
    """`take <thing>` or `drop <thing>`."""
    do, thing = event.text.split()
    claim = Claim("thing", thing)
    if do == "drop":
        mine = (claim,) if thing in state.things else ()
        things = state.things - {thing}
        return Decision(Held(things=things), releases=mine, records=(row(context, things),))
    (other,) = context.claim(claim)
    if other is not None:
        return Decision(state, events=(Answered(text=f"{thing} is {other.case_id}'s"),))
    things = state.things | {thing}
    return Decision(Held(things=things), records=(row(context, things),))


def row(context: Context, things: frozenset[str]) -> Record:
    return Record("held", context.case_id, {"things": sorted(things)})


def batches(office: Office, random: Random) -> list[list[Message]]:
    """Commands in batches of random size, now and then with some that were heard before."""
    commands = [
        office.message(
            random.choice(CASES),
            Told(text=f"{random.choice(('take', 'drop'))} {random.choice(THINGS)}"),
        )
        for _ in range(COMMANDS)
    ]
    found: list[list[Message]] = []
    while commands:
        size = random.randrange(1, 9)
        batch, commands = commands[:size], commands[size:]
        again = random.sample(found[-1], 1) if found and random.random() < 0.3 else []
        found.append(again + batch)
    return found


async def handle(office: Office, batch: list[Message], random: Random) -> None:
    """Hand the batch in until it is handled, with a power cut at some point of most attempts."""
    while random.random() < 0.6:
        points = [point for point in POINTS if point != "before-commit"]
        office.at(random.choice(points), power_cut, random.randrange(1, 3))
        try:
            await office.handle(*batch)
        except PowerCut:
            continue
        return
    office.mend()
    await office.handle(*batch)


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_cases_believe_to_hold_is_what_they_hold(offices: Offices, seed: int) -> None:
    random = Random(seed)
    first = offices.open(keeper)
    replicas = [first, offices.again(first, keeper)]
    for batch in batches(first, random):
        await handle(random.choice(replicas), batch, random)

    claims = {
        (id.removeprefix("thing/"), row["owner"]["case_id"])
        for id, row in (await first.rows("claims")).items()
    }
    believed = {(thing, case) for case in CASES for thing in await things_of(first, case)}
    assert claims == believed
    told = {case: row["things"] for case, row in (await first.rows("held")).items()}
    assert {(thing, case) for case in told for thing in told[case]} == believed


async def things_of(office: Office, case: str) -> list[str]:
    """What the newest state of the case says, after its entries were found to be whole."""
    entries = await office.entries(case)
    assert [entry.n for entry in entries] == list(range(1, len(entries) + 1))
    heard = [heard["id"] for entry in entries for heard in entry.heard]
    assert len(heard) == len(set(heard))
    if not entries:
        return []
    things: list[str] = json.loads(entries[-1].state)["states"]["keeper"].get("things", [])
    return things
