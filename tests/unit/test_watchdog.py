"""A process without progress ends itself; one that goes on in time does not."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from services.chassis.operate import command
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.watchdog import STATUS

COMMAND = sys.modules[command.__module__]
_UNREAD = """
import logging, os, sys
from services.chassis.watchdog import guard

logging.basicConfig(stream=sys.stdout)
guard(lambda: False, between=0.01)
while True:
    logging.error("nobody reads this, and soon there is no room for it")
"""
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
        ("look % 60 == 0", 0, "went on"),
    ],
)
def test_who_makes_no_progress_is_ended(alive: str, status: int, said: str) -> None:
    process = [sys.executable, "-c", _PROCESS.replace("{alive}", alive)]
    done = subprocess.run(process, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (status, said), done.stderr


def test_who_cannot_even_say_so_is_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", _UNREAD], stdout=subprocess.PIPE) as process:
        try:
            assert process.wait(60) == STATUS
        finally:
            process.kill()


def test_a_service_that_runs_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded: list[Callable[[], bool]] = []
    monkeypatch.setattr(COMMAND, "guard", guarded.append)
    monkeypatch.setattr(COMMAND.uvicorn, "run", lambda *_, **__: None)
    monkeypatch.setattr(COMMAND, "start_logging", lambda *_: None)
    monkeypatch.setattr(COMMAND, "_collect_less_often", lambda: None)
    service = Service("toy", procedures=())
    done = CliRunner().invoke(command(service), ["run"])
    assert done.exit_code == 0, done.output
    (alive,) = guarded
    assert alive(), "it does not run yet"
    service._runtime = runtime = service.build(Settings())
    assert alive()
    runtime.health.halt("a person is needed", alive=True)
    assert alive()
    runtime.health.halt("nobody knows this one", alive=False)
    assert not alive()
    runtime._stopping.set()
    assert alive(), "it is being stopped already"
