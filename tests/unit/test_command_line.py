"""`onestop` imports the module of the command that is called, and finds each command there."""

import subprocess
import sys

import pytest

from infra.cli import COMMANDS, command_line


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
