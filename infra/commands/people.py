"""`onestop people`: those whom generated births need, imported until the portal knows them all."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from contracts.catalogue import catalogue
from contracts.people.events import PersonRecorded
from infra.commands.options import DEFAULT_URL, Url
from infra.commands.progress import counted
from infra.errors import OnestopError
from infra.local import Ports, Stack, plain_http
from infra.services import Kafka, Mongo, PortBase, Services, last_line
from tests.fire import population
from tests.fire.families import DEFAULT_FAMILIES

_LOOK = 0.25
_STALLED = 180.0
_COUNTED = re.compile(
    r"^onestop_events_(?:handled|repeated|dead_lettered)_total"
    rf'{{[^}}]*type="{re.escape(PersonRecorded.type)}"[^}}]*}} ([0-9.e+]+)$',
    re.MULTILINE,
)
HELP = "\n\n".join(
    (
        "Import the people of the written declarations and of the generated births.",
        "They enter the population register as its operator would import them; the command ends"
        " when the portal has heard of them all. To run it again is harmless.",
        "[bold]Examples[/]",
        "  onestop people",
        "  onestop people --port-base 9000",
        "  onestop people --url http://portal.example:8080 --kafka broker:9092"
        " --mongo mongodb://store:27017",
    )
)


@dataclass(frozen=True)
class System:
    """A running system: its portal, the variables of its services, and whether it runs."""

    portal: str
    environment: Mapping[str, str]
    check: Callable[[], None] = lambda: None

    @classmethod
    def of(cls, stack: Stack) -> "System":
        """Return the system that a stack runs."""
        return cls(stack.url("portal"), {**os.environ, **stack.environment}, stack.check)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("people", help=HELP)(people_command)


def people_command(
    url: Url = DEFAULT_URL,
    families: Annotated[
        int, typer.Option("--families", min=1, help="How many generated families there are.")
    ] = DEFAULT_FAMILIES,
    kafka: Kafka = None,
    mongo: Mongo = None,
    port_base: PortBase = None,
) -> None:
    """Import them; see HELP."""
    if port_base is not None and url == DEFAULT_URL:
        url = f"http://127.0.0.1:{Ports.fixed(catalogue().services, port_base)['portal']}"
    system = System(url, Services.of(kafka, mongo, port_base).with_servers().environment)
    import_all(system, families, Console())


def import_all(system: System, families: int, console: Console) -> None:
    """Write the people of so many families, import them, and show how far it is.

    Raises OnestopError.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.ndjson"
        total = population.write(file, families)
        with counted(console, "People", total, "known to the portal") as known:
            import_people(system, file, total, known)


def import_people(system: System, file: Path, count: int, tell: Callable[[int], None]) -> None:
    """Import a file of `count` people and wait; `tell` hears how many the portal has heard of.

    The import waits for the population register; the portal hears of each person a moment later,
    and until then would not know a declarant. Raises OnestopError.
    """
    command = (sys.executable, "-m", "services.population", "import", str(file), "--wait")
    before = _heard(system.portal)
    moved, last = time.monotonic(), 0
    with subprocess.Popen(
        command,
        env=system.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as importing:
        try:
            while (heard := _heard(system.portal) - before) < count or importing.poll() is None:
                tell(min(heard, count))
                if importing.poll() not in (None, 0):
                    _, errors = importing.communicate()
                    raise OnestopError(f"the people were not imported: {last_line(errors)}")
                if heard > last:
                    moved, last = time.monotonic(), heard
                elif time.monotonic() - moved > _STALLED:
                    raise OnestopError(
                        f"the portal has heard of {heard:,} of {count:,} people and of no more for"
                        f" {_STALLED:.0f} s: look at the logs of population and portal"
                    )
                system.check()
                time.sleep(_LOOK)
        finally:
            importing.kill()
    tell(count)


def _heard(portal: str) -> int:
    """Return how often the portal has taken in the news of a person since it started."""
    try:
        text = plain_http.get(f"{portal}/metrics").text
    except httpx.HTTPError:
        return 0
    return sum(int(float(number)) for number in _COUNTED.findall(text))
