"""Second thoughts while agencies die between their decision and its effects: one effect each."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.common.calendar import local_date
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    RegistrationRevoked,
    RequestDeclined,
)
from infra.local import plain_http
from tests.faults.city import LIMIT_SECONDS, City
from tests.faults.second_thoughts import told
from tests.fire.declared import Declared
from tests.fire.portal import Item, Portal
from tests.unit.officials import official

COUNT = 24
CLERK = official(provinces=("*",))
DEATHS = (
    {
        "civil-status": "after-append",
        "population": "after-append",
        "residence": "after-registers",
        "social-insurance": "after-publish",
        "payments": "after-append",
    },
    {
        "civil-status": "after-publish",
        "population": "after-registers",
        "residence": "after-append",
        "social-insurance": "after-append",
        "payments": "before-commit",
    },
)
"""Where each agency dies: what it has decided is in its journal, and no more, or nearly all."""


@dataclass(frozen=True)
class Asked:
    """A request about a case, under a key that is its own."""

    case: str
    what: str
    body: dict[str, Any]
    declarant: str | None = None
    """Who asks, unless an official does."""


async def declared(city: City) -> list[tuple[str, Declared]]:
    """Declare through the door, and return the cases whose registration will stand."""
    some = city.flow.next(COUNT)
    async with Portal(city.stack.url("portal"), patience=LIMIT_SECONDS) as door:
        answers = [(await door.declare([Item(each.key, each.declaration)]))[0] for each in some]
    cases = [str(answer.case_id) for answer in answers]
    city.flow.outcomes |= {case: each.outcome for case, each in zip(cases, some, strict=True)}
    found = [(c, e) for c, e in zip(cases, some, strict=True) if e.outcome != "refused"]
    assert {each.declaration["group"] for _, each in found} == {"birth", "death"}
    return found


def requests(cases: list[tuple[str, Declared]]) -> list[Asked]:
    """Return what is asked for: of three cases one is revoked, one corrected, one withdrawn."""
    now = datetime.now(UTC)
    today, judged_on = now.date().isoformat(), local_date(now).isoformat()
    judged = {"judgement": {"number": "1", "court": "TAND", "judged_on": judged_on}}
    asked: list[Asked] = []
    for number, (case, each) in enumerate(cases):
        birth = each.declaration["group"] == "birth"
        changes = {"full_name": f"Nguyễn Văn {number}"} if birth else {"died_on": today}
        if number % 3 == 0:
            asked.append(Asked(case, "revocation", judged))
        if number % 3 == 1:
            fixed = {"decision_number": "2", "changes": changes}
            asked.append(Asked(case, "correction", fixed))
        if number % 3 == 2:
            asked.append(Asked(case, "withdrawal", {}, each.declaration["declarant"]))
    return asked


async def send(city: City, asked: list[Asked]) -> None:
    """Send all of these; a second time, they are the same."""
    issuer = city.stack.issuer
    async with plain_http.client(city.stack.url("portal")) as door:
        for each in asked:
            token = issuer.citizen(each.declarant) if each.declarant else issuer.token(CLERK)
            headers = {
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": f"{each.case}-{each.what}",
            }
            path = f"/api/cases/{each.case}/{each.what}"
            answer = await door.post(path, json=each.body, headers=headers, timeout=30)
            assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("turn", range(len(DEATHS)))
async def test_death_between_a_compensation_and_its_effects(city: City, turn: int) -> None:
    doomed = DEATHS[turn]
    cases = await declared(city)
    await city.all_ended()
    asked = requests(cases)
    await city.kill(*doomed)
    await send(city, asked)
    await asyncio.gather(*(city.die_and_rise(service, doomed[service]) for service in doomed))
    before = await city.assert_whole()
    mine = {case for case, _ in cases}
    revoked = told(before, "civil-status", RegistrationRevoked).keys() & mine
    assert revoked == {each.case for each in asked if each.what == "revocation"}
    corrected = told(before, "civil-status", BirthCorrected).keys() & mine
    corrected |= told(before, "civil-status", DeathCorrected).keys() & mine
    assert corrected
    declined = told(before, "civil-status", RequestDeclined)
    for each in asked:
        if each.what == "withdrawal":
            (answer,) = declined[each.case]
            assert answer["reason"]["code"] == "registered-before"
    # Sent once more, each is what it was.
    await send(city, asked)
    after = await city.assert_whole()
    assert after.journals == before.journals
