"""An agency is away while its family's seven days pass: what lies unread counts, and nothing else.

The agency alone is moved on, by being started again with its clock three weeks later.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.birth.process import BIRTH
from infra.local import Stack
from infra.local.clock import ClockSetting
from infra.local.waiting import wait_until
from tests.e2e.city import City, Document
from tests.e2e.onestop import LIMIT_SECONDS
from tests.fire import words, written
from tests.fire.clerks import Clerks
from tests.fire.portal import Item, Portal

AGENCY = "civil-status"
SUPPLIED, FORGOTTEN = "official-asks-for-supplement", "supplement-never-comes"
RUN = 1


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """As much of the system as a birth needs until it is registered."""
    services = [AGENCY, "population", "portal"]
    with Stack(tmp_path_factory.mktemp("unread"), services=services) as stack:
        city = City(stack)
        imported = city.import_people()
        assert (imported.status, imported.err) == (0, ""), imported
        yield city


async def asked(city: City) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Let both families declare and be asked for something; return their cases."""
    cases = {}
    async with Portal(city.stack.url("portal"), patience=LIMIT_SECONDS) as door:
        clerks, day = Clerks(door, city.issuer), await door.today()
        for stem in (SUPPLIED, FORGOTTEN):
            file = written.load()[stem]
            declaration = words.resolve(file.declaration, RUN, day)
            (answer,) = await door.declare([Item(f"unread-{stem}", declaration)])
            assert answer.case_id is not None
            # An official takes the file, and asks.
            assert await clerks.play(answer.case_id, file.officials[:2], declaration) == []
            cases[stem] = (answer.case_id, declaration)
    return cases


async def supplied(city: City, case_id: str, declaration: Mapping[str, Any]) -> None:
    async with Portal(city.stack.url("portal")) as door:
        request = (await door.case(case_id))["procedures"][0]["supplement"]["request"]
        (step,) = [s for s in written.load()[SUPPLIED].officials if s.does == "supply"]
        answer = await door.ask(
            "POST",
            f"/api/cases/{case_id}/supplements",
            headers={
                "Authorization": f"Bearer {city.stack.issuer.citizen(declaration['declarant'])}",
                "Idempotency-Key": "unread",
            },
            json=step.supplement(declaration, request),
        )
        assert answer is not None
        assert answer.status_code == 202, answer.text


def registration(city: City, case_id: str) -> Document:
    async def ask() -> dict[str, Any]:
        async with Portal(city.stack.url("portal")) as door:
            return await door.case(case_id)

    (found,) = [each for each in asyncio.run(ask())["procedures"] if each["name"] == BIRTH]
    return dict(found)


def test_what_lies_unread_is_not_refused_and_what_is_not_there_is(city: City) -> None:
    cases = asyncio.run(asked(city))
    (here, declaration), (forgotten, _) = cases[SUPPLIED], cases[FORGOTTEN]
    for case_id in (here, forgotten):
        assert registration(city, case_id)["supplement"] is not None
    city.stack.stop_part(AGENCY)
    asyncio.run(supplied(city, here, declaration))
    later = ClockSetting(datetime.now(UTC) + timedelta(weeks=3))
    city.stack.start_part(AGENCY, later.environment(datetime.now(UTC)))
    assert wait_until(lambda: registration(city, forgotten)["state"] == "refused", LIMIT_SECONDS), (
        "nothing came, and its days are over"
    )
    assert registration(city, forgotten)["reason"]["code"] == "supplement-not-received"
    assert wait_until(lambda: registration(city, here)["supplement"] is None, LIMIT_SECONDS)
    assert registration(city, here)["state"] == "in-progress", "what came in time goes on"
    (task,) = [row for row in city.rows("portal", "tasks") if row["case_id"] == here]
    assert (task["state"], len(task["task"]["supplied"])) == ("open", 1)
    assert city.rows(AGENCY, "dead_letters") == []
