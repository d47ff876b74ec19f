"""What holds for all tests: processes that live for a minute or two do not pay for years."""

import os
import sys
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from infra.local import ports

# Some images of machines set it: then every process compiles all of its code (2.1 s against 1.1 s).
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A worker has ports of its own: the one of a server that a test keeps down looks free to others.
_WORKERS = 8
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
ports.FREE = ports.FREE[_WORKER % _WORKERS :: _WORKERS]

SHARING = ("tests/e2e/shared/", "tests/e2e/reviewed/", "tests/integration/portal/")
"""Folders whose files have one system among them."""


class BySystem(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives one worker all tests of a file, or of a folder whose files share a system."""

    def _split_scope(self, nodeid: str) -> str:
        return next(filter(nodeid.startswith, SHARING), super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySystem | None:
    """Let `--dist loadfile` know of these folders."""
    return BySystem(config, log) if config.getvalue("dist") == "loadfile" else None
