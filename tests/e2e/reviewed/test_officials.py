"""Officials on the whole system: who has a task, and whose word counts, whatever is killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from contracts.birth.process import BIRTH
from contracts.common.tasks import Official, task_id
from services.chassis.testing import eventually
from tests.e2e.city import City
from tests.e2e.onestop import LIMIT_SECONDS
from tests.e2e.reviewed.policy import of_provinces, particular_provinces
from tests.faults.invariants import broken
from tests.faults.snapshot import snapshot
from tests.fire.declared import Declared
from tests.fire.portal import Item, Portal
from tests.unit.officials import APPROVE, REASON, REFUSE, SUPPLEMENT, official

STAFF = [official(number) for number in (1, 2, 3, 4)]
AGENCY, PORTAL = "civil-status", "portal"
MANY = 10


@pytest.fixture(scope="module")
def plan() -> dict[str, list[Declared]]:
    """Births for two particular provinces, and of elsewhere."""
    found = of_provinces()
    particular = particular_provinces()
    elsewhere = [birth for name in found.keys() - set(particular) for birth in found[name]]
    hasty, by_two = (found[name] for name in particular)
    return {"hasty": hasty, "by_two": by_two, "elsewhere": elsewhere}


class Hall:
    """The officials of a city at the portal's counter, and how each case should end."""

    def __init__(self, city: City, http: httpx.AsyncClient) -> None:
        self.city, self.http = city, http
        self.outcomes: dict[str, str] = {}

    async def declared(self, some: Sequence[Declared]) -> list[str]:
        """Declare births, and return their cases when the portal knows their tasks."""
        async with Portal(self.city.stack.url(PORTAL)) as door:
            answers = [(await door.declare([Item(b.key, b.declaration)]))[0] for b in some]
        cases = [str(answer.case_id) for answer in answers]
        self.outcomes |= dict.fromkeys(cases, "completed")
        for case in cases:
            await eventually(lambda case=case: self._known(case), LIMIT_SECONDS)
        return cases

    async def _known(self, case: str) -> bool:
        return (await self.get(STAFF[0], f"/{task_id(case, BIRTH)}")).status_code == 200

    async def get(self, who: Official, path: str = "", **asked: str) -> httpx.Response:
        return await self.http.get(f"/api/tasks{path}", params=asked, headers=self._headers(who))

    async def task(self, case: str) -> dict[str, Any]:
        return dict((await self.get(STAFF[0], f"/{task_id(case, BIRTH)}")).json())

    async def act(
        self, who: Official, case: str, what: str, body: Any = None, key: str = ""
    ) -> httpx.Response:
        """Claim, release or decide."""
        headers = self._headers(who) | {"Idempotency-Key": key or f"{case}-{what}"}
        path = f"/api/tasks/{task_id(case, BIRTH)}/{what}"
        return await self.http.post(path, json=body, headers=headers)

    async def word(self, case: str, sent: httpx.Response) -> dict[str, Any]:
        """Return what the agency says to an act that was sent."""
        assert sent.status_code == 202, sent.text
        act = sent.json()["act_id"]

        async def there() -> bool:
            return any(each["act"] == act for each in (await self.task(case))["answers"])

        await eventually(there, LIMIT_SECONDS)
        (answer,) = (each for each in (await self.task(case))["answers"] if each["act"] == act)
        return dict(answer)

    async def done(
        self, who: Official, case: str, what: str, body: Any = None, key: str = ""
    ) -> str | None:
        """Act, and return the code of why it did not count, or None where it did."""
        word = await self.word(case, await self.act(who, case, what, body, key))
        return None if word["counted"] else str(word["reason"]["code"])

    async def supply(self, birth: Declared, case: str, request: httpx.Response) -> None:
        """Let the family answer what an official has asked for."""
        citizen = self.city.stack.issuer.citizen(birth.declaration["declarant"])
        act = request.json()["act_id"]
        answer = await self.http.post(
            f"/api/cases/{case}/supplements",
            json={"procedure": BIRTH, "request": act, "supplied": [{"text": "Đây là bản rõ."}]},
            headers={"Authorization": f"Bearer {citizen}", "Idempotency-Key": f"{case}-{act}"},
        )
        assert answer.status_code == 202, answer.text

    async def ended(self, case: str, status: str = "completed") -> None:
        async def there() -> bool:
            found = (await self.http.get(f"/api/cases/{case}")).json()
            return bool(found["status"] == status)

        await eventually(there, LIMIT_SECONDS)

    def _headers(self, who: Official) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.city.stack.issuer.token(who)}"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hall(city: City) -> AsyncIterator[Hall]:
    url = city.stack.url(PORTAL)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        yield Hall(city, http)


@asynccontextmanager
async def killed(city: City, service: str) -> AsyncIterator[None]:
    """Kill a service, and start it again at the end."""
    await asyncio.to_thread(city.stack.kill, service)
    yield
    await asyncio.to_thread(city.stack.start_part, service)


async def test_of_officials_who_claim_at_once_one_has_the_task(
    hall: Hall, plan: dict[str, list[Declared]]
) -> None:
    cases = await hall.declared(plan["elsewhere"][:MANY])
    pairs = [(case, who) for case in cases for who in STAFF]
    said = await asyncio.gather(*[hall.done(who, case, "claim") for case, who in pairs])
    by_case: dict[str, list[str | None]] = {case: [] for case in cases}
    for (case, _), code in zip(pairs, said, strict=True):
        by_case[case].append(code)
    for codes in by_case.values():
        assert Counter(codes) == {None: 1, "held-by-another": len(STAFF) - 1}
    pages = (await hall.get(STAFF[0], state="claimed")).json()["tasks"]
    assert {row["case_id"] for row in pages} >= set(cases)
    # Whoever thinks that they have it decides: the holder's word counts, and no other's.
    said = await asyncio.gather(
        *[hall.done(who, case, "decision", APPROVE, f"{case}-d") for case, who in pairs]
    )
    assert Counter(said)[None] == len(cases)
    for case in cases:
        await hall.ended(case)
        assert len((await hall.task(case))["approved_by"]) == 1


async def test_a_decision_repeated_has_one_effect_though_the_portal_is_killed_in_between(
    hall: Hall, plan: dict[str, list[Declared]]
) -> None:
    (case,) = await hall.declared(plan["elsewhere"][MANY : MANY + 1])
    assert await hall.done(STAFF[0], case, "claim") is None
    first = await hall.act(STAFF[0], case, "decision", REFUSE)
    async with killed(hall.city, PORTAL):
        pass
    again = await hall.act(STAFF[0], case, "decision", REFUSE)
    other = await hall.act(STAFF[0], case, "decision", APPROVE)
    assert (other.status_code, other.json()["type"]) == (409, "urn:onestop:problem:key-reused")
    assert first.json() == again.json()
    assert (await hall.word(case, again))["counted"]
    await hall.ended(case, "refused")
    hall.outcomes[case] = "refused"
    found = (await hall.http.get(f"/api/cases/{case}")).json()
    (birth,) = (each for each in found["procedures"] if each["name"] == BIRTH)
    assert birth["reason"]["en"] == REASON["en"]
    told = Counter(each["type"] for each in found["timeline"])
    assert told["civil-status.task-decided.v1"] == told["civil-status.birth-refused.v1"] == 1


async def test_claims_made_while_the_agency_is_away_have_one_winner_too(
    hall: Hall, plan: dict[str, list[Declared]]
) -> None:
    (case,) = await hall.declared(plan["elsewhere"][MANY + 1 : MANY + 2])
    async with killed(hall.city, AGENCY):
        sent = [await hall.act(who, case, "claim") for who in STAFF]
    words = [await hall.word(case, each) for each in sent]
    assert [word["counted"] for word in words].count(True) == 1
    (winner,) = (who for who, word in zip(STAFF, words, strict=True) if word["counted"])
    assert await hall.done(winner, case, "decision", APPROVE) is None
    await hall.ended(case)


async def test_an_approval_that_crosses_a_supplement_does_not_count_for_it(
    hall: Hall, plan: dict[str, list[Declared]]
) -> None:
    who, (birth,) = STAFF[0], plan["elsewhere"][MANY + 2 : MANY + 3]
    (case,) = await hall.declared([birth])
    assert await hall.done(who, case, "claim") is None
    asked = await hall.act(who, case, "decision", SUPPLEMENT)
    assert (await hall.word(case, asked))["counted"]
    seen = (await hall.task(case))["revision"]
    async with killed(hall.city, AGENCY):
        await hall.supply(birth, case, asked)
        claimed = await hall.act(who, case, "claim", key=f"{case}-again")
        # Whoever does not say what they saw can have seen no more than the portal shows.
        bodies = {"names-it": APPROVE | {"revision": seen}, "names-none": APPROVE}
        sent = [await hall.act(who, case, "decision", b, f"{case}-{k}") for k, b in bodies.items()]
    assert (await hall.word(case, claimed))["counted"]
    for each in sent:
        assert (await hall.word(case, each))["reason"]["code"] == "file-has-changed"
    task = await hall.task(case)
    assert (task["state"], task["held_by"]["person_id"]) == ("claimed", who.person_id)
    assert task["revision"] > seen
    assert [each["text"] for each in task["supplied"]] == ["Đây là bản rõ."]
    looked = APPROVE | {"revision": task["revision"]}
    assert await hall.done(who, case, "decision", looked, f"{case}-looked") is None
    await hall.ended(case)


async def test_a_claim_times_out_and_another_official_goes_on(
    hall: Hall, plan: dict[str, list[Declared]]
) -> None:
    (case,) = await hall.declared(plan["hasty"][:1])
    assert await hall.done(STAFF[0], case, "claim") is None

    async def open_again() -> bool:
        return bool((await hall.task(case))["state"] == "open")

    await eventually(open_again, LIMIT_SECONDS)
    assert await hall.done(STAFF[0], case, "decision", APPROVE) == "not-held"

    async def decided() -> bool:
        # With one second for each claim, a slow machine may need more than one.
        key = datetime.now(UTC).isoformat()
        await hall.done(STAFF[1], case, "claim", key=f"c-{key}")
        said = await hall.done(STAFF[1], case, "decision", APPROVE, key=f"d-{key}")
        return said in (None, "already-decided")

    await eventually(decided, LIMIT_SECONDS)
    await hall.ended(case)
    assert [who["name"] for who in (await hall.task(case))["approved_by"]] == [STAFF[1].name]


async def test_four_eyes_are_two_people(hall: Hall, plan: dict[str, list[Declared]]) -> None:
    (case,) = await hall.declared(plan["by_two"][:1])
    assert await hall.done(STAFF[0], case, "claim") is None
    assert await hall.done(STAFF[0], case, "decision", APPROVE) is None
    assert await hall.done(STAFF[0], case, "claim", key=f"{case}-2") == "second-person-needed"
    assert (await hall.task(case))["state"] == "open"
    assert await hall.done(STAFF[1], case, "claim") is None
    assert await hall.done(STAFF[1], case, "decision", APPROVE, f"{case}-d2") is None
    await hall.ended(case)


async def test_the_books_are_balanced_and_the_journals_whole(hall: Hall) -> None:
    await eventually(hall.city.quiet, LIMIT_SECONDS)
    assert broken(await snapshot(hall.city.stack), hall.outcomes) == []
