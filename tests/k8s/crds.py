"""The schemas of custom resources, from those who define them, by way of package registries.

Strimzi's are made by its own generator from its classes on Maven Central; the others lie in the Go
modules of their operators. Both are Apache-2.0; nothing of them is kept in this repository.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import jgo
import yaml

from infra.local.kafka import java_path

Schema = dict[str, Any]


class Kind(NamedTuple):
    """What a custom resource calls itself."""

    version: str
    kind: str


STRIMZI = "1.2.0"
STRIMZI_JARS = (f"io.strimzi:crd-generator:{STRIMZI}", f"io.strimzi:api:{STRIMZI}")
STRIMZI_KINDS = {
    "Kafka": "io.strimzi.api.kafka.model.kafka.Kafka",
    "KafkaNodePool": "io.strimzi.api.kafka.model.nodepool.KafkaNodePool",
    "KafkaTopic": "io.strimzi.api.kafka.model.topic.KafkaTopic",
    "KafkaUser": "io.strimzi.api.kafka.model.user.KafkaUser",
}
GO_MODULES = {
    "github.com/kedacore/keda/v2@v2.20.2": (
        "config/crd/bases/keda.sh_scaledobjects.yaml",
        "config/crd/bases/keda.sh_triggerauthentications.yaml",
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
    "github.com/external-secrets/external-secrets@v1.3.2": (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    ),
    "github.com/mongodb/mongodb-kubernetes-operator@v0.13.0": (
        "config/crd/bases/mongodbcommunity.mongodb.com_mongodbcommunity.yaml",
    ),
}
GO = shutil.which("go")


@cache
def schemas() -> dict[Kind, Schema]:
    """Return the schema of each served version, in which a field that is not known is a fault."""
    return {kind: schema for crd in definitions() for kind, schema in _served(crd)}


@cache
def definitions() -> tuple[Schema, ...]:
    """Return the CustomResourceDefinitions. Fetches what is not in the caches of jgo and Go."""
    return (*_of_strimzi(), *_of_go_modules())


def _of_strimzi() -> Iterator[Schema]:
    jars = {jar.artifactId: jar for root in STRIMZI_JARS for jar in jgo.resolve(root)}
    paths = ":".join(str(jar.resolve()) for jar in jars.values())
    with TemporaryDirectory() as folder:
        made = [f"{name}={folder}/{kind}.yaml" for kind, name in STRIMZI_KINDS.items()]
        options = ["--target-kube", "1.16+", "--crd-api-version", "v1", "--yaml"]
        versions = ["--api-versions", "v1", "--storage-version", "v1"]
        generator = [str(java_path()), "-cp", paths, "io.strimzi.crdgenerator.CrdGenerator"]
        subprocess.run([*generator, *options, *versions, *made], check=True, capture_output=True)
        for path in sorted(Path(folder).iterdir()):
            yield _loaded(path)


def _of_go_modules() -> Iterator[Schema]:
    for module, paths in GO_MODULES.items():
        done = subprocess.run(
            [str(GO), "mod", "download", "-json", module],
            cwd="/",
            check=True,
            capture_output=True,
        )
        folder = Path(json.loads(done.stdout)["Dir"])
        for path in paths:
            yield _loaded(folder / path)


def _loaded(path: Path) -> Schema:
    crd: Schema = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return crd


def _served(crd: Schema) -> Iterator[tuple[Kind, Schema]]:
    group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
    for version in crd["spec"]["versions"]:
        if version["served"]:
            schema = version["schema"]["openAPIV3Schema"]
            yield Kind(f"{group}/{version['name']}", kind), _strict(schema)


def _strict(schema: Any) -> Any:
    """Return an OpenAPI 3.0 schema as a JSON Schema that takes nothing that it does not name."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties")
    made = {key: _strict(value) for key, value in schema.items() if key != "properties"}
    if isinstance(properties, dict):
        made["properties"] = {name: _strict(each) for name, each in properties.items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    if schema.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made
