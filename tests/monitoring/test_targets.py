"""Whom Prometheus asks follows from the catalogue."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.catalogue import catalogue
from infra.local.prometheus import lay_out
from infra.targets import CONFIGURATION, NAME, PRESENCE, deployed, presence, targets


def addresses(text: str) -> Mapping[str, list[str]]:
    return {each["labels"]["service"]: each["targets"] for each in json.loads(text)}


def test_the_committed_targets_are_those_of_the_catalogue() -> None:
    committed = (CONFIGURATION / NAME).read_text(encoding="utf-8")
    assert committed == deployed(), "run `make schemas`"
    assert addresses(committed) == {name: [f"{name}:8000"] for name in catalogue().services}


def test_each_service_of_the_catalogue_is_missed_where_it_is_not_there() -> None:
    committed = (CONFIGURATION / PRESENCE).read_text(encoding="utf-8")
    assert committed == presence(catalogue().services), "run `make schemas`"


def test_a_local_stack_has_the_same_configuration_and_its_own_targets(tmp_path: Path) -> None:
    found = [("portal", "127.0.0.1:8080"), ("portal", "127.0.0.1:8081")]
    file = lay_out(tmp_path / "prometheus", found)
    again = lay_out(tmp_path / "prometheus", found)
    assert file == again
    assert (file.parent / NAME).read_text(encoding="utf-8") == targets(found)
    for each in CONFIGURATION.rglob("*.yml"):
        copied = file.parent / each.relative_to(CONFIGURATION)
        assert copied.read_bytes() == each.read_bytes()
