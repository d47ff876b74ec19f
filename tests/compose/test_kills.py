"""The whole in containers: an agency, the broker, the store and the door are killed under load."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.catalogue import catalogue
from infra.local.ports import GATEWAY
from infra.local.waiting import wait_until
from tests.compose.compose import Compose
from tests.compose.conftest import Tell
from tests.fire.report import OUTCOMES

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1500)]

COUNT = 500
FAMILIES = "500"
KILLED = ("population", "kafka", "mongo", "portal")
"""In this order, spread over the run. The portal last: its counter begins anew."""
LIMIT_SECONDS = 300.0
_ACCEPTED = re.compile(r"^onestop_declarations_total\{.*\} ([0-9.e+]+)$", re.MULTILINE)


@pytest.fixture(params=["officials", "secure", "cluster"])
def compose(request: pytest.FixtureRequest) -> Iterator[Compose]:
    compose = Compose(request.param)
    compose.down()
    yield compose
    compose.down()


def test_nothing_is_lost_or_done_twice(compose: Compose, tell: Tell, tmp_path: Path) -> None:
    began = time.monotonic()
    compose.up((*catalogue().services, GATEWAY))
    healthy = time.monotonic()
    compose.onestop("people", "--families", FAMILIES, service="people")
    firing = compose.start(
        *("run", "--rm", "--no-deps", "-T", "fire", "fire", "--json", "--timeout", "180"),
        *("--count", str(COUNT), "--families", FAMILIES, "--concurrency", "4"),
    )
    try:
        kill_meanwhile(compose, firing)
        said, complaint = firing.communicate(timeout=LIMIT_SECONDS)
    finally:
        firing.kill()
    assert firing.returncode == 0, (said + complaint)[-4000:]
    report = json.loads(said)
    ended = sum(report[outcome] for outcome in OUTCOMES)
    assert (report["sent"], report["accepted"], ended) == (COUNT, COUNT, COUNT), said
    written = fired_as_written(compose) if compose.mode == "officials" else 0
    restarts = {name: compose.inspect(name)["RestartCount"] for name in KILLED}
    assert min(restarts.values()) >= 1, restarts
    found = checked(compose)
    assert found["broken"] == []
    assert found["cases"] == COUNT + written
    signed = found["signed"]
    assert bool(signed) == (compose.mode == "officials"), "results are signed by its keys"
    if signed:
        printed_and_verified(compose, signed, tmp_path)
    journals = compose.onestop("journal", "verify")
    assert journals.count(": whole") == len(catalogue().services), journals
    assert compose.onestop("dead-letters", "list").strip() == "There are no dead letters."
    tell(
        f"compose, {compose.mode}: healthy after {healthy - began:.0f} s; killed (restarts)"
        f" {', '.join(f'{name} ({count})' for name, count in restarts.items())};"
        f" {ended} of {COUNT} declarations ended, each once"
        f"{f', and {written} that are written out, with their officials' if written else ''}:"
        f" {found['entries']} entries and {found['messages']} messages agree"
    )


def fired_as_written(compose: Compose) -> int:
    """Send what is written out, with its officials played; return how many cases there were, with
    those of the hospitals that gave notice.

    The command fails unless each became what is expected of it.
    """
    said = compose.onestop("fire", "--json", "--seed", "1", "--timeout", "180", service="fire")
    report = json.loads(said)
    accepted, notices = report["accepted"], report["notices"]
    assert accepted and notices
    return int(accepted + notices)


def printed_and_verified(compose: Compose, numbers: list[str], folder: Path) -> None:
    """Have the first result that holds printed and sealed by the portal; verify it elsewhere."""
    portal = httpx.Client(base_url=compose.address("portal"), trust_env=False, timeout=60)
    with portal:
        number = next(
            each for each in numbers if portal.get(f"/api/verify/{each}").json()["state"] == "valid"
        )
        printed = portal.get(f"/api/results/{number}.pdf").raise_for_status().content
    folder.chmod(0o755)
    (folder / "result.pdf").write_bytes(printed)
    said = compose(
        *("run", "--rm", "--no-deps", "-T", "--volume", f"{folder}:/printed:ro"),
        *("onestop", "verify", "/printed/result.pdf"),
    )
    assert said.startswith("Valid:"), said
    assert number in said


def kill_meanwhile(compose: Compose, firing: subprocess.Popen[str]) -> None:
    """Kill one after the other while declarations are accepted, each after its share of them."""
    portal = compose.address("portal")
    for number, victim in enumerate(KILLED, start=1):
        share = number * COUNT // (len(KILLED) + 1)
        assert wait_until(partial(is_at, portal, share, firing), LIMIT_SECONDS), share
        compose.kill_from_inside(victim)
        assert firing.poll() is None, "nothing was under way any more"


def is_at(portal: str, count: int, firing: subprocess.Popen[str]) -> bool:
    """Whether so many declarations have been accepted; some must still be under way."""
    assert firing.poll() is None, firing.communicate()
    return accepted(portal) >= count


def accepted(portal: str) -> float:
    with suppress(httpx.HTTPError):
        text = httpx.get(f"{portal}/metrics", trust_env=False).text
        return sum(map(float, _ACCEPTED.findall(text)))
    return 0.0


def checked(compose: Compose) -> dict[str, Any]:
    """Hold everything stored and published against the invariants, inside the network."""
    said = compose(
        *("run", "--rm", "--no-deps", "-T", "--volume", "./tests:/opt/onestop/tests:ro"),
        *("--entrypoint", "python", "onestop", "-m", "tests.compose.check"),
        limit=LIMIT_SECONDS,
    )
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
