"""What the README says first, word for word: without a profile, and without a setting."""

import json
from collections.abc import Iterator

import httpx
import pytest

from infra.local.waiting import wait_until
from tests.compose.compose import ROOT, Compose
from tests.compose.conftest import Tell
from tests.compose.test_kills import accepted

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

COUNT = 100
"""Declarations: the default is 500, which the other modes send."""
LIMIT_SECONDS = 60.0
NO_STAND_IN = {"grafana"}
"""Whose image may be nowhere to be had: see docs/operations/compose.md."""


@pytest.fixture
def compose() -> Iterator[Compose]:
    compose = Compose("default", FIRE_COUNT=str(COUNT))
    compose.down()
    yield compose
    compose.down()


def answering(compose: Compose) -> list[str]:
    """The targets that Prometheus, in its container, gets metrics of."""
    question = {"query": 'up{job="onestop"} == 1'}
    url = f"{compose.address('prometheus', 9090)}/api/v1/query"
    found = httpx.get(url, params=question, trust_env=False).json()["data"]["result"]
    return sorted(each["metric"]["instance"] for each in found)


def test_up_and_fire_as_the_readme_says(compose: Compose, tell: Tell) -> None:
    services = set(compose("config", "--services").split()) - NO_STAND_IN
    compose.up(sorted(services))
    said = compose("run", "--rm", "fire", limit=600)
    assert "Every accepted declaration has ended as it should." in " ".join(said.split()), said
    assert accepted(compose.address("portal")) == COUNT
    targets = json.loads((ROOT / "infra" / "prometheus" / "targets.json").read_text("utf-8"))
    expected = sorted(target for group in targets for target in group["targets"])
    assert wait_until(lambda: answering(compose) == expected, LIMIT_SECONDS), answering(compose)
    tell(f"compose, as it is: up, and `run --rm fire` had {COUNT} declarations end as they should")
