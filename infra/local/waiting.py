"""Waiting for conditions, with a limit."""

import time
from collections.abc import Callable

STEP_SECONDS = 0.05
LONGEST_STEP = 0.4
_GROWTH = 1.2
"""Whoever has waited long can wait a little longer: a question takes CPU from what it waits for."""


def wait_until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Ask `condition` until it holds; return False if it does not within the limit.

    What `condition` raises ends the wait: a server that died need not be waited for.
    """
    deadline, step = time.monotonic() + limit_seconds, STEP_SECONDS
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(step)
        step = min(step * _GROWTH, LONGEST_STEP)
    return True
