"""`python -m infra.gateway`: the bank as a process, by the clock of the services."""

import os
from argparse import ArgumentParser
from pathlib import Path

import uvicorn

from infra.gateway.app import application
from infra.gateway.books import Books
from services.chassis.settings import Settings

DATA = "ONESTOP_GATEWAY_DATA"


def main() -> None:
    """Run until SIGTERM, with the books in the folder that ONESTOP_GATEWAY_DATA names."""
    settings = Settings.from_environment()
    books = Books(Path(os.environ.get(DATA) or "gateway") / "books.sqlite")
    clock = settings.time
    uvicorn.run(
        application(books, lambda: clock.now().timestamp()),
        host=settings.http_host,
        port=settings.http_port,
        access_log=False,
    )


if __name__ == "__main__":
    ArgumentParser(
        prog="python -m infra.gateway",
        description="Run a bank for demonstrations until it is told to end.",
        epilog="Example: ONESTOP_HTTP_PORT=8090 ONESTOP_GATEWAY_DATA=bank python -m infra.gateway",
    ).parse_args()
    main()
