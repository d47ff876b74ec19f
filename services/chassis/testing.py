"""Faults as test tools: something done at a point of the loop, put there from outside.

    python -m services.chassis.testing --crash after-append --at 3 -- services.AGENCY run

runs the service as usual, and kills the process (SIGKILL) when it reaches that point for the third
time; with `--halt` it stands still there (SIGSTOP) until somebody lets it go on (SIGCONT). A pass
with nothing to do, an empty append for one, is not counted. The point can be named in the
environment too, for a process that is started by the command line of all others:
ONESTOP_TEST_CRASH=after-append:3, or ONESTOP_TEST_HALT.
"""

import argparse
import asyncio
import os
import runpy
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.chassis.broker import Publisher
from services.chassis.claims import Claims
from services.chassis.journal import Journal
from services.chassis.polling import PatientConsumer
from services.chassis.registers import Registers

CRASH, HALT = "ONESTOP_TEST_CRASH", "ONESTOP_TEST_HALT"
_STEP, _LONGEST_STEP, _GROWTH = 0.02, 0.4, 1.2
Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Point:
    """A point of the loop: before or after a collaborator's method."""

    owner: type
    method: str
    when: Literal["before", "after"]


POINTS = {
    "after-claims": Point(Claims, "claim", "after"),
    "before-append": Point(Journal, "append", "before"),
    "after-append": Point(Journal, "append", "after"),
    "after-registers": Point(Registers, "apply", "after"),
    "after-publish": Point(Publisher, "publish", "after"),
    "before-commit": Point(PatientConsumer, "commit", "before"),
}
"""The points at which a service may die or stand still, in the order of the loop."""


def inject(point: str, act: Act, *, at: int = 1, target: Any = None) -> None:
    """Do something when a point is reached for the `at`-th time.

    `target` is one collaborator; None stands for all of that class in this process.
    """
    chosen = POINTS[point]
    place = chosen.owner if target is None else target
    original = getattr(place, chosen.method)
    passed = 0

    async def faulty(*arguments: Any, **named: Any) -> Any:
        nonlocal passed
        work = arguments[target is None]  # a method of the class is given its object first
        passed += bool(work)
        now = bool(work) and passed == at
        if now and chosen.when == "before":
            await act()
        result = await original(*arguments, **named)
        if now and chosen.when == "after":
            await act()
        return result

    setattr(place, chosen.method, faulty)


async def eventually(
    condition: Callable[[], Awaitable[bool]] | Callable[[], bool], limit: float = 20.0
) -> None:
    """Wait until the condition holds. Raises `TimeoutError` at the limit, in seconds.

    It is asked less and less often: a question takes CPU from what it waits for.
    """
    step = _STEP
    async with asyncio.timeout(limit):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(step)
            step = min(step * _GROWTH, _LONGEST_STEP)


async def die() -> None:
    """End the process at once, as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def stand_still() -> None:
    """Halt the process in its tracks, as a host that is starved of CPU would."""
    os.kill(os.getpid(), signal.SIGSTOP)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a module with a fault at a point of its loop."""
    parser = argparse.ArgumentParser(prog="python -m services.chassis.testing")
    parser.add_argument("--crash", choices=POINTS)
    parser.add_argument("--halt", choices=POINTS)
    parser.add_argument("--at", type=int, metavar="N")
    parser.add_argument("module", help="the package of the service")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="its own arguments")
    wanted = parser.parse_args(arguments)
    for act, chosen, variable in ((die, wanted.crash, CRASH), (stand_still, wanted.halt, HALT)):
        named, _, at = os.environ.get(variable, "").partition(":")
        if point := chosen or named:
            inject(point, act, at=wanted.at or int(at or 1))
    sys.argv = [wanted.module, *wanted.rest]
    runpy.run_module(wanted.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
