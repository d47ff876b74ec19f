"""How a client and Kafka prove to each other who they are: SASL/SCRAM and TLS, where it is set."""

import ssl
from collections.abc import Mapping
from typing import Any

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLScram512

from services.chassis.settings import Settings


def kafka_security(settings: Settings) -> BaseSecurity | None:
    """Return what the settings say of security, as FastStream takes it; None is plain text.

    With TLS, each broker has to prove its name. Raises `OSError` where the file of the authorities
    that may vouch for it cannot be read.
    """
    context = ssl.create_default_context(cafile=settings.kafka_ca) if settings.kafka_tls else None
    if settings.kafka_user:
        return SASLScram512(
            settings.kafka_user,
            settings.kafka_password.get_secret_value(),
            ssl_context=context,
            use_ssl=settings.kafka_tls,
        )
    return BaseSecurity(context, use_ssl=True) if context else None


def client_options(settings: Settings) -> Mapping[str, Any]:
    """Return the same as options for every client of aiokafka. Raises `OSError`, too."""
    return parse_security(kafka_security(settings))
