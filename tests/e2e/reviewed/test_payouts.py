"""Who is paid, and who is not, on the whole system: a payee dies before an official has decided."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.birth.process import BIRTH, IDENTITY_CARD
from contracts.common.events import AdoptionReopened, CaseAdopted, CaseOrphaned, CasePassed
from contracts.common.tasks import Official, task_id
from contracts.death import process as death
from contracts.death.events import DestinationRequested
from infra.issuer import Issuer
from infra.local.waiting import wait_until
from services.chassis.testing import eventually
from tests.e2e.city import FAMILIES, OTHERS, City, Document
from tests.e2e.onestop import LIMIT_SECONDS
from tests.e2e.reviewed.policy import particular_provinces
from tests.e2e.shared.test_deaths import birth, death_of, result, until
from tests.faults.bank import movements, wrongly_paid
from tests.faults.invariants import broken
from tests.faults.snapshot import snapshot
from tests.fire.families import DEFAULT_SEED, Family, elders, family
from tests.fire.portal import Item, Portal
from tests.unit.officials import APPROVE, REASON, official

HOUSE: Family = family(DEFAULT_SEED, FAMILIES + 7)
ELDER, _ = elders(DEFAULT_SEED, HOUSE)
DONE = "portal.case-completed.v1"


@dataclass
class Counter:
    """A citizen's and an official's way to the portal."""

    portal: Portal
    issuer: Issuer

    async def declare(self, key: str, declaration: Document) -> str:
        (answer,) = await self.portal.declare([Item(key, declaration)])
        assert answer.case_id, answer.sentence()
        return answer.case_id

    async def approve(
        self, case: str, procedure: str, agency: str, number: int | None = None
    ) -> None:
        """Have an official of the agency claim and approve a task, when it is there."""
        who = official(number or STAFF[agency], agency)
        for act, body in (("claim", None), ("decision", APPROVE)):
            await self.act(who, f"{task_id(case, procedure)}/{act}", body)

    async def act(self, who: Official, path: str, body: Any) -> None:
        async def taken() -> bool:
            answer = await self.portal.ask(
                "POST",
                f"/api/tasks/{path}",
                headers={
                    "Authorization": f"Bearer {self.issuer.token(who)}",
                    "Idempotency-Key": path,
                },
                json=body,
            )
            return answer is not None and answer.status_code == 202

        await eventually(taken, LIMIT_SECONDS)

    async def instruct(self, case: str, by: str, key: str = "elsewhere") -> int:
        answer = await self.portal.ask(
            "POST",
            f"/api/cases/{case}/payout",
            headers={
                "Authorization": f"Bearer {self.issuer.citizen(by)}",
                "Idempotency-Key": key,
            },
            json={"payout": {"method": "cash", "office": "Ủy ban nhân dân phường"}},
        )
        assert answer is not None
        return answer.status_code


STAFF = {"civil-status": 1, "social-insurance": 2}
"""Who has adopted a case decides nothing about it: each agency has somebody of its own."""
NEXT = 3
"""Who adopts it after them."""


def of_elder(day: date) -> Document:
    """The death of an elder, declared by the son, who is to be paid; his wife agrees."""
    declared = death_of(HOUSE, day)
    form, payee = declared["form"], HOUSE.father.personal_id
    form.update(relation="child", deceased=ELDER.personal_id)
    form["evidence"]["number"] = "e2e-elder"
    del form["benefit"]["no_other_relatives"]
    relatives = [{"personal_id": HOUSE.mother.personal_id, "consents": True}]
    form["benefit"].update(payee=payee, relatives=relatives, insurance_number="0116004719")
    return declared


def of_his_wife(house: Family, day: date) -> Document:
    """The death of the elder's wife, for whose burial the son asks support: for himself alone."""
    declared = death_of(house, day)
    form = declared["form"]
    form.update(relation="child", deceased=elders(DEFAULT_SEED, house)[1].personal_id)
    form["evidence"]["number"] = f"e2e-his-wife-{house.number}"
    support = {"kind": "burial-support", "ground": "social-assistance"}
    form["benefit"] = support | {name: form["benefit"][name] for name in ("payee", "payout")}
    return declared


def without_benefit(deceased: str, by: str, died: date, number: str) -> Document:
    """A death for which nothing but the removal of residence is asked."""
    declared = death_of(HOUSE, died + timedelta(days=1))
    declared["declarant"] = by
    form = declared["form"]
    form.update(relation="relative", deceased=deceased)
    del form["benefit"]
    form["evidence"]["number"] = number
    return declared


@dataclass(frozen=True)
class Story:
    """The elder's case, his wife's, and that of the payee's death."""

    elder: Document
    his_wife: Document
    payee: Document
    asked: Document
    strangers: int
    late: int


async def told(city: City) -> Story:
    async with Portal(city.stack.url("portal")) as portal:
        counter, day = Counter(portal, Issuer(city.issuer)), await portal.today()
        father, mother = HOUSE.father.personal_id, HOUSE.mother.personal_id
        elder = await counter.declare("elder", of_elder(day))
        his_wife = await counter.declare("his-wife", of_his_wife(HOUSE, day))
        for case in (elder, his_wife):
            await until(portal, case, "social-insurance.task-opened.v1")
        yesterday = day - timedelta(days=1)
        payee = await counter.declare(
            "payee", without_benefit(father, mother, yesterday, "e2e-payee")
        )
        died = await until(portal, payee, DONE)
        await until(portal, elder, CasePassed.type)
        await until(portal, his_wife, CaseOrphaned.type)
        await counter.approve(his_wife, death.ORPHANED_DEATH, "civil-status")
        await until(portal, his_wife, CaseAdopted.type)
        await hand_over(city, counter, his_wife)
        await eventually(city.quiet, LIMIT_SECONDS)
        for case in (elder, his_wife):
            await counter.approve(case, death.BENEFIT, "social-insurance")
        refused = await until(portal, his_wife, DONE)
        asked = await until(portal, elder, DestinationRequested.type)
        strangers = await counter.instruct(elder, ELDER.personal_id)
        for _ in range(2):
            assert await counter.instruct(elder, mother) == 202
        ended = await until(portal, elder, DONE)
        late = await counter.instruct(elder, mother, "too-late")
        return Story(ended, refused, died, asked, strangers, late)


async def hand_over(city: City, counter: Counter, case: str) -> None:
    """Have a colleague of who adopted the case hand it over, and go on with it."""
    task = task_id(case, death.ORPHANED_DEATH)
    await counter.act(official(NEXT), f"{task}/handover", {"reason": REASON})
    await until(counter.portal, case, AdoptionReopened.type)
    first = official(STAFF["civil-status"])
    assert adopter(city, case) == first.person_id, "until another has adopted it"
    await counter.approve(case, death.ORPHANED_DEATH, "civil-status", NEXT)
    await eventually(lambda: adopter(city, case) == official(NEXT).person_id, LIMIT_SECONDS)


def adopter(city: City, case: str) -> str | None:
    """Return who has adopted a case."""
    (row,) = (each for each in city.rows("portal", "adoptions") if each["_id"] == case)
    return None if row["by"] is None else str(row["by"])


@pytest.fixture(scope="module")
def story(city: City) -> Story:
    return asyncio.run(told(city))


def test_a_payee_who_died_before_the_decision_is_paid_nothing_and_a_relative_is(
    story: Story, city: City
) -> None:
    assert story.elder["status"] == "completed"
    (row,) = city.rows("social-insurance", "benefits")
    assert row["payee"] == HOUSE.mother.personal_id
    assert row["in_place_of"] == HOUSE.father.personal_id
    paid = result(story.elder, death.PAYOUT)
    assert (paid["amount"], paid["payout"]["method"]) == (row["amount"], "cash")


def test_where_to_pay_is_asked_first_and_paid_once(story: Story, city: City) -> None:
    types = [event["type"] for event in story.asked["timeline"]]
    assert "payments.payout-ordered.v1" not in types, "nothing goes to the account of the dead"
    (moved,) = asyncio.run(movements(city.stack))
    assert moved["amount"] == result(story.elder, death.PAYOUT)["amount"]


def test_only_who_is_entitled_and_in_time_says_where_to_pay(story: Story) -> None:
    assert (story.strangers, story.late) == (403, 409)


def test_a_case_whose_declarant_died_passes_to_who_may_be_paid(story: Story) -> None:
    types = [event["type"] for event in story.elder["timeline"]]
    assert (types.count(CasePassed.type), types.count(CaseOrphaned.type)) == (1, 0)
    assert story.payee["status"] == "completed"


def test_where_nobody_else_may_be_paid_it_is_adopted_by_one_official_and_then_by_another(
    story: Story,
) -> None:
    types = [event["type"] for event in story.his_wife["timeline"]]
    assert types.count(CaseOrphaned.type) == types.count(AdoptionReopened.type) == 1
    assert types.count(CaseAdopted.type) == 2
    assert story.his_wife["status"] == "partial", "the dead receive nothing"


async def a_payee_who_is_reported_dead(city: City) -> Document:
    """While an official examines the file, an import names the payee as deceased."""
    house = family(DEFAULT_SEED, FAMILIES + 6)
    async with Portal(city.stack.url("portal")) as portal:
        counter, day = Counter(portal, Issuer(city.issuer)), await portal.today()
        case = await counter.declare("reported", of_his_wife(house, day))
        await until(portal, case, "social-insurance.task-opened.v1")
        reported = house.father.model_copy(update={"deceased_on": day})
        file = city.stack.data / "reported.ndjson"
        file.write_text(reported.model_dump_json() + "\n", encoding="utf-8")
        done = await asyncio.to_thread(city.onestop, "population", "import", str(file), "--wait")
        assert done.status == 0, done
        await eventually(city.quiet, LIMIT_SECONDS)
        await counter.approve(case, death.BENEFIT, "social-insurance")
        ended = await until(portal, case, DONE)
        assert await counter.instruct(case, house.mother.personal_id, "no-business") == 403
        assert await counter.instruct(case, house.father.personal_id, "nothing") == 409
        return ended


@pytest.mark.usefixtures("story")
def test_who_died_elsewhere_and_is_known_by_an_import_alone_receives_nothing(city: City) -> None:
    ended = asyncio.run(a_payee_who_is_reported_dead(city))
    assert ended["status"] == "partial"
    (benefit,) = (each for each in ended["procedures"] if each["name"] == death.BENEFIT)
    assert (benefit["state"], benefit["reason"]["code"]) == ("refused", "payee-deceased")


async def a_child_who_dies(city: City) -> Document:
    houses = (family(DEFAULT_SEED, FAMILIES + number) for number in range(8, OTHERS))
    house = next(each for each in houses if each.owner.province not in particular_provinces())
    async with Portal(city.stack.url("portal")) as portal:
        counter, day = Counter(portal, Issuer(city.issuer)), await portal.today()
        declared = birth(house, day)
        declared["form"]["evidence"]["code"] = "97001.GCS.00011.26"
        case = await counter.declare("child", declared)
        await counter.approve(case, BIRTH, "civil-status")
        born = await until(portal, case, DONE)
        child = result(born, IDENTITY_CARD)["card_number"]
        died = without_benefit(child, house.father.personal_id, day, "e2e-child")
        return await until(portal, await counter.declare("child-died", died), DONE)


@pytest.mark.usefixtures("story")
def test_the_death_of_a_child_who_was_declared_here_can_be_declared(city: City) -> None:
    assert asyncio.run(a_child_who_dies(city))["status"] == "completed"


@pytest.mark.usefixtures("story")
def test_nothing_is_lost_or_done_twice(city: City) -> None:
    assert wait_until(city.quiet, LIMIT_SECONDS)
    found = asyncio.run(snapshot(city.stack))
    assert broken(found, {}) == []
    assert wrongly_paid(found, asyncio.run(movements(city.stack))) == []
