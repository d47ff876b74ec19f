"""`onestop access`: the users of Kafka with their passwords, and what each may do."""

import os
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from infra.access import Grant, grants, users
from infra.errors import OnestopError

ITERATIONS = 8192
REQUEST_SECONDS = 60.0
ANY_HOST = "*"
HELP = "\n\n".join(
    (
        "Create or renew the users of Kafka (SASL/SCRAM-SHA-512), and their access rights (ACLs).",
        "One user for each service, and `operator`, which creates topics. Passwords come from"
        " KAFKA_PASSWORD_PORTAL, KAFKA_PASSWORD_CIVIL_STATUS and so on. Rights follow from the"
        " catalogue; those that it no longer gives are withdrawn. Whoever runs it is known by a"
        " client certificate, because before the first user there is no password.",
        "[bold]Example[/]",
        "  onestop access --kafka broker:9094 --ca ca.pem --certificate admin.pem --key admin.key",
    )
)
Pem = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)]


def register(app: typer.Typer) -> None:
    """Add the command to `onestop`."""
    app.command("access", help=HELP)(access)


def access(
    kafka: Annotated[str, typer.Option(metavar="HOST:PORT", help="A listener with TLS.")],
    ca: Pem,
    certificate: Pem,
    key: Pem,
) -> None:
    """Create users and rights; see HELP."""
    secrets = passwords(os.environ)
    admin = AdminClient(
        {
            "bootstrap.servers": kafka,
            "security.protocol": "ssl",
            "ssl.ca.location": str(ca),
            "ssl.certificate.location": str(certificate),
            "ssl.key.location": str(key),
        }
    )
    try:
        _renew_users(admin, secrets)
        created, withdrawn = _renew_rights(admin, {binding(grant) for grant in grants()})
    except KafkaException as error:
        raise OnestopError(f"{kafka}: {error.args[0].str()}") from None
    print(f"{len(secrets)} users, {created} rights given, {withdrawn} withdrawn")


def variable(user: str) -> str:
    """Return the name of the variable that holds a user's password."""
    return f"KAFKA_PASSWORD_{user.upper().replace('-', '_')}"


def passwords(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the password of each user. Raises OnestopError where one is missing."""
    found = {user: environment.get(variable(user), "") for user in users()}
    if missing := [variable(user) for user, password in found.items() if not password]:
        raise OnestopError(f"set {', '.join(missing)}")
    return found


def binding(grant: Grant) -> AclBinding:
    """Return a grant as Kafka stores it."""
    return AclBinding(
        ResourceType[grant.resource.upper()],
        grant.name,
        ResourcePatternType.LITERAL,
        f"User:{grant.user}",
        ANY_HOST,
        AclOperation[grant.operation.upper()],
        AclPermissionType.ALLOW,
    )


def _renew_users(admin: AdminClient, secrets: Mapping[str, str]) -> None:
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    changes = [
        UserScramCredentialUpsertion(user, scram, password.encode())
        for user, password in secrets.items()
    ]
    done = admin.alter_user_scram_credentials(changes, request_timeout=REQUEST_SECONDS)
    _await(done.values())


def _renew_rights(admin: AdminClient, wanted: Collection[AclBinding]) -> tuple[int, int]:
    """Give and withdraw until just these are there; return how many of both."""
    existing = {right for user in users() for right in _rights_of(admin, user)}
    new, old = [a for a in wanted if a not in existing], [a for a in existing if a not in wanted]
    if new:
        _await(admin.create_acls(new, request_timeout=REQUEST_SECONDS).values())
    if old:
        filters = [_only(right) for right in old]
        _await(admin.delete_acls(filters, request_timeout=REQUEST_SECONDS).values())
    return len(new), len(old)


def _rights_of(admin: AdminClient, user: str) -> list[AclBinding]:
    everything = AclBindingFilter(
        ResourceType.ANY,
        None,
        ResourcePatternType.ANY,
        f"User:{user}",
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    found: list[AclBinding] = admin.describe_acls(
        everything, request_timeout=REQUEST_SECONDS
    ).result()
    return found


def _only(right: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        right.restype,
        right.name,
        right.resource_pattern_type,
        right.principal,
        right.host,
        right.operation,
        right.permission_type,
    )


def _await(futures: Iterable[Future[Any]]) -> None:
    for future in futures:
        future.result()
