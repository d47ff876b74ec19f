"""Programs of the machine that the drill runs, some of which its environment names."""

import shlex
import subprocess
from collections.abc import Iterable, Mapping
from typing import Literal

from tests.k8s.cluster import ClusterError
from tests.k8s.manifests import ROOT

Variable = Literal["K8S_IMAGES", "K8S_LOAD", "K8S_VOLUMES"]


def hook(variable: Variable, environment: Mapping[str, str], names: Iterable[str] = ()) -> None:
    """Run the command that a variable names, with these arguments; without one, do nothing.

    Raises `ClusterError`.
    """
    if command := environment.get(variable):
        run([*shlex.split(command), *names])


def run(command: list[str]) -> None:
    """Run a program in the project's folder. Raises `ClusterError` with its last line."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ClusterError(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no reason was given"]
        raise ClusterError(f"{' '.join(command[:3])} …: {said[-1]}")
