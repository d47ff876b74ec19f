"""What the operators are told: rights, scaling, secrets and the door, against what we publish."""

from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

import pytest
import yaml

from contracts.catalogue import PARTITIONS, catalogue, publisher, topic_of
from infra import kubernetes
from services.chassis.tracing import ENDPOINTS
from services.portal.main import app
from tests.k8s.manifests import Object, containers, named, of_kind, overlay, pod

SERVICES = catalogue().services
OBJECTS = overlay("production")
INSIDE = {"/livez", "/readyz", "/metrics"}
"""Routes of the portal that nobody outside may reach."""
READ, WRITE = "Read", "Write"
MADE_BY_STRIMZI = {"onestop-cluster-ca-cert"}


def rights(user: str) -> dict[tuple[str, str], set[str]]:
    """What a user of the broker may do, by resource."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for acl in named(OBJECTS, "KafkaUser", user)["spec"]["authorization"]["acls"]:
        assert acl["resource"]["patternType"] == "literal"
        found[acl["resource"]["type"], acl["resource"]["name"]] |= set(acl["operations"])
    return found


def test_each_service_has_a_topic_with_all_partitions() -> None:
    topics = {one["metadata"]["name"]: one["spec"] for one in of_kind(OBJECTS, "KafkaTopic")}
    assert set(topics) == set(catalogue().topics)
    assert {spec["partitions"] for spec in topics.values()} == {PARTITIONS}
    assert {spec["config"]["cleanup.policy"] for spec in topics.values()} == {"delete"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_what_its_procedures_handle_and_writes_its_own_topics(service: str) -> None:
    main = import_module(f"services.{service.replace('-', '_')}.main").service
    allowed = rights(service)
    read = {name for (kind, name), may in allowed.items() if kind == "topic" and READ in may}
    written = {name for (kind, name), may in allowed.items() if kind == "topic" and WRITE in may}
    heard = {topic_of(event) for event in catalogue().hears(service)}
    assert set(main.topics) <= read
    assert read == heard
    assert written == {topic_of(e) for e in catalogue().events.values() if publisher(e) == service}
    assert {name for kind, name in allowed if kind == "group"} == {service}
    assert set().union(*allowed.values()) <= {READ, WRITE, "Describe"}


def test_nobody_else_reads_or_writes() -> None:
    users = {one["metadata"]["name"] for one in of_kind(OBJECTS, "KafkaUser")}
    assert users == {*SERVICES, "keda"}
    assert set().union(*rights("keda").values()) == {"Describe"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_scaled_by_its_lag_up_to_the_partitions(service: str) -> None:
    spec = named(OBJECTS, "ScaledObject", f"onestop-{service}")["spec"]
    assert spec["scaleTargetRef"] == {"name": f"onestop-{service}"}
    assert 2 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] == PARTITIONS
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["consumerGroup"] == service
    # Without a topic, KEDA counts the lag over all topics of the group.
    assert "topic" not in trigger["metadata"]


def test_keda_alone_scales() -> None:
    assert of_kind(OBJECTS, "HorizontalPodAutoscaler") == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_use_its_own_database_alone(service: str) -> None:
    users = named(OBJECTS, "MongoDBCommunity", "mongo")["spec"]["users"]
    (user,) = [each for each in users if each["name"] == service]
    database = f"onestop_{service.replace('-', '_')}"
    assert user["roles"] == [{"name": "readWrite", "db": database}]


def test_the_operator_reads_every_database_and_writes_none() -> None:
    users = named(OBJECTS, "MongoDBCommunity", "mongo")["spec"]["users"]
    (user,) = [each for each in users if each["name"] not in SERVICES]
    assert user["roles"] == [{"name": "readAnyDatabase", "db": "admin"}]
    (weekly,) = of_kind(OBJECTS, "CronJob")
    (one,) = containers(weekly)
    assert one["args"] == ["journal", "verify"]
    (account,) = one["env"]
    assert account["name"] == "ONESTOP_MONGO"
    named_there = account["valueFrom"]["secretKeyRef"]["name"]
    assert named_there == user["connectionStringSecretName"]


def secrets_needed() -> Iterator[str]:
    for one in OBJECTS:
        for each in containers(one):
            for source in each.get("envFrom", []):
                yield from (ref["name"] for kind, ref in source.items() if kind == "secretRef")
            for variable in each.get("env", []):
                if "valueFrom" in variable:
                    yield variable["valueFrom"]["secretKeyRef"]["name"]
    for one in of_kind(OBJECTS, "Deployment", "CronJob"):
        template = pod(one)
        assert template
        for volume in template["spec"]["volumes"]:
            if "secret" in volume:
                yield volume["secret"]["secretName"]
    for one in of_kind(OBJECTS, "Ingress"):
        yield from (tls["secretName"] for tls in one["spec"]["tls"])
    store = named(OBJECTS, "MongoDBCommunity", "mongo")["spec"]
    yield from (user["passwordSecretRef"]["name"] for user in store["users"])
    yield from (ref["name"] for key, ref in store["security"]["tls"].items() if key != "enabled")
    for one in of_kind(OBJECTS, "TriggerAuthentication"):
        yield from (ref["name"] for ref in one["spec"]["secretTargetRef"])


def secrets_made() -> Iterator[str]:
    yield from MADE_BY_STRIMZI
    yield from (one["metadata"]["name"] for one in of_kind(OBJECTS, "KafkaUser"))
    yield from (one["spec"]["target"]["name"] for one in of_kind(OBJECTS, "ExternalSecret"))
    store = named(OBJECTS, "MongoDBCommunity", "mongo")["spec"]
    yield from (user["connectionStringSecretName"] for user in store["users"])


def test_every_secret_is_made_by_somebody_and_none_is_written_here() -> None:
    assert of_kind(OBJECTS, "Secret") == []
    assert set(secrets_needed()) <= set(secrets_made())


def test_every_route_but_health_and_metrics_goes_through_the_door() -> None:
    (ingress,) = of_kind(OBJECTS, "Ingress")
    (rule,) = ingress["spec"]["rules"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    paths = rule["http"]["paths"]
    assert {path["backend"]["service"]["name"] for path in paths} == {"onestop-portal"}
    routes = {*app.openapi()["paths"], *(r.path for r in app.routes if hasattr(r, "path"))}
    assert {route for route in routes if not any(leads_to(path, route) for path in paths)} == INSIDE


def leads_to(path: Object, route: str) -> bool:
    """As an ingress controller decides."""
    if path["pathType"] == "Exact":
        return bool(route == path["path"])
    return route == path["path"] or route.startswith(path["path"].rstrip("/") + "/")


def test_who_does_not_answer_is_named_by_service() -> None:
    (endpoint,) = named(OBJECTS, "PodMonitor", "onestop")["spec"]["podMetricsEndpoints"]
    labels = {
        each["targetLabel"]: label
        for each in endpoint["relabelings"]
        for label in each["sourceLabels"]
    }
    assert labels == {"service": "__meta_kubernetes_pod_label_app_kubernetes_io_name"}
    pods = [one["spec"]["template"] for one in of_kind(OBJECTS, "Deployment")]
    names = {pod["metadata"]["labels"]["app.kubernetes.io/name"] for pod in pods}
    assert names >= set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_send_its_traces_once_it_is_told_where(service: str) -> None:
    (servers,) = [
        one["data"]
        for one in of_kind(OBJECTS, "ConfigMap")
        if one["metadata"]["name"].startswith("onestop-servers")
    ]
    assert servers[ENDPOINTS[0]] == "", "nothing is traced until somebody wants it"
    policy = named(OBJECTS, "NetworkPolicy", "traces")["spec"]
    assert [rule["ports"] for rule in policy["egress"]] == [[{"port": 4318}]]
    labels = named(OBJECTS, "Deployment", f"onestop-{service}")["spec"]["template"]["metadata"][
        "labels"
    ]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_a_rule_of_prometheus_becomes_one_of_its_operator() -> None:
    text = "groups: [{name: slo, rules: [{record: a, expr: b}]}]"
    files = kubernetes.files(catalogue(), {"recording": text})
    made = yaml.safe_load(files[kubernetes.DERIVED / "recording-rules.yaml"])
    assert made["kind"] == "PrometheusRule"
    assert made["spec"] == yaml.safe_load(text)
    component = yaml.safe_load(files[kubernetes.DERIVED / "kustomization.yaml"])
    assert "recording-rules.yaml" in component["resources"]
