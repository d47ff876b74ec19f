"""The command of each service: run it, or look after what it keeps."""

import logging
from typing import TYPE_CHECKING, Any

import typer
import uvicorn

from services.chassis.logs import start_logging
from services.chassis.settings import Settings, SettingsError

if TYPE_CHECKING:
    from services.chassis.service import Service

log = logging.getLogger(__name__)


def command(service: "Service", app: Any = None) -> typer.Typer:
    """Return the Typer command of a service."""
    cli = typer.Typer(
        help=f"The {service.name} service.", no_args_is_help=True, pretty_exceptions_enable=False
    )

    @cli.callback()
    def root() -> None:
        """Keep `run` a command of its own, also while it is the only one."""

    @cli.command()
    def run() -> None:
        """Run the service until SIGTERM. Settings come from ONESTOP_* variables."""
        settings = _settings()
        start_logging(service.name, settings.log_level)
        uvicorn.run(
            app or service.asgi(),
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=20,
        )

    return cli


def _settings() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as error:
        typer.echo(f"onestop: {error}", err=True)
        raise typer.Exit(2) from None
