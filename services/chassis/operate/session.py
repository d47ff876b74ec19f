"""What the operator's commands share: connections for one command, and errors as one line."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import typer

from services.chassis.broker import BrokerUnavailable
from services.chassis.rules import RulesError
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.chassis.settings import Settings, SettingsError, why
from services.chassis.store import StoreUnavailable

NO = 1
"""Exit status: the command was carried out, and its answer is no."""
IMPOSSIBLE = 2
"""Exit status: the command could not be carried out."""


class CannotDo(Exception):
    """The operator asked for something that cannot be done; the message says what to do."""


def perform(service: Service, action: Callable[[Runtime], Awaitable[bool]]) -> None:
    """Connect as the service does, act, and exit with the answer, or with one line of error."""
    settings = settings_or_exit(service)
    # Its own complaints would stand between the lines of the answer.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        answer = asyncio.run(_act(service, settings, action))
    except CannotDo as error:
        _fail(str(error))
    except StoreUnavailable as error:
        _fail(f"{error}; start the store of {service.name}, or name another in ONESTOP_MONGO")
    except BrokerUnavailable as error:
        _fail(f"{error}; start Kafka at {settings.kafka}, or name another in ONESTOP_KAFKA")
    if not answer:
        raise typer.Exit(NO)


def settings_or_exit(service: "Service") -> Settings:
    """Return the settings of the environment, or exit with one line of error.

    What they name is read too, rules and keys, so that a mistake there is told as well.
    """
    try:
        settings = Settings.from_environment()
        service.rules_in(settings)
        service.signer_in(settings)
    except OSError as error:
        _fail(f"{error.filename} cannot be used: {why(error)}")
    except (SettingsError, RulesError) as error:
        _fail(str(error))
    return settings


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how far a command is; what is yielded is told of each step."""
    with typer.progressbar(
        length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        yield bar.update


def moment(option: str, text: str) -> datetime:
    """Return the time that an option names. Raises `CannotDo` for something else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CannotDo(f"{option} {text} is not a time such as 2026-07-01T00:00:00+07:00") from None
    if found.tzinfo is None:
        raise CannotDo(f"{option} {text} has no zone: add Z, or an offset such as +07:00")
    return found


def program(service: Service) -> str:
    """Return how this command is called, for help texts."""
    return f"python -m services.{service.name.replace('-', '_')}"


def paragraphs(*texts: str, examples: tuple[str, ...]) -> str:
    """Return a help text that ends with examples."""
    return "\n\n".join((*texts, "[bold]Examples[/]", *(f"  {example}" for example in examples)))


async def _act(
    service: Service, settings: Settings, action: Callable[[Runtime], Awaitable[bool]]
) -> bool:
    runtime = service.build(settings)
    try:
        return await action(runtime)
    finally:
        await runtime.stop()


def _fail(message: str) -> NoReturn:
    typer.echo(f"onestop: {message}", err=True)
    raise typer.Exit(IMPOSSIBLE)
