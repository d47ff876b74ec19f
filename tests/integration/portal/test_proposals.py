"""A hospital's notice at the door, and what is proposed after it."""

from typing import Any

import httpx

from contracts.birth_notice.events import BirthNoticeRecorded
from contracts.birth_notice.form import BirthNotice
from contracts.birth_notice.process import GROUP
from contracts.common.events import DeclarationSubmitted
from infra.hospitals import declaration_of
from services.chassis.testing import eventually
from services.civil_status.birth_notice import proposal
from tests.fire.hospitals import MIDWIFE
from tests.integration.portal.counter import Counter, declaration, new_key
from tests.unit.births import FATHER, MOTHER, form, people, person
from tests.unit.driver import NOW
from tests.unit.test_birth_notice import NOTICE
from tests.unit.tracking import NOT_BORN, SETTLED


def notice(code: str) -> dict[str, Any]:
    return {**NOTICE, "code": code}


def signed(counter: Counter, code: str) -> dict[str, Any]:
    """Return what a hospital sends."""
    return declaration_of(counter.stack.issuer.authority, notice(code), MIDWIFE)


async def asked(counter: Counter, path: str, person: str = MOTHER) -> httpx.Response:
    token = counter.stack.issuer.citizen(person)
    return await counter.http.get(path, headers={"Authorization": f"Bearer {token}"})


async def open_to(counter: Counter, person: str = MOTHER) -> list[str]:
    answer = await asked(counter, "/api/proposals", person)
    assert answer.status_code == 200, answer.text
    found = answer.json()["proposals"]
    return [each["key"] for each in found if each["state"] == "open"]


async def proposed(counter: Counter, code: str, replaces: str | None = None) -> str:
    """Let a hospital give notice and civil status record it; return the notice's case."""
    await counter.record(person(MIDWIFE, "Phan Thị Kim Anh"))
    case_id = await counter.accepted(body=signed(counter, code))
    said = BirthNotice.model_validate({**notice(code), "replaces": replaces})
    known = proposal(said, people()[MOTHER])
    event = BirthNoticeRecorded(
        code=code, hospital=f"hospital-{code[:5]}", born_at=NOW, late=False, proposal=known
    )
    await counter.publish(case_id, event, group=GROUP.name)
    await counter.until(case_id, "completed")
    await eventually(lambda: counter.rows("proposals", _id=code) != [])
    return case_id


async def test_what_a_hospital_did_not_sign_is_not_taken(counter: Counter) -> None:
    theirs = signed(counter, "01001.GCS.10001.26")
    header, payload, signature = theirs["form"]["notice"].split(".")
    other = signed(counter, "01002.GCS.10001.26")["form"]["notice"].split(".")
    for forged in (f"{header}.{other[1]}.{signature}", f"{other[0]}.{payload}.{other[2]}"):
        answer = await counter.post(new_key(), {**theirs, "form": {"notice": forged}})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == "form.notice"
        assert "has to be signed by hospital-0100" in error["message"]["en"]


async def test_what_is_proposed_stays_open_until_it_is_declared(counter: Counter) -> None:
    code = "01001.GCS.10002.26"
    case_id = await proposed(counter, code)
    assert code in await open_to(counter)
    assert code not in await open_to(counter, FATHER)
    told = (await asked(counter, "/api/notices")).json()["notices"]
    assert [each["type"] for each in told if each["case_id"] == case_id] == [
        BirthNoticeRecorded.type
    ]
    evidence = {"kind": "hospital-notice", "code": code}
    born = await counter.accepted(body=declaration(form=form(evidence=evidence)))
    (said,) = await counter.submitted(born)
    assert said.data.proposal is not None
    assert said.data.proposal.key == code
    await counter.registered(born)
    await eventually(lambda: _closed(counter, code))


async def test_after_a_refusal_it_is_open_again(counter: Counter) -> None:
    code = "01001.GCS.10003.26"
    await proposed(counter, code)
    evidence = {"kind": "hospital-notice", "code": code}
    born = await counter.accepted(body=declaration(form=form(evidence=evidence)))
    await counter.registered(born)
    await eventually(lambda: _closed(counter, code))
    await counter.publish(born, NOT_BORN, SETTLED)
    await counter.until(born, "refused")
    await eventually(lambda: counter.rows("cases", _id=born, status="refused") != [])
    assert code in await open_to(counter)


async def test_declared_before_the_notice_came_it_is_never_open(counter: Counter) -> None:
    code = "01001.GCS.10004.26"
    evidence = {"kind": "hospital-notice", "code": code}
    born = await counter.accepted(body=declaration(form=form(evidence=evidence)))
    (said,) = await counter.submitted(born)
    assert (said.data.answers, said.data.proposal) == (code, None)
    assert isinstance(said.data, DeclarationSubmitted)
    await counter.registered(born)
    await proposed(counter, code)
    assert code not in await open_to(counter)


async def test_what_was_replaced_leads_to_what_stands_in_for_it(counter: Counter) -> None:
    first, second, third = (f"01001.GCS.1001{n}.26" for n in range(3))
    await proposed(counter, third, replaces=second)
    await proposed(counter, first)
    await proposed(counter, second, replaces=first)
    assert {first, second, third} & set(await open_to(counter)) == {third}
    evidence = {"kind": "hospital-notice", "code": first}
    born = await counter.accepted(body=declaration(form=form(evidence=evidence)))
    (said,) = await counter.submitted(born)
    assert said.data.proposal is not None
    assert (said.data.proposal.key, said.data.replaced) == (third, (second, first))
    await counter.registered(born)
    await eventually(lambda: _closed(counter, third))


async def test_two_in_place_of_each_other_keep_nobody_waiting(counter: Counter) -> None:
    one, other = "01001.GCS.10020.26", "01001.GCS.10021.26"
    await proposed(counter, one, replaces=other)
    await proposed(counter, other, replaces=one)
    assert {one, other}.isdisjoint(await open_to(counter))
    evidence = {"kind": "hospital-notice", "code": one}
    born = await counter.accepted(body=declaration(form=form(evidence=evidence)))
    (said,) = await counter.submitted(born)
    assert said.data.proposal is not None
    assert (said.data.proposal.key, said.data.replaced) == (other, (one,))


async def test_nobody_is_told_without_a_token(counter: Counter) -> None:
    assert (await counter.http.get("/api/proposals")).status_code == 401


async def _closed(counter: Counter, code: str) -> bool:
    return code not in await open_to(counter)
