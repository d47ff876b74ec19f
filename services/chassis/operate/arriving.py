"""Waiting until a running service has handled events, with their effects in its registers."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from services.chassis.encoding import Document
from services.chassis.importing import Arrival
from services.chassis.journal import Entry, entry_id
from services.chassis.runtime import Runtime

STALLED = 60.0
"""Seconds without any progress, after which nothing more is waited for."""
_LOOK = 0.2
_TOGETHER = 500


async def until_there(
    runtime: Runtime, arrivals: Sequence[Arrival], tell: Callable[[int], None]
) -> int:
    """Tell how many more are there, again and again; return how many never came.

    Raises `StoreUnavailable`.
    """
    for start in range(0, len(arrivals), _TOGETHER):
        missing = await _until_chunk(runtime, arrivals[start : start + _TOGETHER], tell)
        if missing:
            return missing + len(arrivals[start + _TOGETHER :])
    return 0


async def _until_chunk(
    runtime: Runtime, arrivals: Sequence[Arrival], tell: Callable[[int], None]
) -> int:
    clock = asyncio.get_running_loop().time
    moved = clock()
    while missing := await _missing(runtime, arrivals):
        if len(missing) < len(arrivals):
            tell(len(arrivals) - len(missing))
            arrivals, moved = missing, clock()
        elif clock() - moved > STALLED:
            return len(missing)
        await asyncio.sleep(_LOOK)
    tell(len(arrivals))
    return 0


async def _missing(runtime: Runtime, arrivals: Sequence[Arrival]) -> list[Arrival]:
    tips = await runtime.journal.load({arrival.case_id for arrival in arrivals})
    heard = {
        arrival.heard_id: entry_id(arrival.case_id, n)
        for arrival in arrivals
        if (n := tips[arrival.case_id].heard.get(arrival.heard_id))
    }
    entries = await runtime.journal.entries(set(heard.values()))
    shown = await _shown(runtime, entries)
    return [arrival for arrival in arrivals if heard.get(arrival.heard_id) not in shown]


async def _shown(runtime: Runtime, entries: Sequence[Entry]) -> set[str]:
    """Return the ids of the entries all of whose records are in the registers."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for record in entry.records:
            wanted[record["register"]].add(record["key"])
    rows = {
        (register, row["_id"]): row
        for register, keys in wanted.items()
        for row in await runtime.registers[register].find(
            {"_id": {"$in": list(keys)}}, fields=("_case", "_version")
        )
    }
    return {
        entry.id
        for entry in entries
        if all(_is_shown(rows.get((r["register"], r["key"])), entry) for r in entry.records)
    }


def _is_shown(row: Document | None, entry: Entry) -> bool:
    # A row without a version is written once, by whoever comes first.
    return row is not None and (
        row["_case"] != entry.case_id or row.get("_version", entry.n) >= entry.n
    )
