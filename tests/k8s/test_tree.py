"""To add a service is to add one small folder: all else derives from the catalogue."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.catalogue import catalogue
from infra import kubernetes
from tests.e2e import toy
from tests.k8s.manifests import BASE, K8S, NAME, Object, labels, named, render, title

SMALL = 40
"""Lines of a folder that one reads at a glance."""
SERVICES = BASE / "services"
OF_EACH = (
    "Deployment",
    "Service",
    "ServiceAccount",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "ConfigMap",
)
IN_PRODUCTION = (*OF_EACH, "KafkaTopic", "KafkaUser", "ScaledObject", "ExternalSecret")
"""And an account at the store, which is in the store's own object."""


def folders() -> dict[str, Path]:
    return {path.name: path for path in sorted(SERVICES.iterdir()) if path.is_dir()}


def test_each_service_of_the_catalogue_has_a_folder() -> None:
    assert tuple(folders()) == catalogue().services


@pytest.mark.parametrize("name", catalogue().services)
def test_the_folder_is_small(name: str) -> None:
    lines = sum(len(path.read_text().splitlines()) for path in folders()[name].iterdir())
    assert 0 < lines <= SMALL


def test_what_is_derived_is_up_to_date() -> None:
    wanted = kubernetes.files(catalogue(), kubernetes.prometheus_rules())
    stored = {
        path: (K8S / path).read_text(encoding="utf-8") for path in wanted if (K8S / path).exists()
    }
    assert stored == wanted, "run `make manifests`"
    derived = {path.relative_to(K8S) for path in (K8S / kubernetes.DERIVED).iterdir()}
    assert derived == {path for path in wanted if path.parent == kubernetes.DERIVED}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with a new agency: its folder is one more like the others, the rest was derived."""
    tree = tmp_path_factory.mktemp("grown") / "k8s"
    shutil.copytree(K8S, tree)
    folder = tree / SERVICES.relative_to(K8S) / toy.AGENCY
    folder.mkdir()
    like = (SERVICES / "residence" / "kustomization.yaml").read_text(encoding="utf-8")
    (folder / "kustomization.yaml").write_text(like.replace("residence", toy.AGENCY))
    subprocess.run(
        [sys.executable, "-m", "infra.kubernetes", tree],
        env={**os.environ, **toy.ENVIRONMENT},
        cwd=toy.ROOT,
        check=True,
    )
    return tree


def of_service(objects: list[Object], name: str) -> dict[str, str]:
    """The kinds of objects that are about a service, each with its name."""
    return {
        one["kind"]: one["metadata"]["name"]
        for one in objects
        if labels(one).get(NAME) == name
        or one["metadata"]["name"] in (name, f"{name}.events")
        or one["metadata"]["name"].startswith(f"onestop-{name}")
    }


@pytest.mark.parametrize(("name", "kinds"), [("local", OF_EACH), ("production", IN_PRODUCTION)])
def test_a_new_service_is_one_folder(grown: Path, name: str, kinds: tuple[str, ...]) -> None:
    objects = render(grown / "overlays" / name)
    assert set(of_service(objects, toy.AGENCY)) == set(kinds)
    assert set(of_service(objects, "residence")) == set(kinds)


def test_a_new_service_has_an_account_at_the_store(grown: Path) -> None:
    objects = render(grown / "overlays" / "production")
    users = named(objects, "MongoDBCommunity", "mongo")["spec"]["users"]
    assert "onestop_land_registry" in {role["db"] for user in users for role in user["roles"]}


def test_a_new_service_leaves_the_others_as_they_are(grown: Path) -> None:
    before = {title(one): one for one in render(K8S / "overlays" / "local")}
    after = {title(one): one for one in render(grown / "overlays" / "local")}
    assert {name: after[name] for name in before} == before
