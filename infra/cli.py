"""`onestop`, the umbrella: it only gathers the commands and turns errors into one line."""

import logging
import sys

import typer
from typer.exceptions import Abort, TyperException

from infra.commands import (
    access,
    case,
    dead_letters,
    demo,
    fire,
    gateway,
    issuer,
    journal,
    keys,
    people,
    population,
    token,
    topics,
    up,
    verify,
)
from infra.errors import OnestopError

COMMANDS = (
    *(up, fire, case, verify, token, issuer, keys, demo, dead_letters, journal),
    *(population, people, topics, access, gateway),
)

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


for command in COMMANDS:
    command.register(app)


def main() -> None:
    """Run the command line and exit. An error of use is one line on stderr, never a traceback."""
    # It reports each try to reach a broker that has not started yet.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        # Without standalone mode: there, a wrong option is answered with a page.
        sys.exit(app(prog_name="onestop", standalone_mode=False))
    except (OnestopError, OSError) as error:
        print(f"onestop: {error}", file=sys.stderr)
        sys.exit(1)
    except TyperException as error:
        print(f"onestop: {error.format_message()} (see `onestop --help`)", file=sys.stderr)
        sys.exit(error.exit_code)
    except (Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
