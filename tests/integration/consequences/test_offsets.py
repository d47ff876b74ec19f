"""Offsets follow the effects: only finished batches are committed, when idle and on revocation."""

from services.chassis.message import Message
from services.chassis.procedure import Context, Decision, Procedure, Record, State
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Gate, Office, Offices

BATCH = 5


class Nothing(State):
    """No state."""


writer = Procedure("writer", initial=Nothing())


@writer.on(Told)
def told(state: Nothing, event: Told, context: Context) -> Decision[Nothing]:
    """Write it down and say it."""
    record = Record("words", event.text, {"case": context.case_id})
    return Decision(state, events=(Answered(text=event.text),), records=(record,))


def messages(office: Office, count: int) -> list[Message]:
    """So many messages of one case, so of one partition and in order."""
    return [office.message("case", Told(text=f"{n}")) for n in range(count)]


async def held_in_the_middle(offices: Offices) -> tuple[Office, Gate]:
    """An office that has finished one batch, and holds the second after its registers."""
    office, gate = offices.open(writer, batch=BATCH), Gate()
    office.at("after-registers", gate, 2)
    await office.send(*messages(office, 4 * BATCH))
    await office.start()
    await gate.reached.wait()
    await eventually(lambda: is_committed(office, BATCH))
    return office, gate


async def is_committed(office: Office, count: int) -> bool:
    committed = await office.committed()
    assert committed <= count
    return committed == count


async def test_offsets_are_never_ahead_of_the_effects(offices: Offices) -> None:
    office, gate = await held_in_the_middle(offices)
    assert len(await office.rows("words")) > BATCH
    assert len(await office.texts()) == BATCH, "of the second batch nothing is published yet"
    for _ in range(3):
        await office.runtime.subscription.commit()
    assert await office.committed() == BATCH
    gate.open()
    await eventually(lambda: is_committed(office, 4 * BATCH))
    assert len(await office.texts()) == 4 * BATCH


async def test_what_was_in_hand_is_handled_by_the_successor(offices: Offices) -> None:
    office, gate = await held_in_the_middle(offices)
    await crash(office)
    assert await office.committed() == BATCH
    successor = offices.again(office, writer, batch=BATCH, session_timeout=2.0)
    await successor.start()
    await eventually(lambda: is_committed(successor, 4 * BATCH))
    assert len(await successor.rows("words")) == 4 * BATCH
    assert set(await successor.texts()) == {f"{n}" for n in range(4 * BATCH)}
    gate.open()


async def crash(office: Office) -> None:
    """Leave the group without another commit and without finishing anything."""
    consumer = office.runtime.subscription.consumer
    assert consumer is not None
    await super(type(consumer), consumer).stop()

    async def silent(*_: object) -> None:
        """Say nothing: a commit would open a connection that nobody closes any more."""

    consumer.commit = silent


async def test_revocation_commits_what_is_finished_and_nothing_more(offices: Offices) -> None:
    office, gate = await held_in_the_middle(offices)
    other = offices.again(office, writer, batch=BATCH)
    await other.runtime.start()
    await eventually(lambda: bool(other.runtime.subscription.partitions))
    assert await office.committed() >= BATCH
    gate.open()
    await eventually(lambda: is_committed(office, 4 * BATCH))
    assert set(await office.texts()) == {f"{n}" for n in range(4 * BATCH)}
    heard = [heard["id"] for entry in await office.entries("case") for heard in entry.heard]
    assert len(heard) == len(set(heard)) == 4 * BATCH


async def test_a_batch_whose_partitions_changed_hands_meanwhile_commits_nothing(
    offices: Offices,
) -> None:
    """Somebody else may have gone on with them: its offsets would set the group back."""
    office, gate = await held_in_the_middle(offices)
    next_gate = Gate()
    office.at("after-registers", next_gate)
    subscription = office.runtime.subscription
    assert subscription.consumer is not None
    subscription.forget(subscription.consumer.assignment())
    await subscription.consumer.seek_to_committed()
    gate.open()
    await next_gate.reached.wait()
    await subscription.commit()
    assert await office.committed() == BATCH
    next_gate.open()
    await eventually(lambda: is_committed(office, 4 * BATCH))


async def test_a_stopped_service_has_committed_all_it_finished(offices: Offices) -> None:
    office = offices.open(writer, commit_interval=60.0)
    await office.send(*messages(office, 7))
    await office.start()
    await eventually(lambda: is_written(office, 7))
    assert await office.committed() == 0
    await office.runtime.stop()
    assert await office.committed() == 7


async def is_written(office: Office, count: int) -> bool:
    return len(await office.texts()) == count
