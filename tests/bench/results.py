"""What all rounds say together: medians, and the ratios within each round."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from tests.bench.runs import Saturation, Steady

BARE, COPYING, ONESTOP, HTTP = "bare", "copying", "onestop", "http"
QUIET = 0.05
"""A share of the machine that others may take without a word."""

Run = Saturation | Steady


@dataclass
class Results:
    """All runs in order of the rounds, by what was measured (`bare` and so on) and how."""

    machine: dict[str, Any]
    options: dict[str, Any]
    runs: dict[str, dict[str, list[Run]]] = field(default_factory=dict)

    def add(self, what: str, how: str, run: Run) -> None:
        """Note one run."""
        self.runs.setdefault(what, {}).setdefault(how, []).append(run)

    def medians(self, what: str, how: str) -> dict[str, Any] | None:
        """Return the medians of all figures over the rounds; None where nothing was measured."""
        runs = self.runs.get(what, {}).get(how)
        return medians([asdict(run) for run in runs]) if runs else None

    def ratio(self, how: str, figure: str) -> float | None:
        """Return the median over the rounds of onestop's figure by that of the bare pipeline.

        Round by round, because the speed of a machine that is shared drifts.
        """
        bare, onestop = (self.runs.get(what, {}).get(how, []) for what in (BARE, ONESTOP))
        pairs = zip(onestop, bare, strict=False)
        ratios = [getattr(ours, figure) / getattr(theirs, figure) for ours, theirs in pairs]
        return round(median(ratios), 3) if ratios else None

    def ratios(self) -> dict[str, float | None]:
        """Return what the system reaches of the bare pipeline, and what it costs beside it."""
        return {
            "throughput": self.ratio("saturation", "cases_per_second"),
            "cpu_per_case": self.ratio("saturation", "cpu_us_per_case"),
            "p50": self.ratio("steady", "p50"),
            "p99": self.ratio("steady", "p99"),
        }

    def noisy(self) -> list[str]:
        """Return the runs during which others took more of the machine than they may."""
        return [
            f"{what} {how}, round {number}: others took {run.surroundings.others:.0%}"
            for what, ways in self.runs.items()
            for how, runs in ways.items()
            for number, run in enumerate(runs, 1)
            if run.surroundings.others > QUIET
        ]

    def document(self) -> dict[str, Any]:
        """Return everything, for a file."""
        told: dict[str, Any] = {"machine": self.machine, "options": self.options}
        for what in (BARE, COPYING, ONESTOP, HTTP):
            told[what] = {
                how: {"median": self.medians(what, how), "rounds": [asdict(run) for run in runs]}
                for how, runs in self.runs.get(what, {}).items()
            }
        return told | {"ratio": self.ratios(), "noisy": self.noisy()}


def medians(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return, for documents of one shape, the document of the medians of their numbers."""
    return {
        name: medians([document[name] for document in documents])
        if isinstance(value, Mapping)
        else round(median(document[name] for document in documents), 3)
        for name, value in documents[0].items()
    }
