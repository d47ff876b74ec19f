"""The register of people that the declarations need, as `contracts.common.people.Person` by line.

python -m tests.fire.population --families 1000 --seed 1 > people.ndjson
onestop population import people.ndjson
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from contracts.common.people import Person
from tests.fire import cast
from tests.fire.families import DEFAULT_FAMILIES, DEFAULT_SEED, elders, families


def population(
    count: int = DEFAULT_FAMILIES,
    seed: int = DEFAULT_SEED,
    runs: Sequence[int] = cast.ALL_RUNS,
) -> Iterator[Person]:
    """Yield the people of the generated families, then those of the written declarations.

    Who sends the written ones in a few `runs` only, with `--seed`, can do with fewer people.
    """
    for family in families(seed, count):
        yield from family.people
        yield from elders(seed, family)
    yield from cast.everybody(runs)


def write(
    path: Path,
    count: int = DEFAULT_FAMILIES,
    seed: int = DEFAULT_SEED,
    runs: Sequence[int] = cast.ALL_RUNS,
) -> int:
    """Write the population to a file, one person a line, and return how many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as lines:
        return _write(lines, population(count, seed, runs))


def _write(lines: TextIO, people: Iterator[Person]) -> int:
    written = 0
    for person in people:
        lines.write(person.model_dump_json(exclude_none=True) + "\n")
        written += 1
    return written


def main() -> None:
    """Write the population to the standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.fire.population", description=__doc__)
    parser.add_argument("--families", type=int, default=DEFAULT_FAMILIES, metavar="N")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="S")
    wanted = parser.parse_args()
    _write(sys.stdout, population(wanted.families, wanted.seed))


if __name__ == "__main__":
    main()
