"""A process without progress ends itself; one that goes on in time does not."""

import subprocess
import sys

import pytest

from services.chassis.watchdog import STATUS

_PROCESS = """
import itertools, logging, sys, threading
from services.chassis.watchdog import guard

logging.basicConfig(stream=sys.stdout, format="%(message)s")
looks, ended = itertools.count(1), threading.Event()

def alive():
    look = next(looks)
    if look == 200:
        ended.set()
    return {alive}

guard(alive, between=0.001)
ended.wait(60)
print("went on")
"""


@pytest.mark.parametrize(
    ("alive", "status", "said"),
    [
        ("False", STATUS, "no progress: the process ends itself, to be started again"),
        ("look <= 100", STATUS, "no progress: the process ends itself, to be started again"),
        ("True", 0, "went on"),
        # Suspended, and going on just in time.
        ("look % 30 == 0", 0, "went on"),
    ],
)
def test_who_makes_no_progress_is_ended(alive: str, status: int, said: str) -> None:
    process = [sys.executable, "-c", _PROCESS.replace("{alive}", alive)]
    done = subprocess.run(process, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (status, said), done.stderr
