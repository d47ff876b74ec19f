"""Publishing the events of a journal, and what was taken in, again, exactly as they stand there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from contracts.catalogue import topic
from services.chassis.audit import is_sealed
from services.chassis.consumer import outgoing
from services.chassis.journal import entry_from
from services.chassis.message import Outgoing
from services.chassis.outside import Outside
from services.chassis.runtime import Runtime

BATCH = 500


@dataclass(frozen=True)
class Choice:
    """Which entries: those of a case, or since a time, or all."""

    case_id: str | None = None
    since: datetime | None = None


@dataclass
class Republished:
    """How much was published, and the ids of entries that were left out as not trustworthy."""

    entries: int = 0
    events: int = 0
    taken_in: int = 0
    unsealed: list[str] = field(default_factory=list)


async def republish(
    runtime: Runtime,
    service: str,
    outside: Outside,
    choice: Choice,
    tell: Callable[[int], None],
) -> Republished:
    """Publish the events of the chosen entries, and tell of each batch how many entries it was.

    What was taken in comes first, for all else followed from it.

    Raises `BrokerUnavailable` or `StoreUnavailable`, after which a part of them is published; to
    begin again is harmless.
    """
    done = Republished(taken_in=await _republish_outside(runtime, outside, choice))
    batch: list[Outgoing] = []
    untold = 0
    async for row in runtime.journal.documents(choice.case_id, choice.since):
        untold += 1
        if not is_sealed(row):
            done.unsealed.append(str(row["_id"]))
            continue
        done.entries += 1
        batch += outgoing(entry_from(row), topic(service))
        if len(batch) >= BATCH:
            await runtime.publisher.publish(batch)
            tell(untold)
            done.events += len(batch)
            batch, untold = [], 0
    await runtime.publisher.publish(batch)
    tell(untold)
    done.events += len(batch)
    return done


async def _republish_outside(runtime: Runtime, outside: Outside, choice: Choice) -> int:
    batch: list[Outgoing] = []
    count = 0
    async for message in outside.messages(choice.case_id, choice.since):
        batch.append(message)
        if len(batch) >= BATCH:
            await runtime.publisher.publish(batch)
            count, batch = count + len(batch), []
    await runtime.publisher.publish(batch)
    return count + len(batch)
