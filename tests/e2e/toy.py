"""The third procedure group of tests/toy, seen from processes of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"
ENVIRONMENT = {"PYTHONPATH": str(TOY)}
"""All that it takes to bring the group in."""
AGENCY = "land-registry"


def catalogued(what: str) -> tuple[str, ...]:
    """Return the services or the topics of the catalogue that has the third group.

    A process finds the groups once: so this is asked of another.
    """
    program = f"""
import json
from contracts.catalogue import catalogue
print(json.dumps(catalogue().{what}))
"""
    done = subprocess.run(
        (sys.executable, "-c", program),
        env={**os.environ, **ENVIRONMENT},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return tuple(json.loads(done.stdout))
