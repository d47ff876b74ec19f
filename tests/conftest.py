"""What holds for all tests: processes that live for a minute or two do not pay for years."""

import os
import sys

import pytest

# The second compiler of Java would still be warming up, and takes a third of the CPU that a broker
# needs (18.5 s against 11.9 s for 3,000 messages).
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# Some images of machines set it: then every process compiles all of its code (2.1 s against 1.1 s).
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SHARING = ("tests/e2e/shared/", "tests/e2e/reviewed/", "tests/integration/portal/")
"""Folders whose files have one system among them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker have all tests of a file, or of a folder whose files share a system."""
    for item in items:
        file = item.location[0]
        group = next((folder for folder in SHARING if file.startswith(folder)), file)
        item.add_marker(pytest.mark.xdist_group(group))
