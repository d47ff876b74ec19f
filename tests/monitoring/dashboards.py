"""The dashboards, as they are provisioned."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

GRAFANA = Path(__file__).parents[2] / "infra" / "grafana"

Document = dict[str, Any]


@cache
def dashboards() -> dict[str, Document]:
    """Return each dashboard by the name of its file."""
    files = sorted((GRAFANA / "dashboards").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


class Question(NamedTuple):
    """What a panel asks of Prometheus."""

    dashboard: str
    panel: str
    expression: str
    exemplars: bool


def questions() -> Iterator[Question]:
    """Yield every expression of every panel."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                shown = bool(target.get("exemplar"))
                yield Question(name, panel["title"], target["expr"], shown)
