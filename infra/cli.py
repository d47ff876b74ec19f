"""`onestop`, the umbrella: it only gathers the commands and turns errors into one line."""

import logging
import sys
from collections.abc import Sequence
from importlib import import_module

import typer
from typer.exceptions import Abort, TyperException

from infra.errors import INTERRUPTED, OnestopError, about_file

COMMANDS = (
    *("up", "fire", "case", "verify", "token", "issuer", "keys", "demo", "dead-letters", "journal"),
    *("population", "people", "birth-notice", "topics", "access", "gateway"),
)
"""Each is registered by the module of its name in `infra.commands`."""


def command_line(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands; no other is imported."""
    app = typer.Typer(
        name="onestop",
        help="One declaration, every procedure, exactly once in effect.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback(invoke_without_command=True)
    def _onestop(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            print(context.get_help())

    for command in commands:
        import_module(f"infra.commands.{command.replace('-', '_')}").register(app)
    return app


def main() -> None:
    """Run the command line and exit. An error of use is one line on stderr, never a traceback."""
    # It reports each try to reach a broker that has not started yet.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    called = sys.argv[1:2]
    # All of them take a second to import, and most need a fraction of that.
    app = command_line(called if called and called[0] in COMMANDS else COMMANDS)
    try:
        # Without standalone mode: there, a wrong option is answered with a page.
        sys.exit(app(prog_name="onestop", standalone_mode=False))
    except OSError as error:
        print(f"onestop: {about_file(error)}", file=sys.stderr)
        sys.exit(1)
    except OnestopError as error:
        print(f"onestop: {error}", file=sys.stderr)
        sys.exit(1)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "onestop"
        what = error.format_message() or "say which of its commands you want"
        print(f"onestop: {what} (see `{command} --help`)", file=sys.stderr)
        sys.exit(error.exit_code)
    except (Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
