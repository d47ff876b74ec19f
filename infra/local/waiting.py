"""Waiting for conditions, with a limit."""

import time
from collections.abc import Callable

STEP_SECONDS = 0.05


def wait_until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Ask `condition` until it holds; return False if it does not within the limit.

    What `condition` raises ends the wait: a server that died need not be waited for.
    """
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(STEP_SECONDS)
    return True
