"""Whom Prometheus asks: the services of the catalogue, in the form of its file_sd.

python -m infra.targets           write infra/prometheus/targets.json, with the names of compose
"""

import json
from collections.abc import Iterable
from pathlib import Path

from contracts.catalogue import catalogue

CONFIGURATION = Path(__file__).with_name("prometheus")
NAME = "targets.json"
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


if __name__ == "__main__":
    (CONFIGURATION / NAME).write_text(deployed(), encoding="utf-8")
