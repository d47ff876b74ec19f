"""What is excused has a reason beside it."""

import re
from itertools import pairwise

import pytest

from tests.k8s.manifests import K8S, OVERLAYS, Object, overlay, title

CHECKOV = re.compile(r"checkov\.io/skip\d+")
REASONED = re.compile(r"CKV_K8S_\d+=\w.{20,}")


def annotations(one: Object) -> dict[str, str]:
    found: dict[str, str] = one["metadata"].get("annotations") or {}
    return found


@pytest.mark.parametrize("name", OVERLAYS)
def test_checkov_skips_nothing_without_a_reason(name: str) -> None:
    skipped = [
        f"{title(one)}: {value}"
        for one in overlay(name)
        for key, value in annotations(one).items()
        if CHECKOV.fullmatch(key) and not REASONED.fullmatch(value)
    ]
    assert skipped == []


def test_kube_score_ignores_nothing_without_a_reason() -> None:
    found = {path.relative_to(K8S): silent(path.read_text()) for path in K8S.rglob("*.yaml")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def silent(text: str) -> list[str]:
    """Exceptions of kube-score with no comment on their line or above it."""
    lines = ["", *text.splitlines()]
    return [
        line.strip()
        for above, line in pairwise(lines)
        if "kube-score/ignore:" in line and "#" not in line + above
    ]


def test_a_silent_exception_is_noticed() -> None:
    assert silent("a: 1\nkube-score/ignore: all\n") == ["kube-score/ignore: all"]
    assert silent("# for a reason\nkube-score/ignore: all\n") == []
