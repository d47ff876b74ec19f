"""The system of this folder; it is stopped before others start theirs."""

import shutil
from collections.abc import Iterator

import pytest

from infra.local import Stack
from infra.local.ports import PROMETHEUS
from tests.e2e.city import City, inhabited


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services, and Prometheus where it is installed; everybody is known."""
    measured = shutil.which(PROMETHEUS) is not None
    with inhabited(Stack(tmp_path_factory.mktemp("city"), measured=measured)) as city:
        yield city
