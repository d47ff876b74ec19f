"""Importing people into a running stack, until its portal knows them all."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from rich.console import Console

from contracts.people.events import PersonRecorded
from infra.commands.progress import counted
from infra.errors import OnestopError
from infra.local import Stack
from tests.fire import population

_LOOK = 0.25
_STALLED = 60.0
_COUNTED = re.compile(
    r"^onestop_events_(?:handled|repeated|dead_lettered)_total"
    rf'{{[^}}]*type="{re.escape(PersonRecorded.type)}"[^}}]*}} ([0-9.e+]+)$',
    re.MULTILINE,
)


def people_the_stack(stack: Stack, console: Console) -> None:
    """Import everybody whom generated and written declarations speak of, and show how far it is.

    Who is known already is not imported twice. Raises OnestopError.
    """
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder) / "people.ndjson"
        total = population.write(people)
        with counted(console, "People", total, "known to the portal") as known:
            import_people(stack, people, total, known)


def import_people(stack: Stack, file: Path, count: int, tell: Callable[[int], None]) -> None:
    """Import a file of `count` people and wait; `tell` hears how many the portal has heard of.

    The import waits for the population register; the portal hears of each person a moment later,
    and until then would not know a declarant. Raises OnestopError.
    """
    environment = {
        **os.environ,
        "ONESTOP_KAFKA": stack.addresses.kafka,
        "ONESTOP_MONGO": stack.addresses.mongo,
    }
    command = (sys.executable, "-m", "services.population", "import", str(file), "--wait")
    before = _heard(stack)
    moved, last = time.monotonic(), 0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as importing:
        try:
            while (heard := _heard(stack) - before) < count or importing.poll() is None:
                tell(min(heard, count))
                if importing.poll() not in (None, 0):
                    _, errors = importing.communicate()
                    raise OnestopError(f"the people were not imported: {_last_line(errors)}")
                if heard > last:
                    moved, last = time.monotonic(), heard
                elif time.monotonic() - moved > _STALLED:
                    raise OnestopError(
                        f"the portal has heard of {heard:,} of {count:,} people and of no more for"
                        f" {_STALLED:.0f} s: look at the logs of population and portal"
                    )
                stack.check()
                time.sleep(_LOOK)
        finally:
            importing.kill()
    tell(count)


def _heard(stack: Stack) -> int:
    """Return how often the portal has taken in the news of a person since it started."""
    try:
        text = httpx.get(f"{stack.url('portal')}/metrics", trust_env=False).text
    except httpx.HTTPError:
        return 0
    return sum(int(float(number)) for number in _COUNTED.findall(text))


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given")
