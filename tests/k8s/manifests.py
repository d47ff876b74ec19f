"""The manifests as kustomize renders them: plain objects, to be looked at and applied."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"
BASE = K8S / "base"
OVERLAYS = {path.name: path for path in sorted((K8S / "overlays").iterdir()) if path.is_dir()}
KUBECTL = Path(sys.executable).with_name("kubectl")
"""From the lock file: the renderer is the same on every machine."""

NAME = "app.kubernetes.io/name"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"


class RenderError(ValueError):
    """kustomize refuses a folder; the message is what it says."""


def render(folder: Path) -> list[Object]:
    """Return the objects of a kustomization. Raises `RenderError`."""
    done = subprocess.run(
        [KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False
    )
    if done.returncode or done.stderr:
        raise RenderError(done.stderr.strip())
    return [one for one in yaml.safe_load_all(done.stdout) if one]


@cache
def overlay(name: str) -> list[Object]:
    """Return the objects of an overlay, rendered once for all tests."""
    return render(OVERLAYS[name])


def with_notices(folder: Path) -> list[Object]:
    """Return production as it is with the component `notices`, rendered from a copy in a folder.

    It is asked for as its kustomization says.
    """
    copied = shutil.copytree(K8S, folder / "k8s") / "overlays" / "production"
    file = copied / "kustomization.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  # - notices:", "  - notices #"), encoding="utf-8")
    return render(copied)


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """Return the objects of these kinds."""
    return [one for one in objects if one["kind"] in kinds]


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    """Return the one object of that kind and name. Raises `LookupError` unless there is one."""
    found = [one for one in of_kind(objects, kind) if one["metadata"]["name"] == name]
    if len(found) != 1:
        raise LookupError(f"{len(found)} objects are {kind} {name}")
    return found[0]


def title(one: Object) -> str:
    """Return kind and name, for messages."""
    return f"{one['kind']} {one['metadata']['name']}"


def labels(one: Object) -> dict[str, str]:
    """Return the labels of an object."""
    found: dict[str, str] = one["metadata"].get("labels") or {}
    return found


def pod(one: Object) -> Object | None:
    """Return the template of the pods that an object makes, if it makes any."""
    spec = one.get("spec", {})
    template: Object | None = spec.get("jobTemplate", {}).get("spec", spec).get("template")
    return template if template and "containers" in template.get("spec", {}) else None


def claimed_folder(server: Object) -> str:
    """Return where a StatefulSet's one container finds the one volume that it claims.

    Raises `ValueError` where there are more, or none.
    """
    (claim,) = server["spec"]["volumeClaimTemplates"]
    (container,) = containers(server)
    (mount,) = (m for m in container["volumeMounts"] if m["name"] == claim["metadata"]["name"])
    return str(mount["mountPath"])


def containers(one: Object) -> list[Object]:
    """Return all containers of the pods that an object makes."""
    template = pod(one)
    if template is None:
        return []
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
