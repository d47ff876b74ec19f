"""The `onestop` command in a process of its own, and whether anything outlives it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil

from infra.local import Ports
from infra.local.ports import GATEWAY, variable
from infra.local.waiting import wait_until

LIMIT_SECONDS = 240.0
PARTS = ("kafka", "kafka-controller", "mongo", GATEWAY)
COMMAND = (sys.executable, "-m", "infra.cli")
_MARK = "ONESTOP_TEST_MARK"
_MANNERS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Surroundings:
    """The environment of a command: free ports for all parts of a stack, and a mark of its own.

    Whatever the command starts inherits the mark, and is found by it.
    """

    services: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    ports: Ports = field(default_factory=Ports.free)
    mark: str = field(default_factory=lambda: uuid4().hex)

    @property
    def environment(self) -> dict[str, str]:
        numbers = {variable(name): str(self.ports[name]) for name in (*PARTS, *self.services)}
        return {**os.environ, **numbers, **self.extra, _MARK: self.mark, "COLUMNS": "200"}

    @property
    def portal(self) -> str:
        """The address at which the portal of this stack answers."""
        return f"http://127.0.0.1:{self.ports['portal']}"

    def left(self) -> list[str]:
        """Return the processes with the mark that still run."""
        return [" ".join(_command(process)) for process in self._marked()]

    def _marked(self) -> Iterator[psutil.Process]:
        for process in psutil.process_iter():
            try:
                if process.environ().get(_MARK) == self.mark:
                    yield process
            except psutil.Error:
                continue  # it has just ended, or is another user's

    def process_of(self, module: str) -> psutil.Process:
        """Return the process that runs a module."""
        (found,) = [process for process in self._marked() if module in _command(process)]
        return found


@dataclass
class Running:
    """A command that runs until it is interrupted."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def says(self, text: str) -> bool:
        """Wait until the command has printed this; tell whether it did before it ended."""
        wait_until(lambda: text in self.said or self.process.poll() is not None, LIMIT_SECONDS)
        return text in self.said

    @property
    def said(self) -> str:
        return plain(self.out.read_text(encoding="utf-8"))

    @property
    def complaint(self) -> str:
        return plain(self.err.read_text(encoding="utf-8"))

    def interrupt(self) -> None:
        """Do as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """Wait for the end and return the exit status."""
        return self.process.wait(LIMIT_SECONDS)


def onestop(environment: Mapping[str, str], *arguments: str) -> Done:
    """Run the command to its end."""
    done = subprocess.run(
        (*COMMAND, *arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, plain(done.stdout), plain(done.stderr))


@contextmanager
def running(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[Running]:
    """Run the command between `with` and its end; what it says goes to files in the folder."""
    out, err = folder / "stdout", folder / "stderr"
    # As at a terminal: what a shell runs in the background may ignore it, and all that it starts.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    with out.open("wb") as said, err.open("wb") as complained:
        process = subprocess.Popen(
            (*COMMAND, *arguments), env=environment, stdout=said, stderr=complained
        )
    signal.signal(signal.SIGINT, ignored)
    try:
        yield Running(process, out, err)
    finally:
        # Its children are asked to end with it by the kernel.
        process.kill()
        process.wait()


def plain(text: str) -> str:
    """Return a text without colours."""
    return _MANNERS.sub("", text)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
