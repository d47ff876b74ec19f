"""The images of all services and of the command, built here and brought to the cluster's nodes."""

import re
import subprocess
from collections.abc import Iterable, Mapping

from contracts.catalogue import catalogue
from tests.k8s.hooks import hook, run
from tests.k8s.manifests import ROOT, Object, containers

DOCKERFILE = "infra/Dockerfile"
REPOSITORY = "docker.io/onestop/"
TAG = "k8s-test"


def provide(objects: Iterable[Object], environment: Mapping[str, str]) -> None:
    """Build our images, and bring all that these objects name to the nodes.

    By the commands that the environment names: K8S_IMAGES makes public images that the local engine
    cannot pull, K8S_LOAD copies images to the nodes, which otherwise pull them or share the
    engine's. Raises `ClusterError`.
    """
    public = foreign(objects)
    hook("K8S_IMAGES", environment, [*public, base()])
    for service in catalogue().services:
        _build(service, "--build-arg", f"SERVICE={service.replace('-', '_')}")
    _build("onestop", "--target", "onestop")
    ours = [f"onestop/{name}:{TAG}" for name in (*catalogue().services, "onestop")]
    hook("K8S_LOAD", environment, [*ours, *filter(_is_here, public)])


def base() -> str:
    """Return the image that ours are built on."""
    text = (ROOT / DOCKERFILE).read_text(encoding="utf-8")
    (name,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", text, re.MULTILINE)
    return str(name)


def pinned(one: Object) -> Object:
    """Return the object, in which images of ours have the drill's tag from now on."""
    for container in containers(one):
        if container["image"].startswith(REPOSITORY):
            container["image"] = f"{container['image'].rpartition(':')[0]}:{TAG}"
    return one


def foreign(objects: Iterable[Object]) -> list[str]:
    """Return the images that are not ours, as the engine calls them."""
    every = {container["image"] for one in objects for container in containers(one)}
    plain = (name.removeprefix("docker.io/").removeprefix("library/") for name in every)
    return sorted(name for name in plain if not name.startswith("onestop/"))


def _is_here(name: str) -> bool:
    asked = ["docker", "image", "inspect", "--format={{.Id}}", name]
    return not subprocess.run(asked, capture_output=True, check=False).returncode


def _build(name: str, *options: str) -> None:
    tag = f"--tag=onestop/{name}:{TAG}"
    run(["docker", "build", "--quiet", f"--file={DOCKERFILE}", tag, *options, "."])
