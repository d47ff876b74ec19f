"""Each image as it is: it starts without any right, says what it lacks, and holds nothing more."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.catalogue import catalogue
from infra.local.waiting import wait_until
from tests.compose.conftest import Tell

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

TAG = os.environ.get("TAG", "dev")
ALL_MB, OFFICIAL_BASE_MB = 220, 125
OURS_MB = ALL_MB - OFFICIAL_BASE_MB
"""How much an image may add to the public image of Python. That is given 125 of the 220 that all
of it may have, for where the base image is a stand-in its size says nothing."""
PRINTING = ("reportlab", "pyhanko", "pymupdf_fonts", "PIL", "lxml")
COMPILERS = ("cc", "gcc", "g++", "c++", "clang", "ld", "make", "uv")
ASK = """
import json, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen("http://127.0.0.1:8000/" + sys.argv[1], timeout=5)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, json.load(answer)]))
"""


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, (arguments, done.stderr)
    return done.stdout.strip()


def image(name: str) -> str:
    return f"onestop/{name}:{TAG}"


def in_image(name: str, *command: str) -> str:
    program, *rest = command
    return docker("run", "--rm", "--read-only", "--entrypoint", program, image(name), *rest)


def inspect(thing: str) -> Any:
    return json.loads(docker("inspect", thing))[0]


@pytest.fixture(params=catalogue().services)
def container(request: pytest.FixtureRequest) -> Iterator[str]:
    """A service with nothing around it: no network, no broker, no store."""
    options = ("--read-only", "--cap-drop", "ALL", "--network", "none")
    id = docker("run", "--detach", *options, image(request.param))
    yield id
    docker("rm", "--force", id)


def test_it_starts_and_says_what_it_lacks(container: str) -> None:
    def ask(path: str) -> Any:
        said = docker("exec", container, "python", "-c", ASK, path, check=False)
        return json.loads(said) if said else None

    assert wait_until(lambda: ask("readyz") is not None, 60), docker("logs", container)
    status, answer = ask("readyz")
    assert (status, answer["ready"]) == (503, False)
    assert [each.split(":")[0] for each in answer["problems"]] == ["broker", "store"]
    assert ask("livez") == [200, {"alive": True}]
    docker("stop", container)
    assert inspect(container)["State"]["ExitCode"] == 0, "it ends when it is asked to"


@pytest.mark.parametrize("name", (*catalogue().services, "onestop"))
def test_it_is_of_the_commit_and_runs_as_nobody(name: str) -> None:
    config = inspect(image(name))["Config"]
    assert config["Labels"]["org.opencontainers.image.revision"] == os.environ.get(
        "REVISION", "unknown"
    )
    assert in_image(name, "id", "-u") == "10001"
    # One by one: of several names, dash looks at the first only.
    looked = f"for each in sh {' '.join(COMPILERS)}; do command -v $each; done; true"
    found = in_image(name, "sh", "-c", looked)
    assert len(found.split()) == 1, "the shell, and no compiler"


@pytest.mark.parametrize("name", catalogue().services)
def test_it_holds_one_service_and_what_that_needs(name: str) -> None:
    folders = in_image(name, "ls", "-I", "__pycache__", "/opt/onestop", "/opt/onestop/services")
    words = set(folders.split()) - {"/opt/onestop:", "/opt/onestop/services:"}
    own = {"__init__.py", "chassis", name.replace("-", "_")}
    assert words == own | {"bin", "contracts", "services", "venv"}
    others = () if name == "portal" else PRINTING
    for absent in ("faker", "confluent_kafka", "jgo", "pytest", *others):
        assert (
            in_image(name, "sh", "-c", f"ls venv/lib/*/site-packages | grep -ix {absent} || true")
            == ""
        )


@pytest.mark.parametrize("name", (*catalogue().services, "onestop"))
def test_it_is_small(name: str, tell: Tell) -> None:
    base = inspect(os.environ.get("PYTHON_IMAGE", "python:3.13-slim"))["Size"]
    ours = (inspect(image(name))["Size"] - base) / 1e6
    tell(f"images: onestop/{name} adds {ours:.1f} MB to its base")
    assert ours < OURS_MB


def test_the_command_has_what_fires_and_what_creates_topics() -> None:
    for command in ("fire", "people", "topics", "access", "journal", "issuer"):
        assert f"onestop {command}" in in_image("onestop", "onestop", command, "--help")
