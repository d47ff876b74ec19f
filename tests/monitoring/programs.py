"""Prometheus's own programs, for the tests that need them."""

import os
import subprocess

import pytest

from infra.local import StackError
from infra.local.prometheus import program


def required(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; without it, skip, and in CI fail."""
    try:
        return program(name)
    except StackError as error:
        if os.environ.get("CI"):
            pytest.fail(f"{error}; .ci/run installs them")
        pytest.skip(str(error))


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run promtool to its end."""
    command = [required("promtool"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
