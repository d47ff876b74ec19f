"""Everything is lost but a backup of the journals: the system lives on from that."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from infra.local import Stack
from infra.local.ports import GATEWAY
from services.chassis.testing import eventually
from services.payments.transfers import SETTLED
from services.portal.main import service as portal
from tests.faults.bank import movements
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.snapshot import Rows, Snapshot, snapshot
from tests.faults.test_shuffled import registers

pytestmark = pytest.mark.timeout(900)
"""Its commands start some forty processes of Python, one for each service and question."""

WITHOUT = ("residence", "payments")
"""They are away while some declare: the cases of these are in flight when all is lost."""
COMMAND_SECONDS = 240
BOOKS = "books.sqlite"


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


async def agreed(city: City) -> bool:
    """Whether all journals are whole, and agree."""
    return (await onestop(city, "journal", "verify")).endswith("The journals agree.\n")


def of_services(found: Snapshot, collection: str) -> dict[str, Rows]:
    """Return a collection of each service, sorted.

    That a claim was tried for twice is in no journal: it matters only until its entry is there.
    """
    return {
        service: [
            {name: value for name, value in row.items() if name != "confirmed"}
            for row in sorted(found.rows(service, collection), key=lambda row: str(row["_id"]))
        ]
        for service in found.collections
    }


async def test_all_is_lost_and_restored_from_the_journals_alone(
    new_city: City, tmp_path: Path
) -> None:
    city = new_city
    first, meanwhile = city.flow.next(60), city.flow.next(30)
    monday, tuesday = tmp_path / "monday", tmp_path / "tuesday"
    declaring = asyncio.create_task(city.flow.declare(first))
    await city.accepts(20)
    await onestop(city, "journal", "backup", str(monday))
    await declaring
    await city.assert_whole()
    for service in WITHOUT:
        await city.kill(service)
    await city.flow.declare(meanwhile)
    await eventually(lambda: _heard_of_all(city), LIMIT_SECONDS)
    assert "in-progress" in (await city.statuses(city.flow.outcomes)).values()
    for service in set(city.stack.services) - set(WITHOUT):
        await city.leave(service)
    await onestop(city, "journal", "backup", str(tuesday))
    before = await snapshot(city.stack)

    await city.forget_everything()
    await onestop(city, "journal", "restore", str(monday))
    # Written while declarations came, and yet nobody has heard of what another lacks.
    assert await agreed(city)
    await onestop(city, "journal", "restore", str(tuesday))
    restored = await snapshot(city.stack)
    assert restored.journals == before.journals
    assert registers(restored) == registers(before)
    for kept in ("claims", "deadlines", "people", "tasks", SETTLED, *portal.taken_in):
        assert of_services(restored, kept) == of_services(before, kept)
    assert restored.rows("portal", "people") != []
    assert restored.rows("portal", "deadlines") != []

    moved = await movements(city.stack)
    assert moved, "something was paid, which must not be paid again"
    await city.kill(GATEWAY)
    forget(city.stack)
    await city.start(GATEWAY, *city.stack.services)
    await onestop(city, "journal", "republish", "--service", "all", "--all")
    await city.assert_whole()
    # Who did not get an answer before all was lost, declares again.
    cases = dict(city.flow.outcomes)
    await city.flow.declare([*first, *meanwhile])
    assert city.flow.outcomes == cases, "a second case"
    await city.flow.declare(city.flow.next(20))
    found = await city.assert_whole()
    assert found.submitted() == set(city.flow.outcomes)
    assert await agreed(city)
    paid = Counter(row["payment"] for row in await movements(city.stack))
    assert set(paid) > {row["payment"] for row in moved}
    assert set(paid.values()) == {1}


def forget(stack: Stack) -> None:
    """Let the bank know no payment any more that it has made, as banks do in time."""
    with closing(sqlite3.connect(stack.data / GATEWAY / BOOKS)) as books, books:
        assert books.execute("DELETE FROM payments WHERE status = 'paid'").rowcount


async def _heard_of_all(city: City) -> bool:
    """Whether the portal knows every case that was acknowledged."""
    found = await snapshot(city.stack)
    return {row["_id"] for row in found.rows("portal", "cases")} >= set(city.flow.outcomes)
