"""Deaths on the whole system, and what one means for cases of others that are still running."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.common.events import CasePassed
from contracts.death import process as death
from contracts.people.events import PersonDeceased
from infra.local.waiting import wait_until
from services.chassis.testing import eventually
from tests.e2e.city import FAMILIES, OTHERS, City, Document
from tests.e2e.onestop import LIMIT_SECONDS
from tests.faults.invariants import broken
from tests.faults.snapshot import snapshot
from tests.fire.answers import Answer
from tests.fire.families import DEFAULT_SEED, Family, family
from tests.fire.portal import Item, Portal

COUNT = 60
SEED = 3
HELD_UP = "residence"
HOUSE: Family = next(
    house
    for house in (family(DEFAULT_SEED, FAMILIES + number) for number in range(OTHERS))
    if house.owner == house.father
)
"""A family whose home is the father's."""


@pytest.fixture(scope="module")
def volume(city: City) -> tuple[int, Document]:
    """Generated deaths, some of them sent again, and births among them."""
    deaths = ("--count", str(COUNT), "--group", "death", "--duplicates", "0.1")
    status, summary = city.fire(*deaths, "--seed", str(SEED))
    both, other = city.fire("--count", "30", "--group", "both", "--seed", str(SEED + 1))
    assert (both, other["ok"]) == (0, True)
    return status, summary


def test_a_volume_of_deaths_ends_and_what_is_sent_again_is_the_same_case(
    volume: tuple[int, Document],
) -> None:
    status, summary = volume
    assert (status, summary["ok"], summary["differences"]) == (0, True, {})
    assert (summary["accepted"], summary["unfinished"]) == (COUNT, 0)
    assert summary["completed"] + summary["partial"] == COUNT
    assert summary["duplicates"] > 0
    assert summary["duplicates_with_another_case"] == 0


@dataclass(frozen=True)
class Story:
    """A mother declares the birth of her child and dies before the child has a residence."""

    passed: Document
    birth: Document
    death: Document
    afterwards: Answer


def birth(house: Family, day: date) -> Document:
    """Return the declaration of a child of this family, by its mother."""
    born = day - timedelta(days=3)
    return {
        "group": "birth",
        "declarant": house.mother.personal_id,
        "form": {
            "relation": "mother",
            "parents_married": True,
            "child": {
                "full_name": f"{house.father.full_name.split()[0]} Gia Bảo",
                "sex": "male",
                "born_on": born.isoformat(),
                "birth_order": 9,
                "place": {"province": house.mother.province, "detail": "Bệnh viện Sản Nhi"},
                "hometown": house.father.commune,
            },
            "mother": {"personal_id": house.mother.personal_id},
            "father": {"personal_id": house.father.personal_id},
            "evidence": {"kind": "hospital-notice", "code": "97001.GCS.00001.26"},
            "household": {
                "owner": house.owner.personal_id,
                "province": house.owner.province,
                "commune": house.owner.commune,
                "address": house.owner.address,
                "owner_consents": True,
            },
        },
    }


def death_of(house: Family, day: date) -> Document:
    """Return the declaration of the mother's death, by the father."""
    died = (day - timedelta(days=1)).isoformat()
    return {
        "group": "death",
        "declarant": house.father.personal_id,
        "form": {
            "relation": "spouse",
            "deceased": house.mother.personal_id,
            "died_on": died,
            "place": {"kind": "hospital", "province": "01", "detail": "Bệnh viện Bạch Mai"},
            "cause": "illness",
            "evidence": {
                "kind": "death-notice",
                "issuer": "hospital",
                "issued_by": "Bệnh viện Bạch Mai",
                "number": "e2e-1",
                "issued_on": died,
            },
            "benefit": {
                "kind": "funeral-allowance",
                "insurance_number": "0116004711",
                "basis": "contributions",
                "contribution_months": 60,
                "payee": house.father.personal_id,
                "no_other_relatives": True,
                "payout": {"method": "post", "address": house.father.address},
            },
        },
    }


async def told(portal: Portal, city: City) -> Story:
    day = await portal.today()
    (born,) = await portal.declare([Item("e2e-birth", birth(HOUSE, day))])
    assert born.case_id, born.sentence()
    (died,) = await portal.declare([Item("e2e-death", death_of(HOUSE, day))])
    assert died.case_id, died.sentence()
    passed = await until(portal, born.case_id, CasePassed.type)
    (afterwards,) = await portal.declare(
        [Item("e2e-again", birth(HOUSE, day) | {"channel": "office"})]
    )
    await asyncio.to_thread(city.stack.start_part, HELD_UP)
    return Story(
        passed=passed,
        birth=await until(portal, born.case_id, "portal.case-completed.v1"),
        death=await until(portal, died.case_id, "portal.case-completed.v1"),
        afterwards=afterwards,
    )


async def until(portal: Portal, case_id: str, type: str) -> Document:
    """Wait until something has happened in a case, and return its page."""
    case: Document = {}

    async def there() -> bool:
        nonlocal case
        case = await portal.case(case_id)
        return any(event["type"] == type for event in case.get("timeline", ()))

    await eventually(there, LIMIT_SECONDS)
    return case


@pytest.fixture(scope="module")
def story(city: City, volume: tuple[int, Document]) -> Iterator[Story]:
    """What becomes of both cases, with an agency away until the mother is known to be dead."""

    async def all_of_it() -> Story:
        async with Portal(city.stack.url("portal")) as portal:
            return await told(portal, city)

    city.stack.stop_part(HELD_UP)
    try:
        yield asyncio.run(all_of_it())
    finally:
        if not city.stack.alive(HELD_UP):
            city.stack.start_part(HELD_UP)


def result(case: Document, name: str) -> dict[str, Any]:
    (found,) = [each for each in case["procedures"] if each["name"] == name]
    assert found["state"] == "granted", found
    return dict(found["result"])


def test_a_death_passes_from_its_declaration_to_the_payout(story: Story) -> None:
    assert (story.death["status"], story.death["group"]) == ("completed", "death")
    assert story.death["province"] == HOUSE.mother.province, "as the register has it"
    assert result(story.death, death.DEATH)["registration_number"].startswith("KT-")
    assert result(story.death, death.REMOVAL)["owned_household"] is False
    benefit = result(story.death, death.BENEFIT)
    assert benefit["amount"] == benefit["reference_level"] * 10
    assert result(story.death, death.PAYOUT)["amount"] == benefit["amount"]
    types = [event["type"] for event in story.death["timeline"]]
    assert types.count(PersonDeceased.type) == 1
    assert all(event["notice"] for event in story.death["timeline"])


def test_a_running_case_of_the_deceased_passes_to_the_other_parent_and_goes_on(
    story: Story,
) -> None:
    assert story.passed["status"] == "in-progress"
    (event,) = [each for each in story.passed["timeline"] if each["type"] == CasePassed.type]
    assert event["notice"]["en"] == (
        "The declarant has died; the case has passed to the other parent."
    )
    assert story.birth["status"] == "completed"


def test_the_deceased_can_declare_nothing_any_more(story: Story) -> None:
    problem = story.afterwards.problem
    assert story.afterwards.status == 422
    assert problem
    assert [error["field"] for error in problem["errors"]] == ["declarant"]


@pytest.mark.usefixtures("story")
def test_nothing_is_lost_or_done_twice_and_the_journals_agree(city: City) -> None:
    assert wait_until(city.quiet, LIMIT_SECONDS)
    assert broken(asyncio.run(snapshot(city.stack)), {}) == []
    verified = city.onestop("journal", "verify")
    assert (verified.status, verified.err) == (0, "")
    assert verified.out.splitlines()[-1] == "The journals agree."
