"""Run inside the system's network: what is broken, once everything that was published is handled.

    docker compose run --volume ./tests:/opt/onestop/tests:ro --entrypoint python onestop \\
        -m tests.compose.check

Prints one JSON object: the counts of cases, entries and messages, the numbers of the results that
are signed, and each fault as a sentence.
"""

import asyncio
import json

import httpx

from contracts.catalogue import catalogue
from services.chassis.journal import filed_in
from services.chassis.security import client_options
from services.chassis.settings import Settings
from services.chassis.testing import eventually
from services.portal.results import RESULTS
from tests.faults.invariants import broken
from tests.faults.snapshot import snapshot_of

LIMIT_SECONDS = 120.0
PORT = 8000


async def quiet() -> bool:
    """Whether every service is ready and has nothing left to hear."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in catalogue().services:
            base = f"http://{service}:{PORT}"
            ready = await client.get(f"{base}/readyz")
            lines = (await client.get(f"{base}/metrics")).text.splitlines()
            lag = [line for line in lines if line.startswith("onestop_consumer_lag_messages{")]
            if ready.status_code != httpx.codes.OK or any(line[-4:] != " 0.0" for line in lag):
                return False
    return True


async def check() -> dict[str, object]:
    """Wait for quiet and look at everything that is stored and published."""
    settings = Settings.from_environment()
    await eventually(quiet, LIMIT_SECONDS)
    found = await snapshot_of(
        settings.kafka, settings.mongo, catalogue().services, client_options(settings)
    )
    return {
        "cases": len(found.submitted()),
        "entries": sum(
            len(entries) for cases in found.journals.values() for entries in cases.values()
        ),
        "messages": sum(map(len, found.topics.values())),
        "signed": sorted(
            row["_id"].partition("/")[0]
            for row in filed_in(found.rows("portal", "journal"), RESULTS)
            if row["signature"] is not None
        ),
        "broken": broken(found, {}),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(check())))
