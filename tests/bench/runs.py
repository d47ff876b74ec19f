"""The two measurements: everything at once, and a steady rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from time import time
from typing import Protocol

from tests.bench.declarations import Declaration
from tests.bench.feeder import Submitted
from tests.bench.observer import Observer
from tests.bench.usage import Meter, Surroundings, Usage


class WayIn(Protocol):
    """How declarations get into what is measured. Both return when each case was submitted."""

    async def burst(self, cases: Sequence[Declaration]) -> Submitted:
        """Submit all as fast as they are taken."""

    async def steady(self, cases: Sequence[Declaration], rate: float) -> Submitted:
        """Submit so many a second, whatever becomes of them."""


@dataclass(frozen=True)
class Saturation:
    """What was reached with everything submitted at once, and what it cost."""

    cases: int
    seconds: float
    cases_per_second: float
    cpu_us_per_case: float
    surroundings: Surroundings
    processes: dict[str, Usage]


@dataclass(frozen=True)
class Steady:
    """Milliseconds from submission until a case was seen to be completed, at a steady rate."""

    cases: int
    rate: float
    p50: float
    p95: float
    p99: float
    max: float
    surroundings: Surroundings


async def saturate(
    way: WayIn, observer: Observer, cases: Sequence[Declaration], pids: Mapping[str, int]
) -> Saturation:
    """Measure the throughput, from the first submission to the last completion."""
    meter = Meter(pids)
    first = time()
    submitted = await way.burst(cases)
    await observer.wait(submitted)
    usage, surroundings = meter.read()
    seconds = max(observer.completed[case] for case in submitted) - first
    cpu = sum(process.cpu_seconds for process in usage.values())
    return Saturation(
        cases=len(submitted),
        seconds=round(seconds, 2),
        cases_per_second=round(len(submitted) / seconds, 1),
        cpu_us_per_case=round(cpu / len(submitted) * 1e6, 1),
        surroundings=surroundings,
        processes=usage,
    )


async def steady(
    way: WayIn,
    observer: Observer,
    cases: Sequence[Declaration],
    rate: float,
    pids: Mapping[str, int],
) -> Steady:
    """Measure the latency, from each submission to its completion."""
    meter = Meter(pids)
    submitted = await way.steady(cases, rate)
    await observer.wait(submitted)
    _, surroundings = meter.read()
    waited = [1000 * (observer.completed[case] - at) for case, at in submitted.items()]
    percentiles = quantiles(waited, n=100, method="inclusive")
    return Steady(
        cases=len(waited),
        rate=rate,
        p50=round(percentiles[49], 1),
        p95=round(percentiles[94], 1),
        p99=round(percentiles[98], 1),
        max=round(max(waited), 1),
        surroundings=surroundings,
    )
