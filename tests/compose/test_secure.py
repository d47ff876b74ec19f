"""The profile `secure`: a service that tries what it may not do is refused."""

import json
from collections.abc import Iterator

import pytest

from contracts.catalogue import catalogue, topic
from tests.compose.compose import Compose
from tests.compose.conftest import Tell
from tests.compose.intruder import ME

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture
def compose() -> Iterator[Compose]:
    compose = Compose("secure")
    compose.down()
    yield compose
    compose.down()


def test_a_service_can_do_its_work_and_nothing_else(compose: Compose, tell: Tell) -> None:
    compose.up([ME])
    said = compose(
        *("run", "--rm", "--no-deps", "-T", "--volume", "./tests:/opt/onestop/tests:ro"),
        *("--entrypoint", "python", ME, "-m", "tests.compose.intruder"),
        limit=300,
    )
    heard = {*catalogue().reads(ME)}
    assert json.loads(said.splitlines()[-1]) == {
        "sees": sorted(heard | {topic(ME)}),
        "publish as itself": "allowed",
        "publish as another": "TopicAuthorizationFailedError",
        "its own group": "allowed",
        "another's group": "GroupAuthorizationFailedError",
        "wrong password": "KafkaConnectionError",
        "plain text": "KafkaConnectionError",
        "its own database": "allowed",
        "another's database": "OperationFailure",
        "no name": "OperationFailure",
        "store in plain text": "ServerSelectionTimeoutError",
    }
    # Made again, as after a new event: nothing to do.
    again = compose.onestop(service="access")
    assert "0 rights given, 0 withdrawn" in again, again
    tell(
        "compose, secure: a service that tries what it may not do is refused, by Kafka and MongoDB"
    )
