"""`onestop demo` and `onestop up` as somebody at a terminal sees them, to the very end."""

import json
import os
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from contracts.catalogue import catalogue
from contracts.common.calendar import LOCAL
from infra.cli import command_line
from infra.local import plain_http
from infra.local.waiting import wait_until
from tests.e2e import toy
from tests.e2e.onestop import LIMIT_SECONDS, Surroundings, onestop, plain, running

UP = "Ctrl-C stops everything."
FRIDAY = datetime(2026, 2, 13, 9, tzinfo=LOCAL)


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """Ports of one's own; nothing that was started there may be left."""
    surroundings = Surroundings(catalogue().services)
    yield surroundings
    assert surroundings.left() == []


def test_the_demonstration_ends_with_its_table(surroundings: Surroundings, tmp_path: Path) -> None:
    done = onestop(
        surroundings.environment,
        *("demo", "--exit", "--count", "40", "--rate", "20", "--data", str(tmp_path)),
    )
    assert (done.status, done.err) == (0, ""), done.out
    assert "Every accepted declaration has ended as it should." in done.out
    for row in ("accepted", "completed", "refused", "partial"):
        assert re.search(rf"^ {row} +│ +[0-9]+ *$", done.out, re.MULTILINE), done.out
    assert re.search(r"cases +┃ +p50 +┃ +p95 +┃ +p99 +┃ +max", done.out), done.out
    for step in (
        *("From submission to completion", "Birth registration", "Death registration"),
        *("Funeral allowance or burial support", "Fees"),
    ):
        assert re.search(rf"^ *{step} +│ +[0-9]+ │( +[0-9]+\.[0-9]{{3}} ?│?){{4}}", done.out, re.M)
    for name in catalogue().services:
        assert f"http://127.0.0.1:{surroundings.ports[name]}/metrics" in done.out
        assert str(tmp_path / name / "logs" / f"{name}.log") in done.out.replace("\n", "")
    assert f"{surroundings.portal}/docs" in done.out
    for part in ("topics +ready", "People", "Written", "Generated"):
        # Where the machine was too slow to send them all, a spinner stands before it.
        assert re.search(rf"^\W*{part}\b", done.out, re.MULTILINE), "a line of its own"


@pytest.mark.parametrize("part", ["portal", "mongo"])
def test_a_port_in_use_is_one_sentence(
    part: str, surroundings: Surroundings, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", surroundings.ports[part])):
        done = onestop(surroundings.environment, "demo", "--exit", "--data", str(tmp_path))
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert f"port {surroundings.ports[part]} for {part} is in use" in done.err


def test_prometheus_that_is_not_installed_is_one_sentence(
    surroundings: Surroundings, tmp_path: Path
) -> None:
    environment = {**surroundings.environment, "PATH": str(tmp_path)}
    done = onestop(environment, "up", "--prometheus", "--data", str(tmp_path / "data"))
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "apt-get install prometheus" in done.err


def test_what_is_up_knows_whom_fire_speaks_of_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    """Also an agency that came later."""
    services = toy.catalogued("services")
    surroundings = Surroundings(services, toy.ENVIRONMENT)
    with running(tmp_path, surroundings.environment, "up", "--data", str(tmp_path)) as up:
        assert up.says(UP), up.complaint
        for name in services:
            url = f"http://127.0.0.1:{surroundings.ports[name]}"
            assert url in up.said
            assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        assert len(surroundings.left()) > len(services)
        fired = onestop(
            surroundings.environment,
            *("fire", "--count", "60", "--duplicates", "0.1", "--json"),
            *("--url", surroundings.portal),
        )
        assert (fired.status, fired.err) == (0, ""), fired.out
        assert json.loads(fired.out)["accepted"] == 60
        up.interrupt()
        assert (up.ends(), up.complaint) == (0, "")
    assert surroundings.left() == []


def test_ctrl_c_at_the_start_leaves_nothing_either(
    surroundings: Surroundings, tmp_path: Path
) -> None:
    with running(tmp_path, surroundings.environment, "up", "--data", str(tmp_path)) as up:
        assert wait_until(lambda: len(surroundings.left()) > 1, LIMIT_SECONDS), "nothing started"
        up.interrupt()
        assert (up.ends(), up.complaint) == (130, "")


def test_a_stack_has_the_clock_it_is_given_and_a_service_that_dies_takes_the_rest_along(
    surroundings: Surroundings, tmp_path: Path
) -> None:
    clock = ("--clock", FRIDAY.isoformat(), "--speed", "1440")
    with running(
        tmp_path, surroundings.environment, *("up", "--empty", "--data", str(tmp_path)), *clock
    ) as up:
        assert up.says(UP), up.complaint
        first = told(surroundings.portal)
        assert FRIDAY <= first < FRIDAY + timedelta(days=LIMIT_SECONDS / 60)
        assert wait_until(
            lambda: told(surroundings.portal) > first + timedelta(hours=12), LIMIT_SECONDS
        )
        surroundings.process_of("services.residence").kill()
        assert (up.ends(), up.complaint.count("\n")) == (1, 1)
        assert up.complaint.startswith("onestop: residence died (killed by SIGKILL)")
        assert str(tmp_path / "residence" / "logs" / "residence.log") in up.complaint
    again = onestop(surroundings.environment, "up", "--data", str(tmp_path), *clock)
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "of their clock, which cannot be set back to 2026-02-13 09:00" in again.err


def told(portal: str) -> datetime:
    answer = plain_http.get(f"{portal}/api/clock").json()
    assert answer["speed"] == 1440
    return datetime.fromisoformat(answer["now"])


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--clock", "tomorrow", "'tomorrow' is no moment: write it as 2026-02-13T16:00+07:00"),
        ("--speed", "0", "Invalid value for '--speed'"),
    ],
)
def test_a_clock_that_cannot_be_set_is_one_sentence(
    option: str, value: str, says: str, surroundings: Surroundings, tmp_path: Path
) -> None:
    done = onestop(surroundings.environment, "up", "--data", str(tmp_path), option, value)
    assert done.status != 0
    assert done.err.count("\n") == 1
    assert says in done.err


def test_nobody_at_the_door_is_one_sentence(surroundings: Surroundings) -> None:
    for command in (("fire", "--count", "1"), ("case", "any")):
        done = onestop(surroundings.environment, *command, "--url", surroundings.portal)
        assert (done.status, done.err.count("\n")) == (1, 1)
        assert f"no portal answers at {surroundings.portal}" in done.err


@pytest.mark.parametrize(
    "command",
    [
        ("dead-letters", "list"),
        ("dead-letters", "replay", "--all"),
        ("journal", "verify"),
        ("journal", "republish", "--service", "all", "--all"),
        ("people",),
    ],
    ids=" ".join,
)
def test_servers_that_are_away_are_one_sentence(
    command: tuple[str, ...], surroundings: Surroundings
) -> None:
    """Before any service is asked, each of which would wait for them."""
    away = {
        "ONESTOP_MONGO": f"mongodb://me:secret@127.0.0.1:{surroundings.ports['mongo']}/?tls=false"
    }
    done = onestop(surroundings.environment | away, *command)
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert re.match(r"onestop: no (MongoDB server|Kafka) answers at ", done.err)
    assert "start the system with `onestop up`" in done.err
    assert "secret" not in done.err


def test_ctrl_c_says_how_far_it_came(tmp_path: Path) -> None:
    """Before the portal has accepted anything: it does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = ("fire", "--count", "1", "--url", url)
        with running(tmp_path, dict(os.environ), *command) as fire:
            connection, _ = silent.accept()
            with connection:
                fire.interrupt()
                assert fire.ends() == 130
                assert fire.complaint == "onestop: interrupted: 0 sent, 0 accepted, 0 ended\n"


@pytest.mark.parametrize(
    "command",
    [
        *[("up",), ("demo",), ("fire",), ("case",), ("population", "import")],
        *[("people",), ("topics",), ("access",), ("gateway",)],
        *[("verify",), ("token",), ("issuer",), ("keys",)],
        *[("journal", "backup"), ("journal", "restore")],
        *[("journal", "verify"), ("journal", "republish")],
        *[("dead-letters", "list"), ("dead-letters", "show"), ("dead-letters", "replay")],
    ],
    ids=" ".join,
)
def test_the_help_of_each_command_has_an_example(command: tuple[str, ...]) -> None:
    # In this process: ten starts of Python would show nothing more.
    shown = CliRunner().invoke(command_line(), [*command, "--help"], env={"COLUMNS": "120"})
    assert shown.exit_code == 0
    assert f"onestop {' '.join(command)}" in plain(shown.output).split("Example")[1]
