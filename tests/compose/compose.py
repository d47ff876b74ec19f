"""`docker compose` for a test: a project of its own, with its own ports and passwords."""

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.access import users
from infra.commands.access import variable

ROOT = Path(__file__).parents[2]
ROOT_USER = "root"
UP_SECONDS = 300
_WRONG = re.compile(r'"level": "(?!INFO|DEBUG)|WARN|ERROR|FATAL')
_LINES = 12
_HOW_FAR_BEHIND = """
import http.client, re
door = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
door.request("GET", "/readyz")
print(door.getresponse().read().decode())
door.request("GET", "/metrics")
said = door.getresponse().read().decode()
print(*re.findall("^onestop_consumer_lag_messages.*} (?!0[.]0$).*", said, re.M), sep="\\n")
"""


def why_not() -> str | None:
    """Return why containers cannot be run here, or None where they can."""
    if shutil.which("docker") is None:
        return "there is no docker here"
    for question in (["docker", "info"], ["docker", "compose", "version"]):
        asked = subprocess.run(question, capture_output=True, text=True, check=False)
        if asked.returncode:
            return f"`{' '.join(question)}`: {(asked.stderr or asked.stdout).strip()[-200:]}"
    return None


class Compose:
    """One run of docker-compose.yml: "default", or in the mode of a file in infra/compose."""

    def __init__(self, mode: str = "default", **settings: str) -> None:
        self.mode = mode
        self.project = f"onestop-test-{mode}"
        files = [] if mode == "default" else [ROOT / "infra" / "compose" / f"{mode}.env"]
        options = [option for file in files for option in ("--env-file", str(file))]
        self._command = ["docker", "compose", "--project-name", self.project, *options]
        passwords = {variable(user): secrets.token_hex(24) for user in (*users(), ROOT_USER)}
        # Port 0: whichever is free. Nothing else on this machine is in the way.
        ports = dict.fromkeys(("PORTAL_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT"), "0")
        self._environment = {**os.environ, **passwords, **ports, **settings}

    def __call__(self, *arguments: str, limit: float = 120) -> str:
        """Run a command and return what it prints. Raises AssertionError with what it complains."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {(done.stdout + done.stderr)[-4000:]}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command and return at once."""
        return subprocess.Popen(
            [*self._command, *arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def up(self, services: Sequence[str]) -> None:
        """Start these services with what they need, and wait until they are healthy."""
        self(
            "up",
            "--detach",
            "--wait",
            "--wait-timeout",
            f"{UP_SECONDS}",
            *services,
            limit=UP_SECONDS + 60,
        )

    def down(self) -> None:
        """Remove everything of this project, its data too."""
        self("--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans")

    def onestop(self, *arguments: str, service: str = "onestop", limit: float = 300) -> str:
        """Run a command in a container of the command's image, and return what it prints."""
        return self("run", "--rm", "--no-deps", "-T", service, *arguments, limit=limit)

    def kill_from_inside(self, service: str) -> None:
        """Kill (SIGKILL) every process of a container, so that the engine restarts it by itself.

        `docker kill` would not do: the engine takes it for somebody's wish that it stay down.
        """
        subprocess.run(
            [*self._command, "exec", "-T", service, "sh", "-c", "kill -9 -1"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def troubles(self) -> str:
        """Return how each container is, what is wrong in its log, and how far behind it is."""
        told = []
        for service in sorted(set(self("ps", "--all", "--services").split())):
            state = self.inspect(service)
            told.append(f"{service}: {state['State']['Status']}, restarts {state['RestartCount']}")
            log = self("logs", "--no-log-prefix", "--tail", "5000", service).splitlines()
            told += [f"    {line[:400]}" for line in log if _WRONG.search(line)][-_LINES:]
            told += [f"    {line}" for line in self._behind(service).splitlines()]
        return "\n".join(told)

    def _behind(self, service: str) -> str:
        with suppress(AssertionError, subprocess.TimeoutExpired):
            return self("exec", "-T", service, "python", "-c", _HOW_FAR_BEHIND, limit=20)
        return ""

    def inspect(self, service: str) -> Any:
        """Return what the engine knows of a service's container."""
        container = self("ps", "--all", "--quiet", service).strip()
        shown = subprocess.run(
            ["docker", "inspect", container], capture_output=True, text=True, check=True
        )
        return json.loads(shown.stdout)[0]

    def address(self, service: str, port: int = 8000) -> str:
        """Return where a published port answers. Raises AssertionError while it does not run."""
        return f"http://{self('port', service, str(port)).strip()}"
