"""Whom Prometheus asks: the services of the catalogue, in the form of its file_sd; and the rule by
which one of them is missed of which it knows no address.

python -m infra.targets           write both under infra/prometheus, with the names of compose
"""

import json
from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

from contracts.catalogue import catalogue

CONFIGURATION = Path(__file__).with_name("prometheus")
NAME = "targets.json"
PRESENCE = "rules/presence.yml"
PORT = 8000
"""At which every service listens in its container."""

Target = tuple[str, str]
"""A service and its address, host:port."""


def targets(found: Iterable[Target]) -> str:
    """Return the targets file for these services; of each there may be several."""
    listed = [{"targets": [address], "labels": {"service": name}} for name, address in found]
    return json.dumps(listed, indent=2) + "\n"


def deployed() -> str:
    """Return the targets file of a deployment where each service is reached by its name."""
    return targets((name, f"{name}:{PORT}") for name in catalogue().services)


def presence(services: Iterable[str]) -> str:
    """Return the rule file whose alert names each of these services that nobody can ask.

    Where all are unknown, another alert says so, and this one is silent.
    """
    missing = "\n    or\n".join(
        f'      absent(up{{job="onestop", service="{n}"}})' for n in services
    )
    return RULE.format(missing=indent(missing, " " * 8))


RULE = """\
# Written by `make schemas` from the catalogue. A process that does not answer is the matter of
# ServiceDown: this alert is about a service that has none, or none that Prometheus has found.
groups:
  - name: presence
    rules:
      - alert: ServiceAbsent
        expr: |
          (
{missing}
          )
          and on () group(up{{job="onestop"}})
        for: 2m
        labels: {{severity: page}}
        annotations:
          summary: "there is no {{{{ $labels.service }}}} that could be asked"
          runbook: docs/runbooks/ServiceAbsent.md
"""


if __name__ == "__main__":
    (CONFIGURATION / NAME).write_text(deployed(), encoding="utf-8")
    (CONFIGURATION / PRESENCE).write_text(presence(catalogue().services), encoding="utf-8")
