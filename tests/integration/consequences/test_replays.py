"""Replaying dead letters: one that cannot be fetched now waits alone."""

import pytest

from services.chassis import runtime
from services.chassis.broker import BrokerUnavailable
from services.chassis.dead_letters import LARGEST_KEPT
from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices

LARGE = 12
"""So many letters that are kept by reference: more than are looked at in one go."""


class Nothing(State):
    """No state."""


def parrot(mended: bool) -> Procedure[Nothing]:
    """Says it again, once it is mended."""
    procedure = Procedure("parrot", initial=Nothing())

    @procedure.on(Told)
    def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
        if not mended:
            raise RuntimeError("no")
        return Decision(state, events=(Answered(text=event.text),))

    return procedure


async def test_a_message_that_cannot_be_fetched_now_holds_up_no_other(
    offices: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = offices.open(parrot(mended=False))
    for _ in range(LARGE):
        await office.handle(office.raw(b"x" * (LARGEST_KEPT + 1)))
    await office.tell("case", Told(text="small"))
    mended = offices.again(office, parrot(mended=True))
    away = True

    async def fetch(bootstrap: str, message: Message, security: object) -> Message:
        if away:
            raise BrokerUnavailable("its partition has no leader")
        return mended.message("case", Told(text="large"))

    monkeypatch.setattr(runtime, "fetch_one", fetch)
    for letter in await mended.letters():
        assert await mended.runtime.dead_letters.ask_for_replay(letter["_id"])
    await mended.start()
    await eventually(lambda: has_said(mended, ["small"]))
    await eventually(lambda: are_left(mended, LARGE))
    away = False
    await eventually(lambda: all_replayed(mended))


async def has_said(office: Office, texts: list[str]) -> bool:
    return await office.texts() == texts


async def are_left(office: Office, count: int) -> bool:
    return await office.runtime.dead_letters.count("replay") == count


async def all_replayed(office: Office) -> bool:
    return await office.runtime.dead_letters.count("replayed") == LARGE + 1
