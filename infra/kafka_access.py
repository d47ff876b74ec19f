"""The users of a Kafka and their rights, made to be what is wanted."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

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

from infra.access import Grant
from infra.errors import OnestopError

ITERATIONS = 8192
REQUEST_SECONDS = 60.0
ANY_HOST = "*"


def renew(
    kafka: str, ca: Path, certificate: Path, passwords: Mapping[str, str], grants: Iterable[Grant]
) -> tuple[int, int]:
    """Let there be these users with just these rights; return how many were given and withdrawn.

    `certificate` is the PEM of a super user, its key included. Raises OnestopError.
    """
    admin = AdminClient(
        {
            "bootstrap.servers": kafka,
            "security.protocol": "ssl",
            "ssl.ca.location": str(ca),
            "ssl.certificate.location": str(certificate),
            "ssl.key.location": str(certificate),
        }
    )
    try:
        _renew_users(admin, passwords)
        return _renew_rights(admin, set(passwords), {_binding(grant) for grant in grants})
    except KafkaException as error:
        raise OnestopError(f"{kafka}: {error.args[0].str()}") from None


def _renew_users(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    changes = [
        UserScramCredentialUpsertion(user, scram, password.encode())
        for user, password in passwords.items()
    ]
    _await(admin.alter_user_scram_credentials(changes, request_timeout=REQUEST_SECONDS).values())


def _renew_rights(
    admin: AdminClient, users: Iterable[str], wanted: Collection[AclBinding]
) -> tuple[int, int]:
    existing = {right for user in users for right in _rights_of(admin, user)}
    new = [right for right in wanted if right not in existing]
    old = [right for right in existing if right not in wanted]
    if new:
        _await(admin.create_acls(new, request_timeout=REQUEST_SECONDS).values())
    if old:
        filters = [_only(right) for right in old]
        _await(admin.delete_acls(filters, request_timeout=REQUEST_SECONDS).values())
    return len(new), len(old)


def _rights_of(admin: AdminClient, user: str) -> Collection[AclBinding]:
    everything = AclBindingFilter(
        ResourceType.ANY,
        None,
        ResourcePatternType.ANY,
        f"User:{user}",
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
    found: Collection[AclBinding] = admin.describe_acls(
        everything, request_timeout=REQUEST_SECONDS
    ).result()
    return found


def _binding(grant: Grant) -> AclBinding:
    return AclBinding(
        ResourceType[grant.resource.upper()],
        grant.name,
        ResourcePatternType.LITERAL,
        f"User:{grant.user}",
        ANY_HOST,
        AclOperation[grant.operation.upper()],
        AclPermissionType.ALLOW,
    )


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
