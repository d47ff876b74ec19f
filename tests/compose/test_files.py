"""docker-compose.yml, .env.example and the rights on Kafka against the catalogue."""

import re
from importlib import import_module
from typing import Any

import pytest
import yaml

from contracts.catalogue import catalogue
from infra.access import OPERATOR, grants, users
from infra.commands.access import passwords, variable
from infra.errors import OnestopError
from services.chassis.settings import Settings
from services.chassis.tracing import ENDPOINTS
from tests.compose.compose import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
ONCE = {"certificates", "access", "topics", "issuer", "onestop", "people", "fire"}
"""What runs and ends."""
OURS = {*catalogue().services, *ONCE, "gateway"}
OF_PAYMENTS = {"BANK", "BANK_PATIENCE", "GATEWAY_DATA"}
"""What payments and its bank read, and no other service."""
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:[-+])([^${}]*))?")


def example() -> dict[str, str]:
    """The variables of .env.example."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("name", catalogue().services)
def test_every_service_of_the_catalogue_is_there(name: str) -> None:
    service = SERVICES[name]
    assert service["build"]["args"]["SERVICE"] == name.replace("-", "_")
    assert service["image"] == f"onestop/{name}:${{TAG:-dev}}"
    assert service["environment"]["ONESTOP_KAFKA_USER"] == f"${{SECURE:+{name}}}"
    password = f"${{{variable(name)}:-}}"
    assert service["environment"]["ONESTOP_KAFKA_PASSWORD"] == password
    login = f"${{SECURE:+{name}:{password}@}}"
    assert service["environment"]["ONESTOP_MONGO"] == f"mongodb://{login}${{MONGO:-mongo:27017/}}"
    assert service["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert service["depends_on"]["mongo"]["condition"] == "service_healthy"


def test_there_is_no_service_that_the_catalogue_does_not_know() -> None:
    built = {
        service["build"]["args"].get("SERVICE")
        for service in SERVICES.values()
        if "build" in service
    }
    assert built - {None} == {name.replace("-", "_") for name in catalogue().services}


def test_the_command_s_image_needs_no_service_to_be_named() -> None:
    # A builder that is not BuildKit makes every stage above its target.
    text = (ROOT / "infra/Dockerfile").read_text(encoding="utf-8")
    until_command, _ = text.split("COPY --from=build-onestop", 1)
    assert "SERVICE" not in until_command.split("ARG PYTHON_IMAGE", 1)[1]


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_is_ours_can_write_nothing_and_has_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service) & {"user", "cap_add", "privileged"} == (
        {"user", "cap_add"} if name == "certificates" else set()
    )


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE))
def test_what_stays_up_is_restarted_and_says_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["init"] is True
    assert service["healthcheck"]["test"]


def test_payments_knows_the_bank_and_the_bank_keeps_its_books() -> None:
    assert SERVICES["payments"]["environment"]["ONESTOP_BANK"] == (
        "${ONESTOP_BANK:-http://gateway:8000}"
    )
    named = [name for name, one in SERVICES.items() if "ONESTOP_BANK" in one.get("environment", {})]
    assert named == ["payments"]
    bank = SERVICES["gateway"]
    (mounted,) = bank["volumes"]
    assert mounted.endswith(f":{bank['environment']['ONESTOP_GATEWAY_DATA']}")


def test_only_the_door_and_what_people_look_at_are_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"portal", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    doors = {name for name, service in SERVICES.items() if "door" in service["networks"]}
    assert doors == set(published)


@pytest.mark.parametrize("name", [*catalogue().services, "gateway"])
def test_services_and_the_bank_are_inside_and_are_let_out_by_one_setting(name: str) -> None:
    assert "inside" in SERVICES[name]["networks"]
    assert COMPOSE["networks"]["inside"] == {"internal": "${INSIDE_ONLY:-true}"}


@pytest.mark.parametrize("name", catalogue().services)
def test_a_service_is_told_where_traces_go(name: str) -> None:
    told = {each for each in SERVICES[name]["environment"] if each.startswith("OTEL_")}
    assert told == {
        *ENDPOINTS[:1],
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_SAMPLER_ARG",
    }


def test_the_example_documents_every_variable_with_its_default() -> None:
    found = _VARIABLE.findall(TEXT)
    documented = example()
    assert {name for name, _, _ in found} | {"COMPOSE_PROFILES"} == set(documented)
    defaults = {name: value for name, kind, value in found if kind == ":-"}
    assert {name: documented[name] for name in defaults} == defaults


def test_the_example_documents_every_setting_of_a_service() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    told = set(re.findall(r"^# ONESTOP_([A-Z_]+)=", text, re.MULTILINE))
    assert told == {name.upper() for name in Settings.model_fields} | OF_PAYMENTS


@pytest.mark.parametrize("mode", ["secure", "cluster", "officials"])
def test_the_settings_of_a_profile_are_variables_of_the_file(mode: str) -> None:
    lines = (ROOT / "infra" / "compose" / f"{mode}.env").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given["COMPOSE_PROFILES"] == mode
    assert set(given) <= set(example())
    assert any(mode in service.get("profiles", []) for service in SERVICES.values())


def test_nobody_vouches_for_officials_unless_that_is_asked_for() -> None:
    assert example()["ONESTOP_JWKS"] == ""
    assert SERVICES["issuer"]["profiles"] == ["officials"]
    # An official who gets a token gets a key to sign by; services read, and write nothing.
    writers = [
        name
        for name, service in SERVICES.items()
        if any(
            volume.startswith("demonstration:") and not volume.endswith(":ro")
            for volume in service.get("volumes", [])
        )
    ]
    assert writers == ["issuer", "onestop", "fire"]


def test_every_user_of_kafka_has_a_password() -> None:
    given = set(SERVICES["access"]["environment"]) - {"ONESTOP_MONGO"}
    assert given == {variable(user) for user in users()}
    with pytest.raises(OnestopError, match=r"set PASSWORD_PORTAL$"):
        passwords({variable(user): "x" for user in users() if user != "portal"})


@pytest.mark.parametrize("name", catalogue().services)
def test_a_service_may_read_what_it_hears_and_write_what_it_says(name: str) -> None:
    service = import_module(f"services.{name.replace('-', '_')}.main").service
    own = {(each.resource, each.operation, each.name) for each in grants() if each.user == name}
    assert own == {
        ("group", "read", name),
        *(("topic", "write", said) for said in catalogue().writes(name)),
        *(("topic", "read", heard) for heard in catalogue().reads(name)),
    }
    assert set(service.topics) <= set(catalogue().reads(name))


def test_the_operator_reads_and_writes_nothing() -> None:
    assert {each.operation for each in grants() if each.user == OPERATOR} == {"create", "describe"}
