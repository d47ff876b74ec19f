"""The third procedure group of tests/toy, seen from processes of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.local import Stack
from infra.local.waiting import wait_until
from tests.e2e.metrics import Scrape
from tests.e2e.onestop import LIMIT_SECONDS, onestop
from tests.fire.families import family
from tests.fire.portal import Item

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"
ENVIRONMENT = {"PYTHONPATH": str(TOY)}
"""All that it takes to bring the group in."""
LATER = {"PYTHONPATH": f"{TOY}_next{os.pathsep}{TOY}"}
"""The same for its next release, in tests/toy_next."""
AGENCY = "land-registry"
TRANSFER, TAX = "transfer-registration", "tax-assessment"
BUYER = family(1, 0).mother

Case = dict[str, Any]


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


def introduce_the_buyer(stack: Stack) -> None:
    """Import the buyer, and wait until the portal knows her."""
    people = stack.data / "people.ndjson"
    people.write_text(BUYER.model_dump_json(exclude_none=True), encoding="utf-8")
    assert onestop(operator(stack), "population", "import", str(people)).status == 0
    heard = {"type": "population.person-recorded.v1"}

    def known() -> bool:
        portal = Scrape.of(stack.url("portal"))
        return portal.total("onestop_events_handled_total", **heard) > 0

    assert wait_until(known, LIMIT_SECONDS)


def operator(stack: Stack) -> dict[str, str]:
    """Return the environment of whoever operates this stack."""
    servers = {"ONESTOP_KAFKA": stack.addresses.kafka, "ONESTOP_MONGO": stack.addresses.mongo}
    return {**os.environ, **servers, "ONESTOP_URL": stack.url("portal"), "COLUMNS": "160"}


def declaration(key: str, parcel: str = "01-317-22") -> Item:
    """Return the declaration of a transfer of a parcel to the buyer."""
    form = {"parcel": parcel, "buyer": BUYER.personal_id, "price": 2_000_000_000}
    return Item(key, {"group": "property", "declarant": BUYER.personal_id, "form": form})


def procedure(case: Case, name: str) -> Case:
    """Return where a procedure of a case stands."""
    (found,) = [each for each in case["procedures"] if each["name"] == name]
    return dict(found)
