"""What the README says first, word for word: without a profile, and without a setting."""

from collections.abc import Iterator

import pytest

from tests.compose.compose import Compose
from tests.compose.conftest import Tell
from tests.compose.test_kills import accepted

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

COUNT = 100
"""Declarations: the default is 500, which the other modes send."""
NO_STAND_IN = {"grafana"}
"""Whose image may be nowhere to be had: see docs/operations/compose.md."""


@pytest.fixture
def compose() -> Iterator[Compose]:
    compose = Compose("default", FIRE_COUNT=str(COUNT))
    compose.down()
    yield compose
    compose.down()


def test_up_and_fire_as_the_readme_says(compose: Compose, tell: Tell) -> None:
    services = set(compose("config", "--services").split()) - NO_STAND_IN
    compose.up(sorted(services))
    said = compose("run", "--rm", "fire", limit=600)
    assert "Every accepted declaration has ended as it should." in " ".join(said.split()), said
    assert accepted(compose.address("portal")) == COUNT
    tell(f"compose, as it is: up, and `run --rm fire` had {COUNT} declarations end as they should")
