"""Whoever has died can declare nothing, and their running cases pass to who goes on with them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.birth.events import BirthRefused
from contracts.birth.process import BIRTH
from contracts.common.events import (
    CaseAbandoned,
    CaseAdopted,
    CaseOrphaned,
    CasePassed,
    TaskClaimRequested,
)
from contracts.common.tasks import task_id
from contracts.model import Reason
from contracts.people.events import DeathReported, DeathReportWithdrawn, PersonDeceased
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, declaration, new_key
from tests.integration.portal.test_supplements import Family
from tests.unit.births import ALONE, HOME, form, person, settled
from tests.unit.officials import official

BORN = {"born_on": (datetime.now(UTC).date() - timedelta(days=9)).isoformat()}
ADOPTER, NEXT = official(9), official(8)
WHY = Reason(code="evidence-missing", vi="Không có giấy tờ.", en="Nothing proves the birth.")


@dataclass(frozen=True)
class Couple:
    """A mother and a father whom the portal knows, and nobody else's."""

    counter: Counter
    mother: str
    father: str

    def declares(self, **changes: Any) -> dict[str, Any]:
        """Return the declaration of their child, by the mother."""
        fields = {
            "mother": {"personal_id": self.mother},
            "father": {"personal_id": self.father},
            "household": HOME,
        }
        return declaration(declarant=self.mother, form=form(BORN, **(fields | changes)))

    async def loses(self, who: str, case: str = "") -> None:
        """Let the population register say that somebody has died, until the portal has done all."""
        died = PersonDeceased(
            personal_id=who, deceased_on=date(2026, 11, 1), registration_number="KT-01-2026-1"
        )
        await self.counter.publish(case or f"{uuid4()}", died, group="death")
        await eventually(lambda: self.settled(who))

    def settled(self, who: str) -> bool:
        rows = self.counter.rows("deceased", personal_id=who)
        return bool(rows) and not rows[0]["open"]


@pytest.fixture
async def couple(counter: Counter) -> Couple:
    """A couple for each test."""
    number = uuid4().int % 10**5
    mother, father = f"0011961{number:05d}", f"0010951{number:05d}"
    await counter.record(
        person(mother, "Nguyễn Thị Hồng Nhung"), person(father, "Trần Quốc Bảo", sex="male")
    )
    return Couple(counter, mother, father)


async def notices(counter: Counter, case_id: str) -> list[str]:
    return [each["type"] for each in (await counter.case(case_id))["timeline"]]


async def test_a_running_case_passes_to_the_other_parent(counter: Counter, couple: Couple) -> None:
    case_id = await counter.accepted(body=couple.declares())
    await couple.loses(couple.mother)
    (passed,) = await counter.published(case_id, CasePassed)
    assert (passed.data.deceased, passed.data.successor) == (couple.mother, couple.father)
    assert passed.group == "birth"
    (submitted,) = await counter.submitted(case_id)
    assert passed.correlationid == submitted.correlationid

    async def told() -> bool:
        return CasePassed.type in await notices(counter, case_id)

    await eventually(told)
    assert (await counter.case(case_id))["status"] == "in-progress"


async def test_a_running_case_passes_on_where_an_import_says_that_its_declarant_has_died(
    counter: Counter, couple: Couple
) -> None:
    case_id = await counter.accepted(body=couple.declares())
    said = DeathReported(personal_id=couple.mother, deceased_on=date(2026, 11, 1))
    await counter.publish(f"person-{couple.mother}", said, group="people", entry=2)
    await eventually(lambda: couple.settled(couple.mother))
    (passed,) = await counter.published(case_id, CasePassed)
    assert (passed.data.deceased, passed.data.successor) == (couple.mother, couple.father)
    assert (await counter.post(new_key(), couple.declares())).status_code == 422
    # Whom a later import holds alive may declare again.
    withdrawn = DeathReportWithdrawn(personal_id=couple.mother)
    await counter.publish(f"person-{couple.mother}", withdrawn, group="people", entry=3)
    await eventually(lambda: counter.rows("deceased", personal_id=couple.mother)[0]["cancelled"])
    assert (await counter.post(new_key(), couple.declares())).status_code == 202


async def test_the_deceased_can_declare_nothing(counter: Counter, couple: Couple) -> None:
    await couple.loses(couple.mother)
    response = await counter.post(new_key(), couple.declares())
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["declarant"]
    # An import that still holds her alive, heard later, does not bring her back.
    await counter.record(person(couple.mother, "Nguyễn Thị Hồng Nhung"), entry=9)
    assert (await counter.post(new_key(), couple.declares())).status_code == 422


async def test_without_another_parent_a_case_waits_for_an_official(
    counter: Counter, couple: Couple
) -> None:
    case_id = await counter.accepted(body=couple.declares(**ALONE))
    await couple.loses(couple.mother)
    (orphaned,) = await counter.published(case_id, CaseOrphaned)
    assert orphaned.data.deceased == couple.mother


async def test_an_adopted_case_answers_to_its_official_and_to_nobody_else(
    counter: Counter, couple: Couple
) -> None:
    family = await Family.asked(counter, couple.declares(**ALONE))
    await couple.loses(couple.mother)
    assert (await family.supply(person=ADOPTER.person_id)).status_code == 403
    adopted = CaseAdopted(deceased=couple.mother, by=ADOPTER.signatory)
    await counter.publish(family.case, adopted)
    await eventually(lambda: counter.rows("adoptions", _id=family.case) != [])

    assert (await family.supply(person=couple.mother)).status_code == 403
    assert (await family.supply(person=ADOPTER.person_id)).status_code == 202
    (supplied,) = await family.published()
    assert supplied.data.by == ADOPTER.person_id
    rating = {"stars": 5}
    answer = await counter.http.post(
        f"/api/cases/{family.case}/rating",
        json=rating,
        headers={"Authorization": f"Bearer {counter.stack.issuer.citizen(ADOPTER.person_id)}"},
    )
    assert answer.status_code == 403


async def test_who_has_adopted_a_case_decides_about_it_no_more(
    counter: Counter, couple: Couple
) -> None:
    family = await Family.asked(counter, couple.declares(**ALONE))
    await couple.loses(couple.mother)
    for entry, who in ((3, ADOPTER), (6, NEXT)):
        adopted = CaseAdopted(deceased=couple.mother, by=who.signatory)
        await counter.publish(family.case, adopted, entry=entry)
    await eventually(lambda: counter.rows("adoptions", _id=family.case, by=NEXT.person_id) != [])
    task = task_id(family.case, BIRTH)
    token = counter.stack.issuer.token(official(7))
    answer = await counter.http.post(
        f"/api/tasks/{task}/claim",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": new_key()},
    )
    assert answer.status_code == 202, answer.text
    (act,) = await counter.published(family.case, TaskClaimRequested)
    assert {ADOPTER.person_id, NEXT.person_id} <= set(act.data.persons)


async def test_a_case_answers_to_its_newest_adopter_and_to_nobody_when_it_is_left(
    counter: Counter, couple: Couple
) -> None:
    family = await Family.asked(counter, couple.declares(**ALONE))
    await couple.loses(couple.mother)

    async def heard(event: CaseAdopted | CaseAbandoned, entry: int, by: str | None) -> None:
        await counter.publish(family.case, event, entry=entry)
        await eventually(lambda: counter.rows("adoptions", _id=family.case, by=by) != [])

    newest, first = (CaseAdopted(deceased=couple.mother, by=o.signatory) for o in (NEXT, ADOPTER))
    await heard(newest, 6, NEXT.person_id)
    # What civil status said before is heard afterwards, and changes nothing.
    await counter.publish(family.case, first, entry=3)

    async def both_heard() -> bool:
        return (await notices(counter, family.case)).count(CaseAdopted.type) == 2

    await eventually(both_heard)
    assert (await family.supply(person=ADOPTER.person_id)).status_code == 403
    assert (await family.supply(person=NEXT.person_id)).status_code == 202
    (row,) = counter.rows("adoptions", _id=family.case)
    assert set(row["ever"]) == {ADOPTER.person_id, NEXT.person_id}
    await heard(CaseAbandoned(deceased=couple.mother, reason=WHY), 9, None)
    assert (await family.supply(person=NEXT.person_id)).status_code == 403


@pytest.mark.parametrize("first", ["mother", "father"])
async def test_where_both_parents_die_a_case_waits_for_an_official(
    counter: Counter, couple: Couple, first: str
) -> None:
    case_id = await counter.accepted(body=couple.declares())
    other = {"mother": couple.father, "father": couple.mother}[first]
    await couple.loses(getattr(couple, first))
    await couple.loses(other)
    (orphaned,) = await counter.published(case_id, CaseOrphaned)
    assert orphaned.data.deceased == other
    passed = await counter.published(case_id, CasePassed)
    assert len(passed) == (first == "mother"), "the father was nobody's declarant"


async def test_a_case_that_has_ended_passes_to_nobody(counter: Counter, couple: Couple) -> None:
    case_id = await counter.accepted(body=couple.declares())
    await counter.publish(case_id, BirthRefused(reason=WHY), settled())
    await counter.until(case_id, "refused")
    await eventually(lambda: bool(counter.rows("cases", _id=case_id, status="refused")))
    await couple.loses(couple.mother)
    assert await counter.published(case_id, CasePassed) == []


async def test_a_declaration_that_was_on_its_way_while_its_declarant_died_passes_too(
    counter: Counter, couple: Couple
) -> None:
    """Looked up in life, claimed after the running cases were looked for."""
    key = new_key()
    case_id = await counter.accepted(key, couple.declares())
    await couple.loses(couple.mother)
    counter.mongo["onestop_portal"]["successions"].delete_one({"case_id": case_id})
    before = await counter.published(case_id, CasePassed)
    assert await counter.accepted(key, couple.declares()) == case_id
    assert counter.rows("deceased", personal_id=couple.mother)[0]["asked"] == 1
    await eventually(lambda: couple.settled(couple.mother))
    assert len(await counter.published(case_id, CasePassed)) == len(before) + 1


async def test_what_is_done_again_is_published_as_it_was(counter: Counter, couple: Couple) -> None:
    case_id = await counter.accepted(body=couple.declares())
    await couple.loses(couple.mother)
    again = {"$set": {"open": True}}
    counter.mongo["onestop_portal"]["deceased"].update_one({"personal_id": couple.mother}, again)
    await eventually(lambda: couple.settled(couple.mother))
    first, second = await counter.published(case_id, CasePassed)
    assert first == second
