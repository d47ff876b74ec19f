"""A child process that writes to a named log file and never outlives us."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from infra.local import leash
from infra.local.errors import ServerDied
from infra.local.last_words import last_words
from infra.local.waiting import wait_until

STOP_SECONDS = 15.0

# The kernel sends the parent-death signal when the *thread* that forked ends, so all children are
# forked by one thread that lives as long as the process, whatever thread starts them.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class Child:
    """One program of the stack, in a session of its own, that can be started again.

    `log` receives its output, appended.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = tuple(command)
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The id of the process last started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs or before it was started."""
        return self._process.poll() if self._process else None

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the program, with `environment` added to its own for this time only."""
        if self.alive:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            arguments = [sys.executable, "-IS", leash.__file__, str(os.getpid()), *self._command]
            self._process = _spawner.submit(
                subprocess.Popen,
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._environment, **(environment or {})},
                start_new_session=True,
            ).result()

    def stop(self, limit_seconds: float = STOP_SECONDS) -> None:
        """Ask the program to end, wait, and kill it (and its children) at the limit."""
        self.ask_to_stop()
        if not wait_until(lambda: not self.alive, limit_seconds):
            self.kill()

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and wake the program up if it is paused. Do not wait."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Send SIGKILL to the program and its children, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def pause(self) -> None:
        """Stop the program in its tracks (SIGSTOP) until `resume`; return when it stands still."""
        self._signal(signal.SIGSTOP)
        if self._process and self.alive:
            # WNOWAIT: only look, and leave its exit status to be collected by whoever waits.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let a paused program go on."""
        self._signal(signal.SIGCONT)

    def check(self) -> None:
        """Raise ServerDied if the program ended by itself."""
        status = self.exit_status
        if status is not None:
            raise ServerDied(
                f"{self.name} died ({_ending(status)}): {self.explanation()}"
                f" — the rest is in {self.log}"
            )

    def explanation(self) -> str:
        """Return the line of this run's log that tells best what happened."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return last_words(log.read().decode(errors="replace").splitlines())

    def _signal(self, number: signal.Signals) -> None:
        # After poll() returned None the process is at worst a zombie, so its id is still ours.
        if self._process and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _ending(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"
