"""Settings from the environment, and what they make of the security of Kafka's clients."""

import ssl
from pathlib import Path

import pytest

from services.chassis.security import client_options, kafka_security
from services.chassis.service import Service
from services.chassis.settings import Settings, SettingsError


def settings(**variables: str) -> Settings:
    return Settings.from_environment({f"ONESTOP_{k.upper()}": v for k, v in variables.items()})


def test_an_empty_variable_is_as_one_that_is_not_set() -> None:
    assert settings(kafka="", kafka_tls="", kafka_ca="", kafka_user="", batch="") == Settings()


def test_a_value_that_cannot_be_used_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^ONESTOP_HTTP_PORT cannot be used: .*\.env\.example"):
        settings(http_port="http")
    with pytest.raises(SettingsError, match=r"^ONESTOP_KAFKA_CA cannot be used: .*file"):
        settings(kafka_ca="/no/such/file.pem")


def test_without_settings_clients_are_plain() -> None:
    assert kafka_security(Settings()) is None
    assert client_options(Settings()) == {}


def test_a_user_proves_who_it_is() -> None:
    options = client_options(settings(kafka_user="portal", kafka_password="secret"))
    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("portal", "secret")


@pytest.mark.parametrize(("user", "protocol"), [("", "SSL"), ("portal", "SASL_SSL")])
def test_with_tls_the_broker_proves_who_it_is(user: str, protocol: str) -> None:
    options = client_options(settings(kafka_tls="true", kafka_user=user, kafka_password="secret"))
    assert options["security_protocol"] == protocol
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname


def test_authorities_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate", encoding="utf-8")
    with pytest.raises(ssl.SSLError):
        client_options(settings(kafka_tls="true", kafka_ca=str(file)))


def test_the_password_is_not_shown() -> None:
    assert "hush" not in repr(settings(kafka_user="portal", kafka_password="hush"))


@pytest.mark.parametrize(
    ("secret", "warned"),
    [("", True), ("a demonstration secret, for one machine only", True), ("our own", False)],
)
def test_a_service_warns_where_its_numbers_are_derived_from_a_secret_that_everybody_knows(
    secret: str, warned: bool, tmp_path: Path
) -> None:
    own = settings(secret=secret, signing_keys=str(tmp_path))
    said = list(Service("residence", procedures=[]).warnings(own))
    assert [line.split(" is ")[0] for line in said] == (["ONESTOP_SECRET"] if warned else [])


def test_and_where_it_has_no_keys_to_sign_by() -> None:
    (said,) = Service("residence", procedures=[]).warnings(settings(secret="our own"))
    assert said.endswith("what is decided here is not signed")
