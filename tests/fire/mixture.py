"""Generated declarations of one group or of both: which numbers a run takes, and in which order."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tests.fire.births import Births
from tests.fire.deaths import Deaths
from tests.fire.declared import Declared
from tests.fire.families import DEFAULT_FAMILIES
from tests.fire.portal import FireError
from tests.fire.runs import Runs

Group = Literal["birth", "death", "both"]
DEATHS = 0.32
"""The share of deaths among both: about 0.7 million of 2.2 million a year."""


@dataclass(frozen=True)
class Mixture:
    """So many declarations, and how to send the same again."""

    declarations: Iterable[Declared]
    run: str


def mixture(
    group: Group,
    count: int,
    day: date,
    *,
    families: int = DEFAULT_FAMILIES,
    seed: int | None = None,
    runs: Runs | None = None,
) -> Mixture:
    """Return `count` declarations: those of a seed, or the next ones that were not sent from here.

    Raises `FireError` where there are not so many people left to die.
    """
    runs = runs or Runs()
    births, deaths = Births(day, families), Deaths(day, families)
    dying = {"birth": 0, "death": count, "both": round(count * DEATHS)}[group]
    born = count - dying
    if dying > deaths.capacity:
        raise FireError(
            f"{dying:,} deaths, and these {families:,} families have {deaths.capacity:,} elders:"
            " import more families, and name them with --families"
        )
    told, sequences = [], []
    if born:
        first = runs.take_births(born) if seed is None else births.first(seed)
        told.append(f"births from number {first % births.capacity}")
        sequences.append(births.sequence(first, born))
    if dying:
        first = runs.take_deaths(dying) if seed is None else deaths.first(seed)
        told.append(f"deaths from number {first % deaths.capacity}")
        sequences.append(deaths.sequence(first, dying))
    if len(sequences) == 1:
        return Mixture(sequences[0], told[0])
    return Mixture(interleaved(*sequences, share=dying / count), ", ".join(told))


def interleaved(
    births: Iterable[Declared], deaths: Iterable[Declared], *, share: float
) -> Iterator[Declared]:
    """Yield all of both, evenly mixed: `share` is that of the deaths, from 0 to 1."""
    births, deaths = iter(births), iter(deaths)
    owed = 0.0
    while True:
        owed += share
        due, other = (deaths, births) if owed >= 1 else (births, deaths)
        owed -= owed >= 1
        declared = next(due, None) or next(other, None)
        if declared is None:
            return
        yield declared
