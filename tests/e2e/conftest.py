"""One system for all tests of births; it is stopped before others start theirs."""

from collections.abc import Iterator

import pytest

from infra.local import Stack
from tests.e2e.city import City, inhabited


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services; everybody in the population is known."""
    with inhabited(Stack(tmp_path_factory.mktemp("city"))) as city:
        yield city
