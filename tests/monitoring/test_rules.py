"""The rules are right, and each alert fires where it should and nowhere else: promtool says so.

The cases are in `cases/`. An alert that always fired, or never, would fail one of them.
"""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.targets import CONFIGURATION
from tests.monitoring.programs import promtool

ROOT = Path(__file__).parents[2]
RULES = CONFIGURATION / "rules"
CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
SEVERITIES = {"page", "ticket"}

Document = dict[str, Any]


def groups(file: Path) -> list[Document]:
    read: list[Document] = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    return read


@cache
def alerts() -> dict[str, Document]:
    """Return each alert by its name."""
    files = [file for file in sorted(RULES.glob("*.yml")) if file.stem != "recording"]
    rules = [rule for file in files for group in groups(file) for rule in group["rules"]]
    assert all("alert" in rule for rule in rules)
    named = {rule["alert"]: rule for rule in rules}
    assert len(named) == len(rules), "two alerts have one name"
    return named


def test_prometheus_takes_the_configuration() -> None:
    checked = promtool("check", "config", CONFIGURATION / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_rules_do_as_the_cases_say(file: Path) -> None:
    played = promtool("test", "rules", file)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("alert", alerts())
def test_each_alert_has_cases_of_its_own_that_hold(alert: str, tmp_path: Path) -> None:
    assert play(alert, tmp_path, {}).returncode == 0


@pytest.mark.parametrize("expression", ["vector(1)", "vector(1) > 1"], ids=["always", "never"])
@pytest.mark.parametrize("alert", alerts())
def test_the_cases_find_out_an_alert_that_fires(
    alert: str, expression: str, tmp_path: Path
) -> None:
    played = play(alert, tmp_path, {"expr": expression})
    assert played.returncode == 1, "no case expects it to fire, or none to stay silent"
    assert f"alertname: {alert}" in played.stdout + played.stderr


def play(alert: str, folder: Path, change: Document) -> subprocess.CompletedProcess[str]:
    """Play the cases of one alert, with something changed in its rule."""
    rule = {**alerts()[alert], **change}
    changed = [*recorded_for(alerts()[alert]), {"name": "alert", "rules": [rule]}]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": changed}), encoding="utf-8")
    files = []
    for file in CASES:
        # Everything as text: to YAML, ten times nothing, 0x10, is the number 16.
        cases = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)
        cases["rule_files"], cases["group_eval_order"] = ["rules.yml"], [g["name"] for g in changed]
        cases["tests"] = [only for case in cases["tests"] if (only := of_alert(case, alert))]
        if cases["tests"]:
            files.append(folder / file.name)
            files[-1].write_text(yaml.safe_dump(cases), encoding="utf-8")
    return promtool("test", "rules", *files)


def recorded_for(alert: Document) -> list[Document]:
    """Return the groups with the recording rules that an alert asks for: most ask for none.

    To play days of all of them three times for each alert was nearly half of the work here.
    """
    found = [
        {**group, "rules": [rule for rule in group["rules"] if rule["record"] in alert["expr"]]}
        for group in groups(RULES / "recording.yml")
    ]
    return [group for group in found if group["rules"]]


def of_alert(case: Document, alert: str) -> Document | None:
    """Return the case with what it expects of one alert, if it expects anything of it."""
    expected = [each for each in case.get("alert_rule_test", []) if each["alertname"] == alert]
    return {**case, "alert_rule_test": expected} if expected else None


@pytest.mark.parametrize("alert", alerts())
def test_an_alert_says_how_urgent_it_is_and_where_its_page_is(alert: str) -> None:
    rule = alerts()[alert]
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{alert}.md"
    assert rule["annotations"]["summary"]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(alerts()) | {"README"}


@pytest.mark.parametrize("alert", alerts())
def test_a_runbook_says_what_it_means_and_what_to_do(alert: str) -> None:
    page = (RUNBOOKS / f"{alert}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {alert}\n")
    for heading in ("## What it means", "## What to look at", "## What to do"):
        assert page.count(f"\n{heading}\n") == 1, heading
    listed = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert f"[{alert}]({alert}.md)" in listed
