"""What the running service makes of dead letters that somebody asked to replay."""

from typing import Any

from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.testing import eventually
from tests.integration.events import Told
from tests.integration.office import Office, Offices


class Nothing(State):
    """Nothing is remembered."""


def deaf() -> Procedure[Nothing]:
    procedure = Procedure("deaf", initial=Nothing())

    @procedure.on(Told)
    def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
        return Decision(state)

    return procedure


async def is_dead_again(office: Office, id: str) -> bool:
    letter = await office.runtime.dead_letters.get(id)
    return letter is not None and (letter["status"], letter["replays"]) == ("dead", 1)


async def only(office: Office) -> dict[str, Any]:
    (letter,) = await office.letters()
    return letter


async def test_a_letter_kept_only_in_kafka_dies_again_when_it_is_gone_from_there(
    offices: Offices,
) -> None:
    office = offices.open(deaf())
    await office.handle(office.raw(b"{"))
    letter = await only(office)
    other, gone = letter["_id"], f"{letter['topic']}/0/999"
    large = {**letter, "_id": gone, "offset": 999, "size": 9_000_000, "value": None}
    await office.runtime.store.collection("dead_letters").insert([large])
    for id in (gone, other):
        assert await office.runtime.dead_letters.ask_for_replay(id)
    await office.start()
    # The one that is gone must not keep the other from its turn.
    await eventually(lambda: is_dead_again(office, other))
    await eventually(lambda: is_dead_again(office, gone))
    found = await office.runtime.dead_letters.get(gone)
    assert found
    assert "no longer in Kafka" in found["reason"]


async def test_a_replay_asked_for_since_one_failed_is_not_taken_for_that_one(
    offices: Offices,
) -> None:
    office = offices.open(deaf())
    letters = office.runtime.dead_letters
    await office.handle(office.raw(b"{"))
    before = await only(office)
    id = before["_id"]
    assert await letters.ask_for_replay(id)
    died = {"$set": {"status": "dead"}, "$inc": {"replays": 1}}
    await office.runtime.store.collection("dead_letters").update({"_id": id}, died)
    assert await letters.ask_for_replay(id)
    await letters.replayed(before, office.runtime.consumer.clock())
    assert (await only(office))["status"] == "replay"
