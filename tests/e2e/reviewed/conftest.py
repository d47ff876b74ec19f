"""The system of this folder; it is stopped before others start theirs."""

from collections.abc import Iterator

import pytest

from infra.local import Stack
from tests.e2e.city import City, inhabited
from tests.e2e.reviewed.policy import write_policy


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services, where officials decide about births and about benefits."""
    rules = tmp_path_factory.mktemp("rules")
    write_policy(rules)
    environment = {"ONESTOP_RULES": str(rules)}
    with inhabited(Stack(tmp_path_factory.mktemp("city"), environment=environment)) as city:
        yield city
