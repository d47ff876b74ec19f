"""Two versions of an event at once, while old ones are in flight: nothing is lost, nothing twice.

The land registry says TransferRegistered, which itself and the portal hear; the release of
tests/toy_next has its second version.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from infra.local import Stack
from infra.local.waiting import wait_until
from tests.e2e import toy
from tests.e2e.onestop import LIMIT_SECONDS, onestop
from tests.e2e.toy import AGENCY, BUYER, ENVIRONMENT, LATER, TRANSFER, Case, procedure
from tests.fire.portal import Portal
from tests.fire.watcher import Watcher

FIRST, SECOND = (f"land-registry.transfer-registered.v{n}" for n in (1, 2))
OWNER = {"kind": "person", "number": BUYER.personal_id}
"""As the second version has it, whichever was published."""
TRANSFERS = 24


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The agency in its next release, the portal still in this one."""
    with Stack(
        tmp_path_factory.mktemp("versions"),
        services=["portal", "population", AGENCY],
        topic_names=toy.catalogued("topics"),
        environment=ENVIRONMENT,
        environments={AGENCY: LATER},
    ) as stack:
        toy.introduce_the_buyer(stack)
        yield stack


def operator(stack: Stack) -> dict[str, str]:
    """Return the environment of an operator who has the later release."""
    return toy.operator(stack) | LATER


async def accepted(stack: Stack, *parcels: str) -> list[str]:
    """Declare the transfer of each parcel, and return the cases."""
    async with Portal(stack.url("portal")) as portal:
        answers = await portal.declare([toy.declaration(parcel, parcel) for parcel in parcels])
    assert all(answer.case_id for answer in answers), [answer.sentence() for answer in answers]
    return [answer.case_id or "" for answer in answers]


async def ended(stack: Stack, *cases: str) -> list[Case]:
    """Return these cases when they have ended."""
    async with Portal(stack.url("portal")) as portal, Watcher(portal) as watcher:
        for case in cases:
            assert await watcher.end_of(case, LIMIT_SECONDS), f"{case} did not end"
        return [await portal.case(case) for case in cases]


def letters(stack: Stack, service: str) -> list[tuple[str, str]]:
    """Return status and type of each dead letter of a service."""
    done = onestop(operator(stack), "dead-letters", "list", "--service", service, "--json")
    found = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    return [(letter["status"], letter["type"]) for letter in found]


def replay(stack: Stack, service: str) -> str:
    """Replay all dead letters of a service, and return what is said of them."""
    done = onestop(operator(stack), "dead-letters", "replay", "--all", "--service", service)
    assert done.status == 0, done.out + done.err
    return done.out


def happened_once(case: Case, registered: str) -> None:
    """Assert that the case was completed, by this version, and that nothing happened twice."""
    assert case["status"] == "completed"
    assert procedure(case, TRANSFER)["result"] == {"parcel": case_parcel(case), "owner": OWNER}
    types = Counter(event["type"] for event in case["timeline"])
    assert types == Counter(
        [
            "portal.declaration-submitted.v1",
            registered,
            "land-registry.tax-assessed.v1",
            "portal.case-completed.v1",
        ]
    )


def case_parcel(case: Case) -> str:
    parcel: str = procedure(case, TRANSFER)["result"]["parcel"]
    return parcel


def test_an_old_consumer_puts_a_new_version_aside_until_it_is_upgraded(stack: Stack) -> None:
    (case,) = asyncio.run(accepted(stack, "01-1"))
    assert wait_until(lambda: letters(stack, "portal") == [("dead", SECOND)], LIMIT_SECONDS)
    stack.restart("portal", LATER)
    assert "replayed" in replay(stack, "portal")
    (whole,) = asyncio.run(ended(stack, case))
    happened_once(whole, SECOND)
    # Once more, and nothing happens.
    replay(stack, "portal")
    assert letters(stack, "portal") == [("replayed", SECOND)]
    assert asyncio.run(ended(stack, case)) == [whole]


def test_a_new_consumer_handles_what_an_old_producer_says(stack: Stack) -> None:
    stack.restart("portal", LATER)
    stack.restart(AGENCY, ENVIRONMENT)
    (case,) = asyncio.run(accepted(stack, "01-2"))
    (whole,) = asyncio.run(ended(stack, case))
    happened_once(whole, FIRST)
    registered = next(each for each in whole["timeline"] if each["type"] == FIRST)
    assert registered["notice"]["en"] == "The transfer has been registered."
    assert ("dead", FIRST) not in letters(stack, "portal")


def test_a_producer_is_upgraded_while_what_it_said_before_is_on_its_way(stack: Stack) -> None:
    """Old and new replicas of the agency at once; each hears what the other has said."""
    stack.restart("portal", LATER)
    stack.restart(AGENCY, ENVIRONMENT)
    before = [f"02-{number}" for number in range(TRANSFERS)]
    during = [f"03-{number}" for number in range(TRANSFERS)]
    after = [f"04-{number}" for number in range(TRANSFERS)]
    cases = asyncio.run(accepted(stack, *before))
    stack.add_replica(AGENCY, LATER)
    cases += asyncio.run(accepted(stack, *during))
    stack.stop_part(AGENCY)
    cases += asyncio.run(accepted(stack, *after))
    replay(stack, AGENCY)
    versions = set()
    for whole in asyncio.run(ended(stack, *cases)):
        (registered,) = {each["type"] for each in whole["timeline"]} & {FIRST, SECOND}
        happened_once(whole, registered)
        versions.add(registered)
    assert versions == {FIRST, SECOND}
    assert letters(stack, "portal") == [("replayed", SECOND)], "from the first test"
    verified = onestop(operator(stack), "journal", "verify")
    assert verified.out.splitlines()[-1] == "The journals agree."
