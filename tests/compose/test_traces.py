"""A collector beside the services hears of all of them, once they are told where it is."""

import json
from collections.abc import Iterator

import pytest

from contracts.catalogue import catalogue
from infra.local.waiting import wait_until
from tests.compose.collector import PORT
from tests.compose.compose import ROOT, Compose
from tests.compose.conftest import Tell
from tests.compose.test_images import docker, image

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

LIMIT_SECONDS = 60.0
ASK = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:{PORT}').read().decode())"


@pytest.fixture
def compose() -> Iterator[Compose]:
    compose = Compose(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://collector:{PORT}", FIRE_COUNT="10")
    compose.down()
    yield compose
    compose.down()


@pytest.fixture
def collector(compose: Compose) -> Iterator[str]:
    """A program in the network of the services, which is made by the first of them."""
    compose.up(["mongo"])
    id = docker(
        *("run", "--detach", "--network", f"{compose.project}_inside"),
        *("--network-alias", "collector", "--volume", f"{ROOT}/tests:/opt/onestop/tests:ro"),
        *("--entrypoint", "python", image("onestop"), "-m", "tests.compose.collector"),
    )
    yield id
    docker("rm", "--force", id)


def test_every_service_sends_its_traces(compose: Compose, collector: str, tell: Tell) -> None:
    compose.up([*catalogue().services, "gateway"])
    compose("run", "--rm", "fire", limit=300)

    def heard() -> list[str]:
        services: list[str] = json.loads(docker("exec", collector, "python", "-c", ASK))
        return services

    everyone = sorted(catalogue().services)
    assert wait_until(lambda: heard() == everyone, LIMIT_SECONDS), heard()
    tell(f"compose, with a collector: traces of {', '.join(everyone)}")
