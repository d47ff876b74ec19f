"""What the catalogue says of Kubernetes: `make manifests` writes it, a test compares.

Who is deployed, the topics, who may read and write which of them, who may use which database, who
signs, and who is scaled by what. Everything else in k8s/ is written by hand.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.catalogue import PARTITIONS, Catalogue, catalogue
from infra.access import OPERATOR
from services.chassis.signing import VARIABLE

Object = dict[str, Any]

ROOT = Path(__file__).parents[1]
RULES = ROOT / "infra" / "prometheus" / "rules"
LIST = Path("base/services/kustomization.yaml")
DERIVED = Path("overlays/production/derived")
HEADER = "# Written by `make manifests` from the catalogue.\n"

BOOTSTRAP = "onestop-kafka-bootstrap:9093"
LAG_A_REPLICA = 1_000
"""Messages not yet handled for which one more replica is started: seconds of one replica's work."""
FEWEST = 2
RETENTION_DAYS = 14
REPLICAS, IN_SYNC = 3, 2
SECRETS = {"kind": "ClusterSecretStore", "name": "onestop"}
KEYS = "/etc/onestop/signing"
"""Where a service that signs finds its keys."""


def files(known: Catalogue, rules: Mapping[str, str]) -> dict[Path, str]:
    """Return the derived files under k8s/ with their text. `rules` are Prometheus's, by name."""
    names = known.services
    found = {LIST: [_kustomization("Kustomization", resources=list(names))]}
    for name in names:
        found[DERIVED / f"{name}.yaml"] = list(_resources(known, name))
    for name, text in rules.items():
        found[DERIVED / f"{name}-rules.yaml"] = [_rule(name, text)]
    found[DERIVED / f"{OPERATOR}.yaml"] = [_password(OPERATOR)]
    resources = [path.name for path in found if path.parent == DERIVED]
    patches = [_patch(_deployment(name, signs=bool(known.signed_by(name)))) for name in names]
    patches.append(_patch(_stores(names)))
    component = _kustomization("Component", resources=resources, patches=patches)
    found[DERIVED / "kustomization.yaml"] = [component]
    return {path: HEADER + _dumped(objects) for path, objects in found.items()}


def write(folder: Path, known: Catalogue, rules: Mapping[str, str]) -> None:
    """Write the derived files under this folder, and remove those that nothing derives any more."""
    derived = folder / DERIVED
    for path in derived.glob("*.yaml"):
        path.unlink()
    for relative, text in files(known, rules).items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def prometheus_rules() -> dict[str, str]:
    """Return the text of each file of Prometheus's rules, by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.yml"))}


def _resources(known: Catalogue, name: str) -> Iterator[Object]:
    writes = known.writes(name)
    yield from map(_topic, writes)
    yield _user(name, known.reads(name), writes)
    yield _scaling(name)
    yield _password(name)
    if known.signed_by(name):
        yield _from_vault(_signing(name), {f"{name}.json": (name, "signing-keys")})


def _topic(name: str) -> Object:
    spec = {
        "partitions": PARTITIONS,
        "replicas": REPLICAS,
        "config": {
            "cleanup.policy": "delete",
            "retention.ms": RETENTION_DAYS * 24 * 3_600_000,
            "min.insync.replicas": IN_SYNC,
        },
    }
    return _kafka("KafkaTopic", name, spec)


def _user(name: str, reads: Iterable[str], writes: Iterable[str]) -> Object:
    """Return the account: it reads what it hears, in its own group, and writes what it says.

    To write includes to write idempotently, since Kafka 2.8.
    """
    acls = [_acl("topic", each, "Read", "Describe") for each in reads]
    acls += [_acl("topic", each, "Write", "Describe") for each in writes]
    acls.append(_acl("group", name, "Read"))
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": acls},
    }
    return _kafka("KafkaUser", name, spec)


def _acl(kind: str, name: str, *operations: str) -> Object:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": list(operations)}


def _scaling(name: str) -> Object:
    """Return the scaling by the lag of the service's group over all its topics.

    More replicas than partitions would have nothing to read.
    """
    trigger = {
        "type": "kafka",
        "metadata": {
            "bootstrapServers": BOOTSTRAP,
            "consumerGroup": name,
            "lagThreshold": str(LAG_A_REPLICA),
            "offsetResetPolicy": "earliest",
            "sasl": "scram_sha512",
            "tls": "enable",
        },
        "authenticationRef": {"name": "kafka"},
    }
    scale_down = {"stabilizationWindowSeconds": 600}
    spec = {
        "scaleTargetRef": {"name": _app(name)},
        "minReplicaCount": FEWEST,
        "maxReplicaCount": PARTITIONS,
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": scale_down}}},
        "triggers": [trigger],
    }
    return _object("keda.sh/v1alpha1", "ScaledObject", _app(name), spec)


def _password(name: str) -> Object:
    """Return where the password of an account at the store comes from."""
    return _from_vault(_stored(name), {"password": (name, "mongo-password")})


def _from_vault(secret: str, keys: Mapping[str, tuple[str, str]]) -> Object:
    """Return a secret with these keys, each from an entry `onestop/...` of the vault."""
    data = [
        {"secretKey": key, "remoteRef": {"key": f"onestop/{entry}", "property": value}}
        for key, (entry, value) in keys.items()
    ]
    spec = {
        "refreshInterval": "1h",
        "secretStoreRef": SECRETS,
        "target": {"name": secret},
        "data": data,
    }
    return _object("external-secrets.io/v1", "ExternalSecret", secret, spec)


def _deployment(name: str, *, signs: bool) -> Object:
    """Return the patch by which a service has its own accounts at the broker and at the store, and
    the keys by which it signs."""
    container: Object = {
        "name": "service",
        "env": [
            {"name": "ONESTOP_KAFKA_USER", "value": name},
            _secret("ONESTOP_KAFKA_PASSWORD", name, "password"),
            _secret("ONESTOP_MONGO", _connection(name), "connectionString.standard"),
        ],
    }
    pod: Object = {"containers": [container]}
    if signs:
        container["env"].append({"name": VARIABLE, "value": KEYS})
        container["volumeMounts"] = [{"name": "signing", "mountPath": KEYS, "readOnly": True}]
        pod["volumes"] = [{"name": "signing", "secret": {"secretName": _signing(name)}}]
    return _object("apps/v1", "Deployment", _app(name), {"template": {"spec": pod}})


def _secret(variable: str, name: str, key: str) -> Object:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _stores(names: Iterable[str]) -> Object:
    """Return the patch with the accounts at the store: each service may use its own database alone,
    and the operator may read all of them: to verify, and to back up."""
    users = [_account(name, "readWrite", f"onestop_{name.replace('-', '_')}") for name in names]
    users.append(_account(OPERATOR, "readAnyDatabase", "admin"))
    return _object("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity", "mongo", {"users": users})


def _account(name: str, role: str, database: str) -> Object:
    return {
        "name": name,
        "db": "admin",
        "passwordSecretRef": {"name": _stored(name)},
        "roles": [{"name": role, "db": database}],
        "scramCredentialsSecretName": _app(name),
        "connectionStringSecretName": _connection(name),
    }


def _rule(name: str, text: str) -> Object:
    return _object("monitoring.coreos.com/v1", "PrometheusRule", _app(name), yaml.safe_load(text))


def _app(name: str) -> str:
    return f"onestop-{name}"


def _stored(name: str) -> str:
    return f"{_app(name)}-mongo-password"


def _signing(name: str) -> str:
    return f"{_app(name)}-signing"


def _connection(name: str) -> str:
    return f"{_app(name)}-mongo"


def _kafka(kind: str, name: str, spec: Object) -> Object:
    made = _object("kafka.strimzi.io/v1", kind, name, spec)
    made["metadata"]["labels"] = {"strimzi.io/cluster": "onestop"}
    return made


def _object(version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _kustomization(kind: str, **parts: Any) -> Object:
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    return {"apiVersion": f"kustomize.config.k8s.io/{version}", "kind": kind, **parts}


def _patch(one: Object) -> Object:
    return {"patch": _dumped([one])}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def _dumped(objects: Iterable[Object]) -> str:
    return str(yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, width=100))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "k8s", catalogue(), prometheus_rules())
