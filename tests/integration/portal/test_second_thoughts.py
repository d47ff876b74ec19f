"""/api/cases/{id}/withdrawal, /revocation, /correction: who may, and what is published and told."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.birth.process import BIRTH, FEES, HEALTH_CARD
from contracts.common.events import FeeRefunded
from contracts.common.tasks import Official
from contracts.compensation.events import (
    CorrectionRequested,
    DeclarationWithdrawn,
    HealthCardCancelled,
    RequestDeclined,
    RevocationRequested,
    WithdrawalRequested,
)
from contracts.model import Reason
from contracts.people.events import PersonDeceased
from services.chassis.testing import eventually
from tests.integration.portal.counter import Counter, declaration, new_key
from tests.unit.births import (
    FATHER,
    HOME,
    MOTHER,
    TODAY,
    form,
    identified,
    person,
    registered,
    settled,
)
from tests.unit.officials import official
from tests.unit.tracking import CARD, CHILD, INSURED

HANOI = official(provinces=("01",), procedures=(BIRTH,))
JUDGED = {"judgement": {"number": "17/2026", "court": "TAND", "judged_on": TODAY.isoformat()}}
CORRECTED = {"decision_number": "208/QĐ", "changes": {"full_name": "Trần Gia Khoa"}}
WHY = Reason(code="registered-before", vi="Đã đăng ký.", en="It was registered before.")
GONE = Reason(code="withdrawn-by-declarant", vi="Đã rút hồ sơ.", en="It was withdrawn.")


async def post(
    counter: Counter,
    case: str,
    what: str,
    body: Any,
    who: Official | str | None = None,
    key: str | None = None,
) -> httpx.Response:
    """Ask as an official, as a citizen of this identifier, or as nobody who is known."""
    headers = {"Idempotency-Key": key or new_key()}
    if who is not None:
        issuer = counter.stack.issuer
        token = issuer.citizen(who) if isinstance(who, str) else issuer.token(who)
        headers["Authorization"] = f"Bearer {token}"
    return await counter.http.post(f"/api/cases/{case}/{what}", json=body, headers=headers)


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_a_declarant_withdraws_and_a_repeated_request_is_the_same(counter: Counter) -> None:
    case, key = await counter.accepted(), new_key()
    first, again = [await post(counter, case, "withdrawal", {}, MOTHER, key=key) for _ in range(2)]
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert first.headers["location"] == first.json()["status_url"] == f"/api/cases/{case}"
    published = await counter.published(case, WithdrawalRequested)
    assert len(published) == 2
    assert published[0] == published[1]
    assert published[0].data.declarant == MOTHER
    assert str(published[0].id) == first.json()["request_id"]
    (declared,) = await counter.submitted(case)
    assert published[0].correlationid == declared.correlationid
    other = await counter.accepted()
    reused = await post(counter, other, "withdrawal", {}, MOTHER, key=key)
    assert (reused.status_code, kind(reused)) == (409, "key-reused")


async def test_nobody_else_withdraws_and_no_case_that_is_none(counter: Counter) -> None:
    case = await counter.accepted()
    other = await post(counter, case, "withdrawal", {}, FATHER)
    assert (other.status_code, kind(other)) == (403, "not-your-case")
    none = await post(counter, "nothing-here", "withdrawal", {}, MOTHER)
    assert (none.status_code, kind(none)) == (404, "no-such-case")
    unknown = await post(counter, case, "withdrawal", {})
    assert (unknown.status_code, kind(unknown)) == (401, "not-identified")
    named = await post(counter, case, "withdrawal", {"declarant": MOTHER}, MOTHER)
    assert (named.status_code, kind(named)) == (422, "invalid-request")
    assert [error["field"] for error in named.json()["errors"]] == ["declarant"]
    token = {"Authorization": f"Bearer {counter.stack.issuer.citizen(MOTHER)}"}
    bare = await counter.http.post(f"/api/cases/{case}/withdrawal", json={}, headers=token)
    assert (bare.status_code, kind(bare)) == (400, "no-idempotency-key")
    assert await counter.published(case, WithdrawalRequested) == []


async def test_who_goes_on_with_a_case_withdraws_it_and_the_dead_do_not(counter: Counter) -> None:
    number = uuid4().int % 10**5
    mother, father = f"0011962{number:05d}", f"0010952{number:05d}"
    await counter.record(
        person(mother, "Nguyễn Thị Hồng Nhung"), person(father, "Trần Quốc Bảo", sex="male")
    )
    parents = {"mother": {"personal_id": mother}, "father": {"personal_id": father}}
    born = {"born_on": datetime.now(UTC).date().isoformat()}
    body = declaration(declarant=mother, form=form(born, household=HOME, **parents))
    case = await counter.accepted(body=body)
    died = PersonDeceased(
        personal_id=mother, deceased_on=date(2026, 11, 1), registration_number="KT-01-2026-2"
    )
    await counter.publish(str(uuid4()), died, group="death")
    await eventually(lambda: counter.rows("successions", case_id=case) != [])
    refused = await post(counter, case, "withdrawal", {}, mother)
    assert (refused.status_code, kind(refused)) == (403, "not-your-case")
    taken = await post(counter, case, "withdrawal", {}, father)
    assert taken.status_code == 202


ACTS = [("revocation", JUDGED, RevocationRequested), ("correction", CORRECTED, CorrectionRequested)]


@pytest.mark.parametrize(("what", "body", "event"), ACTS)
async def test_an_official_acts_with_a_token_within_the_own_office(
    counter: Counter, what: str, body: Any, event: type[Any]
) -> None:
    case = await counter.accepted()
    bare = await post(counter, case, what, body)
    assert (bare.status_code, kind(bare)) == (401, "not-identified")
    for who in (official(agency="residence"), official(provinces=("79",))):
        beyond = await post(counter, case, what, body, who)
        assert (beyond.status_code, kind(beyond)) == (403, "beyond-office")
    wrong = await post(counter, case, what, {**body, "official": "somebody"}, HANOI)
    assert (wrong.status_code, kind(wrong)) == (422, "invalid-request")
    assert (await post(counter, case, what, body, HANOI)).status_code == 202
    (published,) = await counter.published(case, event)
    assert published.data.official == HANOI
    assert published.data.procedure == BIRTH
    assert {MOTHER, FATHER} <= set(published.data.persons)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "changes.full_name"),
        ({"born_on": "yesterday"}, "changes.born_on"),
        ({"sex": "male"}, "changes.sex"),
    ],
)
async def test_only_what_can_be_corrected_is_taken(
    counter: Counter, changes: Any, field: str
) -> None:
    case = await counter.accepted()
    body = {"decision_number": "208/QĐ", "changes": changes}
    answer = await post(counter, case, "correction", body, HANOI)
    assert (answer.status_code, kind(answer)) == (422, "invalid-request")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_the_page_tells_what_happened_in_plain_words(counter: Counter) -> None:
    case = await counter.accepted()
    sent = await post(counter, case, "withdrawal", {}, MOTHER)
    request = UUID(sent.json()["request_id"])
    withdrawn = DeclarationWithdrawn(request=request, declarant=MOTHER, reason=GONE)
    refund = FeeRefunded(receipt_number="BL-2026-1", amount=16_000, reason=GONE)
    await counter.publish(case, settled(), withdrawn, refund)
    page = await counter.until(case, "refused")
    await eventually(lambda: _changed(counter, case, 2))
    page = await counter.case(case)
    procedures = {each["name"]: each for each in page["procedures"]}
    (change,) = procedures[BIRTH]["afterwards"]
    assert (change["change"], change["request"]) == ("withdrawn", str(request))
    assert procedures[BIRTH]["reason"]["code"] == "withdrawn-by-declarant"
    assert procedures[FEES]["afterwards"][0]["result"] == {
        "receipt_number": "BL-2026-1",
        "amount": 16_000,
    }
    account = page["account"]
    assert any("Hồ sơ đã được rút" in each["vi"] for each in account)
    assert any("16.000 đồng" in each["vi"] and "16,000 VND" in each["en"] for each in account)
    notices = {each["type"]: each["notice"] for each in page["timeline"]}
    assert notices["portal.withdrawal-requested.v1"]["en"].startswith("You have asked")


async def test_what_comes_after_completion_reopens_nothing(counter: Counter) -> None:
    case = await counter.accepted()
    await counter.publish(case, registered(), identified(), settled(), INSURED)
    declined = RequestDeclined(request=uuid4(), asked="withdrawal", reason=WHY)
    cancelled = HealthCardCancelled(
        personal_id=CHILD, card_number=CARD, cancelled_on=date(2026, 11, 20), reason=WHY
    )
    await counter.publish(case, cancelled, declined)
    await eventually(lambda: _changed(counter, case, 2))
    page = await counter.case(case)
    procedures = {each["name"]: each for each in page["procedures"]}
    assert procedures[HEALTH_CARD]["state"] == "granted"
    assert [each["change"] for each in procedures[HEALTH_CARD]["afterwards"]] == ["cancelled"]
    said = " ".join(each["en"] for each in page["account"])
    assert "What stands: Birth registration" in said
    assert "Health insurance card: The health insurance card has been cancelled." in said
    assert WHY.en in said


async def _changed(counter: Counter, case: str, count: int) -> bool:
    page = await counter.case(case)
    return sum(len(each["afterwards"]) for each in page["procedures"]) == count
