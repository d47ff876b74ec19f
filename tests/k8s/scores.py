"""kube-score and checkov over the rendered overlays: `make k8s-lint`.

Nothing critical is let through. An exception is an annotation of the object, with its reason.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.k8s.manifests import OVERLAYS, overlay

KUBERNETES = "v1.34"
KUBE_SCORE = ("go", "run", "github.com/zegl/kube-score/cmd/kube-score@v1.20.0")
CHECKOV = (os.environ.get("UV", "uv"), "tool", "run", "checkov==3.3.30")
CRITICAL = 1


def kube_score(file: Path) -> Iterator[str]:
    """Yield each critical finding of kube-score."""
    options = ("--kubernetes-version", KUBERNETES, "--output-format", "json")
    for one in _said((*KUBE_SCORE, "score", *options, str(file))):
        for check in one["checks"]:
            if check["grade"] == CRITICAL and not check["skipped"]:
                yield f"{one['object_name']}: {check['check']['name']} {check['comments']}"


def checkov(file: Path) -> Iterator[str]:
    """Yield each failed check of checkov."""
    options = ("--framework", "kubernetes", "--compact", "--quiet", "--output", "json")
    report = _said((*CHECKOV, "--file", str(file), *options))
    for failed in report.get("results", {}).get("failed_checks", []):
        yield f"{failed['resource']}: {failed['check_id']} {failed['check_name']}"


def main() -> int:
    """Print what is wrong, and return 1 if anything is."""
    faults = 0
    with TemporaryDirectory() as folder:
        for name in OVERLAYS:
            file = Path(folder) / f"{name}.yaml"
            file.write_text(yaml.safe_dump_all(overlay(name)), encoding="utf-8")
            for check in (kube_score, checkov):
                found = list(check(file))
                faults += len(found)
                print(f"{check.__name__}, {name}: {len(found)} faults")
                print(*(f"  {fault}\n" for fault in found), sep="", end="")
    return 1 if faults else 0


def _said(command: tuple[str, ...]) -> Any:
    """Return what a program says in JSON; it may exit with 1 for what it found."""
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    except OSError as error:
        sys.exit(f"k8s-lint: {command[0]} cannot be run: {error.strerror}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        sys.exit(f"k8s-lint: {command[0]} said no JSON: {done.stderr.strip()[-300:]}")


if __name__ == "__main__":
    sys.exit(main())
