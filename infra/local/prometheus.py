"""A real Prometheus over the services of this stack, with the rules that a deployment has."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from infra.local.errors import StackError
from infra.local.ports import HOST
from infra.local.process import Child
from infra.targets import CONFIGURATION, NAME, Target, targets

PROGRAMS = ("prometheus", "promtool")
MISSING = (
    "prometheus and promtool are not installed: `apt-get install prometheus` brings both (Debian,"
    " Ubuntu), as does `brew install prometheus`"
)


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`. Raises StackError where there is none."""
    found = shutil.which(name)
    if found is None:
        raise StackError(MISSING)
    return found


def lay_out(folder: Path, found: Iterable[Target]) -> Path:
    """Write a configuration for these targets into a folder, and return its file.

    A Prometheus that reads it already notices changed targets by itself.
    """
    shutil.copytree(CONFIGURATION, folder, dirs_exist_ok=True)
    (folder / NAME).write_text(targets(found), encoding="utf-8")
    return folder / "prometheus.yml"


def prometheus(folder: Path, port: int) -> Child:
    """Return the server of a folder that was laid out. Raises StackError if it is not installed."""
    command = (
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        # Of a slow case, its id and its trace.
        "--enable-feature=exemplar-storage",
        "--log.level=warn",
    )
    return Child("prometheus", command, folder / "logs" / "prometheus.log")
