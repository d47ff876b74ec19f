"""`.importlinter` holds in the tree, and in a toy tree each forbidden import breaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

# A tree that keeps every rule, with what is allowed in it.
ALLOWED = {
    "contracts.model": "import pydantic",
    "contracts.envelope": "import contracts.model",
    "contracts.group": "import contracts.envelope",
    "contracts.catalogue": "import contracts.group",
    "contracts.birth.events": "import contracts.envelope",
    "services.chassis.store": "import motor, pymongo, bson, asyncio",
    "services.chassis.procedure": "import contracts.envelope, contracts.model",
    "services.chassis.service": "import contracts.catalogue, services.chassis.store, time",
    "services.residence.birth": "import contracts.birth.events, services.chassis.procedure",
    "services.residence.main": "import services.chassis.service, services.residence.birth",
    "services.payments.birth": "import contracts.birth.events, services.chassis.procedure",
    "services.payments.ledger": "import datetime",
    "services.payments.main": "import services.chassis.service, services.payments.birth",
    "infra.cli": "import contracts.catalogue, services.chassis.service",
    "tests.helper": "import services.payments.main",
}

# One import more, and the name of the rule that it breaks.
FORBIDDEN = {
    ("contracts.birth.events", "services.chassis.procedure"): "contracts imports nothing of ours",
    ("contracts.catalogue", "infra.cli"): "contracts imports nothing of ours",
    ("services.residence.main", "services.payments.main"): "Services never import each other",
    ("services.residence.birth", "services.payments.ledger"): "Services never import each other",
    ("services.chassis.service", "services.residence.main"): "Services never import each other",
    ("services.payments.main", "infra.cli"): "Services never import what runs or tests them",
    ("services.payments.main", "tests.helper"): "Services never import what runs or tests them",
    ("services.chassis.service", "contracts.birth.events"): "The chassis knows no procedure group",
    ("services.chassis.service", "motor"): "MongoDB is known to services.chassis.store alone",
    ("services.payments.ledger", "pymongo"): "MongoDB is known to services.chassis.store alone",
    ("contracts.birth.events", "bson"): "MongoDB is known to services.chassis.store alone",
    ("services.payments.birth", "random"): "Decisions reach no I/O, no clock and no chance",
    ("services.payments.birth", "asyncio"): "Decisions reach no I/O, no clock and no chance",
    ("services.payments.birth", "services.chassis.service"): "Decisions reach no I/O",
    ("services.chassis.procedure", "time"): "Decisions reach no I/O, no clock and no chance",
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as command; command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", ".importlinter", "--no-cache"],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def grow(root: Path, imports: dict[str, str]) -> None:
    """Write a tree of modules that hold these lines."""
    for module, line in imports.items():
        file = root / (module.replace(".", "/") + ".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(line + "\n", encoding="utf-8")
        for folder in file.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()
    shutil.copy(ROOT / ".importlinter", root)


def test_the_rules_of_the_layout_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_is_allowed_is_kept(tmp_path: Path) -> None:
    grow(tmp_path, ALLOWED)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("importer", "imported"), FORBIDDEN)
def test_what_is_forbidden_is_noticed(importer: str, imported: str, tmp_path: Path) -> None:
    grow(tmp_path, {**ALLOWED, importer: f"{ALLOWED[importer]}\nimport {imported}"})
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    rule = FORBIDDEN[importer, imported]
    assert any(line.startswith(rule) for line in broken), result.stdout
