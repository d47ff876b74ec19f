"""What processes cost: processor time and memory, ours and that of everybody else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

_MB = 1_000_000


@dataclass(frozen=True)
class Usage:
    """What one process took during a run."""

    cpu_seconds: float
    rss_start_mb: float
    rss_end_mb: float


@dataclass(frozen=True)
class Surroundings:
    """Whether the machine was quiet: figures from a busy one are no figures."""

    load_average: float
    others: float
    """The share of all processors that programs which do not belong to the run have taken."""


class Meter:
    """Measures from the moment it is made. `pids` names the processes of the run."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._rss = {name: process.memory_info().rss for name, process in self._processes.items()}
        self._cpu = self._taken()
        self._busy, self._total = _machine()

    def read(self) -> tuple[dict[str, Usage], Surroundings]:
        """Return what was taken since."""
        taken = self._taken()
        busy, total = _machine()
        usage = {
            name: Usage(
                cpu_seconds=round(taken[name] - self._cpu[name], 2),
                rss_start_mb=round(self._rss[name] / _MB, 1),
                rss_end_mb=round(process.memory_info().rss / _MB, 1),
            )
            for name, process in self._processes.items()
        }
        ours = sum(taken.values()) - sum(self._cpu.values())
        others = max(0.0, busy - self._busy - ours) / max(total - self._total, 0.01)
        return usage, Surroundings(round(os.getloadavg()[0], 2), round(others, 3))

    def _taken(self) -> dict[str, float]:
        times = {name: process.cpu_times() for name, process in self._processes.items()}
        return {name: time.user + time.system for name, time in times.items()}


def _machine() -> tuple[float, float]:
    """Return the seconds that all processors were busy, and that they were there."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Guests' time is counted within that of their users.
    total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - idle, total
