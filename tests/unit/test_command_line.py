"""`onestop` imports the module of the command that is called, and finds each command there."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer import Exit
from typer.main import get_command

from infra.cli import COMMANDS, command_line
from infra.commands.dead_letters import _table, _whole
from infra.commands.progress import noted, telling_how_far


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_registered_by_the_module_of_its_name(command: str) -> None:
    app = command_line([command])
    commands = [each.name for each in app.registered_commands]
    assert [*commands, *(group.name for group in app.registered_groups)] == [command]


def test_a_command_imports_no_other() -> None:
    code = (
        "import sys; from infra.cli import command_line; command_line(['case']);"
        " print(*(name for name in sys.modules if name.startswith('infra.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"infra.commands.case", "infra.commands.options"}


@pytest.mark.parametrize(
    ("called", "says"),
    [
        (("journal",), "say which of its commands you want (see `onestop journal --help`)"),
        (("fire", "--cuont", "3"), "(see `onestop fire --help`)"),
    ],
)
def test_an_error_of_use_is_one_sentence_with_where_the_help_is(
    called: tuple[str, ...], says: str
) -> None:
    command = [sys.executable, "-m", "infra.cli", *called]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert line.endswith(says)


@pytest.mark.parametrize(
    ("called", "says"),
    [
        (("verify", "nothing.pdf"), "there is no nothing.pdf: name a file that is there"),
        (
            ("token", "--roster", "nobody.json"),
            "there is no nobody.json: name a file that is there",
        ),
        (("token", "hoa", "--data", "nowhere"), "there are no issuer's keys in nowhere/issuer"),
        (
            ("verify", "a.json", "--data", "nowhere"),
            "certificate in nowhere/authority/authority.pem",
        ),
        (("token", "--roster", "a.json"), "a.json is no roster of officials: "),
        (
            ("keys", "--make", "--data", "a.json"),
            "a.json/authority/keys is no folder: name another",
        ),
        (("token", "hoa", "--data", "odd"), "keys in odd/issuer cannot be used: `onestop issuer`"),
    ],
)
def test_a_file_that_is_not_there_is_one_sentence(
    called: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "odd" / "issuer").mkdir(parents=True)
    for name in ("key.pem", "jwks.json"):
        (tmp_path / "odd" / "issuer" / name).write_text("{}")
    command = [sys.executable, "-m", "infra.cli", *called]
    here = {**os.environ, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env=here
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert says in line
    assert "[Errno" not in line


def parameters(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each option and argument of a command, and of those below it."""
    yield from ((name, each) for each in command.params)
    for below, inner in getattr(command, "commands", {}).items():
        yield from parameters(inner, f"{name} {below}".strip())


def test_every_option_and_argument_says_what_it_is() -> None:
    found = parameters(get_command(command_line()))
    assert [f"{name} {each.name}" for name, each in found if not each.help] == []


@pytest.mark.parametrize("option", ["data", "url", "port_base"])
def test_an_option_of_several_commands_is_described_in_the_same_words(option: str) -> None:
    found = [each for _, each in parameters(get_command(command_line())) if each.name == option]
    assert len(found) > 1
    assert len({each.help for each in found}) == 1


def test_ctrl_c_says_how_far_a_run_came_and_where_the_rest_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts: dict[str, int] = {}
    with (
        pytest.raises(Exit) as left,
        telling_how_far(counts, "http://door"),
        noted(counts, nullcontext(lambda told: None)) as tell,
    ):
        tell({"sent": 1_200, "accepted": 1_100, "ended": 30})
        raise KeyboardInterrupt
    assert left.value.exit_code == 130
    said = capsys.readouterr().err
    assert said.startswith("onestop: interrupted: 1,200 sent, 1,100 accepted, 30 ended. The system")
    assert "http://door/api/cases?status=in-progress" in said


def test_dead_letters_are_shown_by_the_time_of_viet_nam() -> None:
    at = "2026-11-22T18:30:00.123+00:00"
    letter = {"service": "s", "id": "t/0/1", "at": at, "status": "dead", "type": "x", "reason": ""}
    out = io.StringIO()
    Console(file=out, width=120).print(_table([letter]))
    assert "2026-11-23 01:30:00" in out.getvalue()
    shown = f"id        t/0/1\ndied      {at}\nreason    died      {at}"
    assert _whole(shown) == (
        f"id        t/0/1\ndied      2026-11-23 01:30:00\nreason    died      {at}"
    )


def test_an_interruption_while_a_class_is_made_is_one_all_the_same() -> None:
    code = """
import os, signal
from infra.commands.display import interruptible

class Slow:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10**9):
            pass

try:
    with interruptible():
        class Made:
            field = Slow()
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
