"""Everything is lost but a backup of the journals: the system lives on from that."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from services.chassis.testing import eventually
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.snapshot import Rows, Snapshot, snapshot
from tests.faults.test_shuffled import registers

WITHOUT = ("residence", "payments")
"""They are away while some declare: the cases of these are in flight when all is lost."""
COMMAND_SECONDS = 240


async def onestop(city: City, *arguments: str) -> str:
    """Run the operator's command, and return what it says. It must succeed."""
    addresses = city.stack.addresses
    environment = {
        **os.environ,
        "ONESTOP_KAFKA": addresses.kafka,
        "ONESTOP_MONGO": addresses.mongo,
    }
    done = await asyncio.to_thread(
        subprocess.run,
        (sys.executable, "-m", "infra.cli", *arguments),
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def of_services(found: Snapshot, collection: str, *hidden: str) -> dict[str, Rows]:
    """Return a collection of each service, sorted, without some fields."""
    return {
        service: sorted(
            (
                {name: value for name, value in row.items() if name not in hidden}
                for row in found.rows(service, collection)
            ),
            key=lambda row: str(row["_id"]),
        )
        for service in found.collections
    }


async def test_all_is_lost_and_restored_from_the_journals_alone(
    new_city: City, tmp_path: Path
) -> None:
    city = new_city
    first, meanwhile = city.flow.next(60), city.flow.next(30)
    await city.flow.declare(first)
    await city.assert_whole()
    monday, tuesday = tmp_path / "monday", tmp_path / "tuesday"
    await onestop(city, "journal", "backup", str(monday))
    for service in WITHOUT:
        await city.kill(service)
    await city.flow.declare(meanwhile)
    await eventually(lambda: _heard_of_all(city), LIMIT_SECONDS)
    in_flight = await city.statuses(city.flow.outcomes)
    assert "in-progress" in in_flight.values()
    await onestop(city, "journal", "backup", str(tuesday))
    for service in set(city.stack.services) - set(WITHOUT):
        await city.leave(service)
    before = await snapshot(city.stack)

    await city.forget_everything()
    said = await onestop(city, "journal", "restore", str(monday), str(tuesday))
    assert "another stands in the place" not in said
    restored = await snapshot(city.stack)
    assert restored.journals == before.journals
    assert of_services(restored, "claims") == of_services(before, "claims")
    assert of_services(restored, "deadlines") == of_services(before, "deadlines")
    assert registers(restored) == registers(before)
    for register in ("people", "tasks"):
        assert restored.rows("portal", register) != []
    for kept in ("submissions", "acts", "successions"):
        assert of_services(restored, kept) == of_services(before, kept)

    await city.start(*city.stack.services)
    await onestop(city, "journal", "republish", "--service", "all", "--all")
    await city.assert_whole()
    # Who did not get an answer before all was lost, declares again.
    cases = dict(city.flow.outcomes)
    await city.flow.declare([*first, *meanwhile])
    assert city.flow.outcomes == cases, "a second case"
    await city.flow.declare(city.flow.next(20))
    found = await city.assert_whole()
    assert found.submitted() == set(city.flow.outcomes)
    verified = await onestop(city, "journal", "verify")
    assert verified.splitlines()[-1] == "The journals agree."


async def _heard_of_all(city: City) -> bool:
    """Whether the portal knows every case that was acknowledged."""
    found = await snapshot(city.stack)
    return {row["_id"] for row in found.rows("portal", "cases")} >= set(city.flow.outcomes)
