"""What a run came to: counts, and seconds as the cases themselves tell them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from tests.fire.watcher import Row

OUTCOMES = ("completed", "partial", "refused")


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds: nearest-rank percentiles."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Spread | None":
        """Return the spread of these, or None where there are none."""
        ordered = sorted(seconds)
        if not ordered:
            return None
        return cls(
            count=len(ordered),
            p50=percentile(ordered, 0.50),
            p95=percentile(ordered, 0.95),
            p99=percentile(ordered, 0.99),
            max=ordered[-1],
        )

    def summary(self) -> dict[str, float]:
        """Return the fields, rounded to a tenth of a millisecond."""
        return {
            "count": self.count,
            **{name: round(getattr(self, name), 4) for name in ("p50", "p95", "p99", "max")},
        }


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least that share of all values does not exceed.

    Raises `IndexError` where there are no values.
    """
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


@dataclass
class Report:
    """The result of a run. `sent` counts declarations, each once however often it was repeated."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    unanswered: int = 0
    dropped: int = 0
    repeats: int = 0
    """Answers to declarations that were sent again."""
    other_case: int = 0
    """Declarations of which a repetition got another case. Must be 0."""
    ended: list[Row] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    """What some of the unfinished wait for."""
    details: list[dict[str, Any]] = field(default_factory=list)
    """Whole cases: all of them, or a sample."""
    differences: dict[str, list[str]] = field(default_factory=dict)
    """What is not as expected, by declaration."""
    left_out: list[str] = field(default_factory=list)
    """Declarations that take days, where days do not pass quickly; and those after a hospital's
    notice, where no signature can be verified."""
    notices: int = 0
    """What hospitals have given notice of besides: each is a case of its own."""
    run: str = ""
    """How to send the same again."""

    @property
    def good(self) -> bool:
        """Whether every accepted declaration ended, as expected, and none got two cases."""
        return not (self.unfinished or self.differences or self.other_case or self.unanswered) and (
            self.accepted > 0 or self.sent == 0
        )

    def outcome(self, name: str) -> int:
        """Return how many cases ended that way."""
        return sum(row["status"] == name for row in self.ended)

    @property
    def seconds(self) -> float:
        """From the first submission to the last completion, by the cases' own clocks."""
        if not self.ended:
            return 0.0
        first = min(datetime.fromisoformat(row["submitted_at"]) for row in self.ended)
        last = max(datetime.fromisoformat(row["completed_at"]) for row in self.ended)
        return (last - first).total_seconds()

    @property
    def throughput(self) -> float:
        """Cases ended in a second."""
        return len(self.ended) / self.seconds if self.seconds > 0 else 0.0

    def end_to_end(self) -> Spread | None:
        """Return how long the cases took, from submission to completion."""
        return Spread.of(row["seconds"] for row in self.ended)

    def by_procedure(self) -> dict[str, Spread]:
        """Return how long each procedure took, from when it could start; of `details` only."""
        seconds: dict[str, list[float]] = {}
        for case in self.details:
            for procedure in case["procedures"]:
                if procedure["seconds"] is not None:
                    seconds.setdefault(procedure["name"], []).append(procedure["seconds"])
        spreads = {name: Spread.of(values) for name, values in seconds.items()}
        return {name: spread for name, spread in spreads.items() if spread}

    def titles(self) -> dict[str, str]:
        """Return the English title of each procedure in `details`."""
        titles: dict[str, str] = {}
        for case in self.details:
            for procedure in case["procedures"]:
                title = procedure.get("title")
                titles[procedure["name"]] = (
                    title["en"] if isinstance(title, dict) else title or procedure["name"]
                )
        return titles

    def summary(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        spread = self.end_to_end()
        return {
            "ok": self.good,
            "run": self.run,
            "sent": self.sent,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "unanswered": self.unanswered,
            "dropped": self.dropped,
            "duplicates": self.repeats,
            "duplicates_with_another_case": self.other_case,
            **{name: self.outcome(name) for name in OUTCOMES},
            "unfinished": len(self.unfinished),
            "waiting": self.waiting,
            "seconds": round(self.seconds, 3),
            "throughput": round(self.throughput, 1),
            "end_to_end": spread.summary() if spread else None,
            "procedures": {name: one.summary() for name, one in self.by_procedure().items()},
            "procedures_of_cases": len(self.details),
            "differences": self.differences,
            "left_out": self.left_out,
            "notices": self.notices,
        }


def together(*reports: Report) -> Report:
    """Return several reports as one. Its time runs from the first submission of all."""
    whole = Report(run="; ".join(report.run for report in reports if report.run))
    for report in reports:
        whole.sent += report.sent
        whole.accepted += report.accepted
        whole.rejected += report.rejected
        whole.unanswered += report.unanswered
        whole.dropped += report.dropped
        whole.repeats += report.repeats
        whole.other_case += report.other_case
        whole.ended += report.ended
        whole.unfinished += report.unfinished
        whole.waiting |= report.waiting
        whole.details += report.details
        whole.differences |= report.differences
        whole.left_out += report.left_out
        whole.notices += report.notices
    return whole
