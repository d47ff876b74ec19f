"""`onestop access`: the users of Kafka and MongoDB with their passwords, and what each may do."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from infra import kafka_access, mongo_access
from infra.access import grants, users
from infra.errors import OnestopError
from services.chassis.settings import Settings

HELP = "\n\n".join(
    (
        "Create or renew the users of Kafka (SASL/SCRAM-SHA-512) with their rights (ACLs), and with"
        " --mongo those of MongoDB.",
        "One user for each service, and `operator`, which creates topics. Passwords come from"
        " PASSWORD_PORTAL, PASSWORD_CIVIL_STATUS and so on. Rights on Kafka follow from the"
        " catalogue, and those that it no longer gives are withdrawn; in MongoDB each service may"
        " use its own database. Kafka knows whoever runs this by a client certificate, because"
        " before the first user there is no password.",
        "[bold]Example[/]",
        "  onestop access --kafka broker:9094 --ca ca.pem --certificate admin.pem",
    )
)


def _pem(help: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, readable=True, metavar="FILE", help=help)


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("access", help=HELP)(access)


def access(
    kafka: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The broker's listener with TLS.")
    ],
    ca: Annotated[Path, _pem("The authority that vouches for the broker (PEM).")],
    certificate: Annotated[Path, _pem("The administrator's certificate and key (PEM).")],
    mongo: Annotated[
        str | None,
        typer.Option(
            metavar="URL", envvar="ONESTOP_MONGO", help="The MongoDB server, as an administrator."
        ),
    ] = None,
) -> None:
    """Create users and rights; see HELP."""
    found = passwords(os.environ)
    given, withdrawn = kafka_access.renew(kafka, ca, certificate, found, grants())
    print(f"Kafka: {len(found)} users, {given} rights given, {withdrawn} withdrawn")
    if mongo:
        mongo_access.renew(mongo, Settings.model_fields["database_prefix"].default, found)
        print(f"MongoDB: {len(found)} users")


def variable(user: str) -> str:
    """Return the name of the variable that holds a user's password."""
    return f"PASSWORD_{user.upper().replace('-', '_')}"


def passwords(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the password of each user. Raises OnestopError where one is missing."""
    found = {user: environment.get(variable(user), "") for user in users()}
    if missing := [variable(user) for user, password in found.items() if not password]:
        raise OnestopError(f"set {', '.join(missing)}")
    return found
