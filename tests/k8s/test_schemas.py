"""Every object is one that Kubernetes, or the operator that it is for, would take."""

import json
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
from kubernetes_validate import utils

from tests.k8s import crds
from tests.k8s.crds import Kind
from tests.k8s.manifests import OVERLAYS, Object, named, overlay, title

OLDEST = (1, 31)
VERSIONS = sorted(
    {
        version.rpartition(".")[0]
        for version in utils.all_versions()
        if tuple(map(int, version.split(".")[:2])) >= OLDEST
    }
)
BUILT_IN = (
    "apps/v1",
    "batch/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "v1",
)


@pytest.fixture(autouse=True)
def _read_schemas_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "schema_contents", _contents)


_contents = cache(utils.schema_contents)


def faults(one: Object, version: str) -> list[str]:
    """What Kubernetes of this version has against an object."""
    try:
        kubernetes_validate.validate(one, version, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return [f"{title(one)}: {error}"]
    return []


def custom_faults(one: Object) -> list[str]:
    """What the definition of a custom resource has against an object."""
    schema = crds.schemas().get(Kind(one["apiVersion"], one["kind"]))
    if schema is None:
        return [f"{title(one)}: nobody defines {one['apiVersion']} {one['kind']}"]
    validator = jsonschema.Draft202012Validator(schema)
    return [
        f"{title(one)}: {error.json_path}: {error.message}" for error in validator.iter_errors(one)
    ]


def test_all_versions_are_looked_at() -> None:
    assert VERSIONS[0] == "1.31"
    assert "1.34" in VERSIONS
    assert len(VERSIONS) >= 7


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OVERLAYS)
def test_built_in_objects_are_valid(name: str, version: str) -> None:
    objects = [one for one in overlay(name) if one["apiVersion"] in BUILT_IN]
    assert len(objects) > 40
    assert [fault for one in objects for fault in faults(one, version)] == []


def test_what_is_not_built_in_is_in_production_only() -> None:
    assert {one["apiVersion"] for one in overlay("local")} <= set(BUILT_IN)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_misspelt_field_is_noticed(version: str) -> None:
    deployment = deepcopy(named(overlay("local"), "Deployment", "onestop-portal"))
    deployment["spec"]["template"]["spec"]["terminationGracePeriod"] = 5
    assert faults(deployment, version) != []


needs_go = pytest.mark.skipif(
    crds.GO is None, reason="the operators' definitions come in Go modules, and there is no go"
)


@needs_go
def test_custom_resources_are_valid() -> None:
    objects = [one for one in overlay("production") if one["apiVersion"] not in BUILT_IN]
    kinds = {one["kind"] for one in objects}
    assert kinds >= {"Kafka", "KafkaUser", "KafkaTopic", "ScaledObject", "MongoDBCommunity"}
    assert [fault for one in objects for fault in custom_faults(one)] == []


@needs_go
@pytest.mark.parametrize(
    ("kind", "name", "path", "value"),
    [
        ("Kafka", "onestop", ["spec", "kafka", "replicas"], 3),
        ("KafkaUser", "residence", ["spec", "authentication", "type"], "scram"),
        ("KafkaTopic", "residence.events", ["spec", "partitions"], 0),
        ("ScaledObject", "onestop-residence", ["spec", "maxReplicas"], 12),
        ("ExternalSecret", "onestop-secret", ["spec", "refreshPolicy"], "Never"),
        ("MongoDBCommunity", "mongo", ["spec", "type"], "Standalone"),
        ("PodMonitor", "onestop", ["spec", "podMetricsEndpoints"], {}),
    ],
)
def test_a_wrong_custom_resource_is_noticed(
    kind: str, name: str, path: list[str], value: Any
) -> None:
    one = json.loads(json.dumps(named(overlay("production"), kind, name)))
    inner = one
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert custom_faults(one) != []
