"""Putting a backup back, and making anew from the journal what follows from it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from services.chassis.audit import is_sealed
from services.chassis.encoding import Document, documents_in
from services.chassis.journal import Entry, entry_from
from services.chassis.operate.backing_up import JOURNAL, Backup
from services.chassis.outside import Outside
from services.chassis.runtime import Runtime

BATCH = 500

Tell = Callable[[int], None]
"""Is told how many more documents are done."""


@dataclass
class Restored:
    """How much was put back, and the ids of what was not, for what stands there is another."""

    entries: int = 0
    taken_in: int = 0
    unsealed: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)


async def restore(runtime: Runtime, outside: Outside, backup: Backup, tell: Tell) -> Restored:
    """Insert what a backup holds and the store lacks. To do it again changes nothing.

    Entries that do not have their hash are left out. Raises `StoreUnavailable`, `OSError` and
    `Unencodable`, after which a part may be there.
    """
    done = Restored()
    for some in _batches(backup, JOURNAL):
        sealed = {row["_id"]: (encoded, row) for encoded, row in some if is_sealed(row)}
        done.unsealed += [str(row["_id"]) for _, row in some if row["_id"] not in sealed]
        done.contradicted += sorted(
            await runtime.journal.put_back(
                {id: encoded for id, (encoded, _) in sealed.items()},
                {id: row["hash"] for id, (_, row) in sealed.items()},
            )
        )
        done.entries += len(sealed)
        tell(len(some))
    for name in outside.collections:
        for some in _batches(backup, name):
            rows = {row["_id"]: row for _, row in some}
            done.contradicted += sorted(await outside.put_back(name, rows))
            done.taken_in += len(rows)
            tell(len(some))
    return done


async def rebuild(runtime: Runtime, tell: Tell) -> int:
    """Make claims, registers and deadlines of the journal; return of how many entries.

    Of all entries, also those of a clock that was ahead of this machine's. What is there and newer
    is left as it is. Raises `StoreUnavailable`; to begin again is harmless.
    """
    batch: list[Entry] = []
    count = 0
    async for row in runtime.journal.written():
        batch.append(entry_from(row))
        if len(batch) == BATCH:
            await _remake(runtime, batch)
            tell(len(batch))
            count, batch = count + len(batch), []
    await _remake(runtime, batch)
    tell(len(batch))
    return count + len(batch)


async def _remake(runtime: Runtime, entries: list[Entry]) -> None:
    do = runtime.collaborators
    await do.claims.restore(entries)
    await do.registers.apply(entries)
    await do.deadlines.apply(entries)


def _batches(backup: Backup, name: str) -> Iterator[list[tuple[bytes, Document]]]:
    path = backup.path(name)
    if name not in backup.manifest().files:
        return
    with path.open("rb") as file:
        documents: Iterator[tuple[bytes, Any]] = documents_in(file)
        while some := list(islice(documents, BATCH)):
            yield some
