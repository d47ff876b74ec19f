"""`python -m services.<name>`: it only gathers the commands."""

import gc
from typing import Any

import typer
import uvicorn

from services.chassis.importing import Importer
from services.chassis.logs import start_logging
from services.chassis.operate import dead_letters, importing, journal
from services.chassis.operate.session import settings_or_exit
from services.chassis.service import Service
from services.chassis.watchdog import guard

_LONGEST_REQUEST_HEAD = 64 * 1024
"""Bytes of a request's first line and headers."""


def command(
    service: Service, app: Any = None, importer: Importer[Any] | None = None
) -> typer.Typer:
    """Return the Typer command of a service; with an importer, it has `import` too."""
    cli = typer.Typer(
        help=f"The {service.name} service. Settings come from ONESTOP_* variables.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @cli.command()
    def run() -> None:
        """Run the service until SIGTERM."""
        settings = settings_or_exit(service)
        start_logging(service.name, settings.log_level)
        _collect_less_often()
        guard(lambda: service.is_alive)
        uvicorn.run(
            app or service.asgi(),
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=20,
            # A question that names 500 things by id is longer than the 16 KiB that are usual.
            h11_max_incomplete_event_size=_LONGEST_REQUEST_HEAD,
        )

    dead_letters.register(cli, service)
    journal.register(cli, service)
    if importer is not None:
        importing.register(cli, service, importer)
    return cli


def _collect_less_often() -> None:
    """Leave what is there for good out of garbage collection, and collect after whole batches.

    A batch makes tens of thousands of objects, nearly none of them in cycles: looking for cycles
    every 700 of them took a third of the time of a decision, and every 20,000 still a twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 5, 5)
