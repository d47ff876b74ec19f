"""Asking a Prometheus, as Grafana does."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local import plain_http
from infra.local.waiting import wait_until
from tests.e2e.onestop import LIMIT_SECONDS


@dataclass(frozen=True)
class Sample:
    """One answer to a question: the labels and the value."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """A server that runs."""

    url: str

    def ask(self, expression: str) -> list[Sample]:
        """Return the answer of this moment."""
        found = self._get("query", query=expression)["result"]
        return [Sample(each["metric"], float(each["value"][1])) for each in found]

    def number(self, expression: str) -> float:
        """Return the one number that an expression makes, and not-a-number where it makes none."""
        found = self.ask(expression)
        return found[0].value if len(found) == 1 else math.nan

    def comes_to(self, expression: str, number: float) -> bool:
        """Wait until the expression makes this number, and tell whether it did."""
        return wait_until(lambda: self.number(expression) == number, LIMIT_SECONDS)

    def targets(self) -> list[dict[str, Any]]:
        """Return whom it asks."""
        found: list[dict[str, Any]] = self._get("targets")["activeTargets"]
        return found

    def alerts(self) -> dict[str, str]:
        """Return the alerts that are pending or firing, by name."""
        return {
            each["labels"]["alertname"]: each["state"] for each in self._get("alerts")["alerts"]
        }

    def exemplars(self, metric: str, since: float, until: float) -> list[Mapping[str, str]]:
        """Return the labels of the exemplars between two times, in seconds since the epoch."""
        found = self._get("query_exemplars", query=metric, start=str(since), end=str(until))
        return [each["labels"] for series in found for each in series["exemplars"]]

    def _get(self, what: str, **asked: str) -> Any:
        answer = plain_http.get(f"{self.url}/api/v1/{what}", params=asked, timeout=30)
        told = answer.json()
        assert told["status"] == "success", f"{asked}: {told}"
        return told["data"]


def of_dashboard(expression: str) -> str:
    """Return the expression of a panel with what Grafana would put in for its variables."""
    filled = expression.replace("$__range", "1h").replace("$group", ".*")
    assert not re.search(r"\$", filled), f"an unknown variable in {expression}"
    return filled
