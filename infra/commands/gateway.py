"""`onestop gateway`: the bank that payouts go through where there is no other."""

import typer

from infra.gateway.__main__ import main

HELP = "\n\n".join(
    (
        "Run the bank that payouts go through where there is no other, until Ctrl-C.",
        "`onestop up` starts it too. It listens where ONESTOP_HTTP_HOST and ONESTOP_HTTP_PORT say,"
        " and keeps its books in the folder that ONESTOP_GATEWAY_DATA names. `PUT /faults` lets it"
        " err; the last six digits of an account decide too (infra/gateway/faults.py).",
        "[bold]Examples[/]",
        "  ONESTOP_HTTP_PORT=8090 onestop gateway",
        "  curl -X PUT http://127.0.0.1:8090/faults -d '{\"away\": true}'",
        '  curl -X PUT http://127.0.0.1:8090/faults -d \'{"lost": 0.5, "delay": 3}\'',
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("gateway", help=HELP)(main)
