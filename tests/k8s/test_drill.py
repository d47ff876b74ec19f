"""The drill's own parts, as far as they can be told apart from a cluster."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from contracts.catalogue import catalogue
from tests.faults.__main__ import wrong
from tests.faults.snapshot import Snapshot
from tests.k8s import images, jobs
from tests.k8s.drill import SERVERS
from tests.k8s.manifests import ROOT, Object, claimed_folder, containers, named, overlay
from tests.k8s.test_base import unrestricted


def drill(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    return subprocess.run(
        [sys.executable, "-m", "tests.k8s", *arguments],
        env=given | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_cluster_it_says_so_in_a_sentence() -> None:
    done = drill()
    assert done.returncode == 1
    assert done.stderr == "k8s-test: there is no cluster to test on: KUBECONFIG names none\n"


def test_a_cluster_that_does_not_answer_is_told_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    nowhere = tmp_path_factory.mktemp("nowhere") / "config"
    done = drill(KUBECONFIG=str(nowhere))
    assert done.returncode == 1
    assert done.stderr.startswith("k8s-test: kubectl version ")
    assert "Traceback" not in done.stderr


def test_a_failed_part_of_the_command_fails_the_job() -> None:
    """Both halves send the same; the second is not reached where the first was not good."""
    command = containers(jobs.job("fire", jobs.declarations(500, 2.0)))[0]["command"]
    assert command[:2] == ["sh", "-ec"]
    assert " && " in command[2]
    assert "--rate 2.0" in command[2]
    assert command[2].count("--count 500 --seed 11") == 2


@pytest.mark.parametrize("name", SERVERS)
def test_jobs_are_restricted_like_all_pods(name: str) -> None:
    server = named(overlay("local"), "StatefulSet", name)
    wipe = jobs.wipe(server, claimed_folder(server))
    made = [jobs.job("any", "true", with_checks=True), wipe]
    assert [fault for one in made for fault in unrestricted(one)] == []


def test_what_claims_a_volume_is_disturbed_and_wiped() -> None:
    """A claim that the drill does not know of is waited for until its time is out."""
    claimed = {
        one["metadata"]["name"] for one in overlay("local") if "spec" in one and _claims(one)
    }
    folders = {
        name: claimed_folder(named(overlay("local"), "StatefulSet", name)) for name in SERVERS
    }
    assert claimed == set(SERVERS)
    assert folders == {"kafka": "/var/lib/kafka/data", "mongo": "/data/db", "gateway": "/data"}


def _claims(one: Object) -> bool:
    return one["kind"] == "PersistentVolumeClaim" or bool(one["spec"].get("volumeClaimTemplates"))


def test_all_our_images_are_pinned_and_the_others_are_named() -> None:
    objects = [images.pinned(one) for one in deepcopy(overlay("local"))]
    ours = {
        each["image"]
        for one in objects
        for each in containers(one)
        if each["image"].startswith(images.REPOSITORY)
    }
    names = {*catalogue().services, "onestop"}
    assert ours == {f"{images.REPOSITORY}{name}:{images.TAG}" for name in names}
    assert [name.partition(":")[0] for name in images.foreign(objects)] == ["apache/kafka", "mongo"]
    assert images.base().startswith("python:")


def empty() -> Snapshot:
    services = catalogue().services
    return Snapshot({name: {} for name in services}, {name: [] for name in services})


def test_the_check_runs_with_what_is_in_the_image_and_its_config_map(tmp_path: Path) -> None:
    """The command's image has of tests/ only what fires; the rest comes in the ConfigMap."""
    for name in ("contracts", "services", "infra"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "tests/faults").mkdir(parents=True)
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "tests/fire").symlink_to(ROOT / "tests/fire")
    for name, text in jobs.checks()["data"].items():
        (tmp_path / "tests/faults" / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--help"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--cases" in done.stdout


def test_the_check_notices_what_is_missing() -> None:
    assert wrong(empty(), 0) == []
    assert wrong(empty(), 1) == ["0 cases are there, not 1"]


def test_the_check_notices_what_has_not_ended_or_was_put_aside() -> None:
    found = empty()
    row: Object = {"_id": "a", "status": "in-progress", "ended": {}}
    letter: Object = {"_id": "t/0/1", "reason": "no JSON", "status": "dead", "key": None}
    found.collections["portal"]["cases"] = [row]
    found.collections["payments"]["dead_letters"] = [{**letter, "value": b""}]
    faults = wrong(found, 1)
    assert "case a is in-progress" in faults
    assert "payments put t/0/1 aside: no JSON" in faults
