"""Whether a real API server would take the production overlay, with the operators' definitions."""

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.k8s import crds
from tests.k8s.cluster import Cluster
from tests.k8s.manifests import Object, with_notices


def accepted(cluster: Cluster) -> int:
    """Ask the API server about every object, and return how many there are. Nothing is kept.

    Definitions that the cluster lacks are made for the question and removed again; those that it
    has are its own. Raises `ClusterError` with the first objection.
    """
    lacking = [crd for crd in crds.definitions() if not _has(cluster, crd)]
    names = [crd["metadata"]["name"] for crd in lacking]
    try:
        for crd in lacking:
            # Too large for the annotation that `kubectl apply` would write.
            cluster.ask("create", "--filename=-", given=_text([crd]))
        if names:
            cluster.ask("wait", "--for=condition=Established", "crd", *names)
        objects = _inside(cluster.namespace)
        cluster.ask("apply", "--dry-run=server", "--validate=strict", "-f-", given=_text(objects))
    finally:
        if names:
            cluster.ask("delete", "crd", "--ignore-not-found", *names)
    return len(objects)


def _has(cluster: Cluster, crd: Object) -> bool:
    name = crd["metadata"]["name"]
    return bool(cluster.ask("get", "crd", "--ignore-not-found", name))


def _inside(namespace: str) -> list[Object]:
    """Return all objects, in a namespace that exists: their own would be made only for real."""
    with TemporaryDirectory() as folder:
        objects = with_notices(Path(folder))
    found = [one for one in objects if one["kind"] != "Namespace"]
    for one in found:
        one["metadata"]["namespace"] = namespace
    return found


def _text(objects: list[Object]) -> str:
    return yaml.safe_dump_all([{k: v for k, v in one.items() if k != "status"} for one in objects])
