"""`onestop topics`: creates the catalogue's topics on a Kafka that may just have started."""

from typing import Annotated

import typer

from contracts.catalogue import PARTITIONS, catalogue
from infra.errors import OnestopError
from infra.local.topics import LIMIT_SECONDS, create_topics
from infra.services import Kafka, PortBase, Services
from services.chassis.security import client_options
from services.chassis.settings import Settings, SettingsError

HELP = "\n\n".join(
    (
        f"Create the topics, one for each service, with {PARTITIONS} partitions.",
        "Those that exist are left as they are, so it can be run before every deployment. How to"
        " reach a secured Kafka stands in ONESTOP_KAFKA_TLS, _CA, _USER and _PASSWORD.",
        "[bold]Examples[/]",
        "  onestop topics --kafka broker:9092",
        "  onestop topics --kafka a:9092,b:9092,c:9092 --replication 3 --min-insync 2",
    )
)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("topics", help=HELP)(topics)


def topics(
    kafka: Kafka = None,
    replication: Annotated[
        int, typer.Option(min=1, metavar="N", help="On how many brokers each partition is.")
    ] = 1,
    min_insync: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="How many must have an event to acknowledge it."),
    ] = 1,
    limit: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long to wait for the brokers.")
    ] = LIMIT_SECONDS,
    port_base: PortBase = None,
) -> None:
    """Create the topics; see HELP."""
    if min_insync > replication:
        raise typer.BadParameter("--min-insync cannot be more than --replication")
    names = catalogue().topics
    try:
        settings = Settings.from_environment(Services.of(kafka, None, port_base).environment)
    except SettingsError as error:
        raise OnestopError(str(error)) from None
    create_topics(
        settings.kafka,
        names,
        PARTITIONS,
        replication=replication,
        min_insync=min_insync,
        security=client_options(settings),
        limit_seconds=limit,
    )
    print(f"{len(names)} topics with {PARTITIONS} partitions: {', '.join(names)}")
