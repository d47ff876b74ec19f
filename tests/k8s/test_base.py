"""What holds for every service, however it is deployed."""

from typing import Any

import pytest

from contracts.catalogue import catalogue
from services.chassis.settings import PREFIX, Settings
from services.chassis.tracing import ENDPOINTS
from services.payments.bank import ADDRESS
from services.portal import keys, officials, printed, printing
from tests.k8s.manifests import (
    COMPONENT,
    NAME,
    OVERLAYS,
    PART_OF,
    Object,
    containers,
    labels,
    named,
    of_kind,
    overlay,
    pod,
    title,
)

SERVICES = catalogue().services
TRACING = {ENDPOINTS[0], "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
DOOR = {officials.KEYS, officials.ISSUER, keys.KEYS, keys.AUTHORITY, printed.SEAL, printing.ADDRESS}
"""What the portal reads besides: whom it believes, and what it prints."""
EVERY = [(overlay, service) for overlay in OVERLAYS for service in SERVICES]
LONGEST_REQUEST = 20
"""`timeout_graceful_shutdown` in services/chassis/operate/command.py."""


def deployment(name: str, service: str) -> Object:
    return named(overlay(name), "Deployment", f"onestop-{service}")


def spec(name: str, service: str) -> dict[str, Any]:
    found: dict[str, Any] = deployment(name, service)["spec"]["template"]["spec"]
    return found


def container(name: str, service: str) -> Object:
    (one,) = containers(deployment(name, service))
    return one


def pods(name: str) -> list[Object]:
    return [one for one in overlay(name) if pod(one)]


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_the_image_is_the_service_s_own(name: str, service: str) -> None:
    assert f"onestop/{service}:" in container(name, service)["image"]


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_alive_by_progress_and_ready_by_what_is_needed(name: str, service: str) -> None:
    one = container(name, service)
    paths = {
        probe: one[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": "/livez",
        "livenessProbe": "/livez",
        "readinessProbe": "/readyz",
    }


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_there_is_time_to_finish_a_batch(name: str, service: str) -> None:
    """Requests first, then the batch in hand: at worst a publication and an answer of the store
    that both come at their limit."""
    settings = Settings()
    batch = settings.publish_timeout + 6 * settings.store_timeout
    pause = container(name, service)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec(name, service)["terminationGracePeriodSeconds"] > pause + LONGEST_REQUEST + batch


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_no_pod_is_taken_before_its_successor_is_ready(name: str, service: str) -> None:
    rolling = deployment(name, service)["spec"]["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 1, "maxUnavailable": 0}
    assert "replicas" not in deployment(name, service)["spec"]


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_replicas_are_spread_over_zones_and_nodes(name: str, service: str) -> None:
    spread = {
        each["topologyKey"]: each["labelSelector"]["matchLabels"]
        for each in spec(name, service)["topologySpreadConstraints"]
    }
    own = {NAME: service}
    assert spread == {"topology.kubernetes.io/zone": own, "kubernetes.io/hostname": own}


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_every_selector_selects_the_service_and_no_other(name: str, service: str) -> None:
    objects, own = overlay(name), {NAME: service}
    app = f"onestop-{service}"
    assert deployment(name, service)["spec"]["selector"]["matchLabels"] == own
    assert named(objects, "Service", app)["spec"]["selector"] == own
    assert named(objects, "PodDisruptionBudget", app)["spec"]["selector"]["matchLabels"] == own
    assert named(objects, "NetworkPolicy", app)["spec"]["podSelector"]["matchLabels"] == own
    assert labels(deployment(name, service)["spec"]["template"]).items() >= own.items()


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_a_service_has_an_account_of_its_own_without_a_token(name: str, service: str) -> None:
    assert spec(name, service)["serviceAccountName"] == f"onestop-{service}"
    assert spec(name, service)["automountServiceAccountToken"] is False
    account = named(overlay(name), "ServiceAccount", f"onestop-{service}")
    assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", OVERLAYS)
def test_pods_are_restricted_and_have_their_share(name: str) -> None:
    faults = [f"{title(one)}: {fault}" for one in pods(name) for fault in unrestricted(one)]
    assert faults == []


def unrestricted(one: Object) -> list[str]:
    """What the `restricted` profile, and we, have against a pod. The cluster asks it again."""
    template = pod(one)
    assert template
    context = template["spec"]["securityContext"]
    found = [] if context.get("runAsNonRoot") is True else ["may run as root"]
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("no seccomp profile")
    if template["spec"].get("enableServiceLinks") is not False:
        found.append("variables of other Services")
    for each in containers(one):
        own = each["securityContext"]
        if own.get("allowPrivilegeEscalation") is not False or own["capabilities"]["drop"] != [
            "ALL"
        ]:
            found.append(f"{each['name']} may gain privileges")
        if own.get("readOnlyRootFilesystem") is not True:
            found.append(f"{each['name']} may write its root")
        for kind in ("requests", "limits"):
            if set(each["resources"][kind]) != {"cpu", "memory", "ephemeral-storage"}:
                found.append(f"{each['name']} has no {kind}")
    return found


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_namespace_enforces_the_restricted_profile(name: str) -> None:
    (namespace,) = of_kind(overlay(name), "Namespace")
    assert labels(namespace)["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("name", OVERLAYS)
def test_everything_is_denied_that_no_policy_allows(name: str) -> None:
    rules = named(overlay(name), "NetworkPolicy", "default-deny")["spec"]
    assert rules == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_a_service_reaches_its_servers_alone(name: str, service: str) -> None:
    policy = named(overlay(name), "NetworkPolicy", f"onestop-{service}")["spec"]
    reached = {
        (value, port["port"])
        for rule in policy["egress"]
        for peer in rule["to"]
        for expression in peer["podSelector"]["matchExpressions"]
        for value in expression["values"]
        for port in rule["ports"]
    }
    bank = {("gateway", 8000)} if service == "payments" else set()
    assert reached == {("kafka", 9092), ("kafka", 9093), ("mongo", 27017)} | bank


@pytest.mark.parametrize(("name", "service"), EVERY)
def test_who_comes_in_comes_for_metrics_but_for_the_door(name: str, service: str) -> None:
    policy = named(overlay(name), "NetworkPolicy", f"onestop-{service}")["spec"]
    peers = [
        value
        for rule in policy["ingress"]
        for peer in rule["from"]
        for expression in peer.get("podSelector", {}).get("matchExpressions", [])
        for value in expression["values"]
    ]
    assert peers == (["prometheus", "operator"] if service == "portal" else ["prometheus"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_variable_is_a_setting(name: str) -> None:
    known = {PREFIX + each.upper() for each in Settings.model_fields} | {ADDRESS, *TRACING, *DOOR}
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(overlay(name), "ConfigMap")}
    used: set[str] = set()
    for service in SERVICES:
        one = container(name, service)
        used |= {each["name"] for each in one.get("env", [])}
        for source in one["envFrom"]:
            if "configMapRef" in source:
                used |= maps[source["configMapRef"]["name"]].keys()
    assert {"ONESTOP_KAFKA", "ONESTOP_MONGO"} <= used
    assert used <= known


def test_the_bank_keeps_its_books_and_hears_payments_alone() -> None:
    objects = overlay("local")
    bank = named(objects, "StatefulSet", "gateway")
    (claim,) = bank["spec"]["volumeClaimTemplates"]
    (one,) = containers(bank)
    data = {each["name"]: each["value"] for each in one["env"]}["ONESTOP_GATEWAY_DATA"]
    assert {"name": claim["metadata"]["name"], "mountPath": data} in one["volumeMounts"]
    policy = named(objects, "NetworkPolicy", "gateway")["spec"]
    (rule,) = policy["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {NAME: "payments"}}}]
    assert "egress" not in policy


@pytest.mark.parametrize("name", OVERLAYS)
def test_only_our_pods_are_scraped_and_operators_jobs_are_told_apart(name: str) -> None:
    for one in pods(name):
        template = pod(one)
        assert template
        ours = labels(template).get(PART_OF) == "onestop"
        is_job = labels(template).get(COMPONENT) == "operator"
        assert ours == (one["kind"] in ("Deployment", "Job", "CronJob"))
        assert is_job == (one["kind"] in ("Job", "CronJob"))
