"""Whether a whole system is at rest, with every case finished once: the invariants, from inside.

ONESTOP_KAFKA=broker:9092 ONESTOP_MONGO=mongodb://store:27017 python -m tests.faults --cases 500
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator

from contracts.catalogue import catalogue
from services.chassis.settings import Settings
from services.chassis.testing import eventually
from tests.faults.invariants import FINISHED, broken
from tests.faults.snapshot import Snapshot, snapshot_of

LIMIT_SECONDS = 120.0
"""What has been said last is still being heard."""


def wrong(found: Snapshot, cases: int) -> list[str]:
    """Return what is broken or has not ended, each in a sentence."""
    return [*broken(found, {}), *_unfinished(found, cases)]


def _unfinished(found: Snapshot, cases: int) -> Iterator[str]:
    rows = found.rows("portal", "cases")
    if len(rows) != cases:
        yield f"{len(rows):,} cases are there, not {cases:,}"
    for row in rows:
        if row["status"] not in FINISHED:
            yield f"case {row['_id']} is {row['status']}"


async def main(cases: int) -> int:
    """Look until nothing is wrong, or until the limit; print what was found."""
    settings = Settings.from_environment()
    faults, entries = [""], 0

    async def whole() -> bool:
        nonlocal faults, entries
        found = await snapshot_of(settings.kafka, settings.mongo, catalogue().services)
        faults = wrong(found, cases)
        entries = sum(len(rows) for cases in found.journals.values() for rows in cases.values())
        return not faults

    try:
        await eventually(whole, LIMIT_SECONDS)
    except TimeoutError:
        print(*faults, sep="\n")
        return 1
    print(f"{cases:,} cases finished, each once; {entries:,} entries, no dead letter.")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--cases", type=int, required=True, help="how many there should be")
    sys.exit(asyncio.run(main(parser.parse_args().cases)))
