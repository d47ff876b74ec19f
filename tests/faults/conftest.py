"""One system for all faults: every test leaves it whole, with more behind it than before."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local import Stack
from tests.faults.city import City, command
from tests.faults.flow import FAMILIES, Flow
from tests.fire.population import write

SETTINGS = {
    "ONESTOP_SESSION_TIMEOUT": "4",
    "ONESTOP_STORE_TIMEOUT": "2",
    "ONESTOP_BANK_PATIENCE": "0.5",
}


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services, and a population that the portal knows."""
    stack = Stack(tmp_path_factory.mktemp("city"), command=command, environment=SETTINGS)
    with inhabited(stack, tmp_path_factory.mktemp("people") / "people.ndjson") as city:
        yield city


@pytest.fixture
def new_city(tmp_path: Path) -> Iterator[City]:
    """Another one, with nothing behind it."""
    stack = Stack(tmp_path / "city", command=command, environment=SETTINGS)
    with inhabited(stack, tmp_path / "people.ndjson") as city:
        yield city


@contextmanager
def inhabited(stack: Stack, people: Path) -> Iterator[City]:
    """Start a stack, and import the population by way of this file."""
    with stack:
        _import(stack, people)
        city = City(stack, Flow(stack))
        asyncio.run(city.finished())
        yield city


def _import(stack: Stack, file: Path) -> None:
    write(file, FAMILIES, runs=())  # no written declarations here
    environment = {
        **os.environ,
        "ONESTOP_KAFKA": stack.addresses.kafka,
        "ONESTOP_MONGO": stack.addresses.mongo,
    }
    arguments = [sys.executable, "-m", "infra.cli", "population", "import", str(file), "--wait"]
    subprocess.run(arguments, env=environment, check=True, capture_output=True, timeout=240)
