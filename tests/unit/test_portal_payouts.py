"""Who may say where else money is to go, and when: at the door, before anything is published."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.events import DeclarationSubmitted, PayoutInstructed
from contracts.death.process import GROUP, PAYOUT
from contracts.envelope import Codec, Envelope, envelope_of
from services.portal import payouts
from services.portal.problems import Problem
from tests.unit.births import submitted as birth
from tests.unit.deaths import ALLOWANCE, DECEASED, RECEIVED, SON, SUPPORT, TODAY, WIDOW, form
from tests.unit.deaths import submitted as death

CASH = {"method": "cash", "office": "Ủy ban nhân dân xã Kiến Xương"}
AGAINST = ALLOWANCE | {"relatives": [{"personal_id": SON, "consents": False}]}


def refused(problem: pytest.ExceptionInfo[Problem]) -> tuple[int, str]:
    return problem.value.status, problem.value.kind


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "payout"),
        ({"payout": {"method": "cheque"}}, "payout"),
        ({"payout": CASH | {"office": ""}}, "payout.office"),
        ({"payout": CASH, "amount": 5}, "amount"),
        ({"payout": CASH, "by": WIDOW}, "by"),
        ([], ""),
    ],
)
def test_what_is_no_instruction_is_told_which_field_is_wrong(raw: Any, field: str) -> None:
    with pytest.raises(Problem) as problem:
        payouts.read(raw)
    assert refused(problem) == (422, "invalid-instruction")
    assert [error["field"] for error in problem.value.errors] == [field]


@pytest.mark.parametrize(
    ("declared", "by", "allowed"),
    [
        (death(), WIDOW, True),
        (death(declarant=SON), SON, True),
        (death(), SON, True),
        (death(form(benefit=AGAINST)), SON, False),
        (death(form(benefit=SUPPORT)), SON, False),
        (death(), DECEASED, False),
        (death(form(benefit=None), declarant=SON), WIDOW, False),
    ],
)
def test_who_declared_or_may_be_paid_says_where(
    declared: DeclarationSubmitted, by: str, allowed: bool
) -> None:
    if allowed:
        payouts.check_entitled(declared, by)
        return
    with pytest.raises(Problem) as problem:
        payouts.check_entitled(declared, by)
    assert refused(problem) == (403, "not-entitled")


@pytest.mark.parametrize(
    ("declared", "ended", "kind"),
    [
        (death(), {}, None),
        (death(), {PAYOUT: {}}, "already-paid"),
        (death(bundle=GROUP.bundle("without-benefit", TODAY)), {}, "nothing-to-pay"),
        (birth(), {}, "nothing-to-pay"),
    ],
)
def test_only_where_money_is_still_to_be_paid(
    declared: DeclarationSubmitted, ended: dict[str, Any], kind: str | None
) -> None:
    if kind is None:
        payouts.check_waits(declared, ended)
        return
    with pytest.raises(Problem) as problem:
        payouts.check_waits(declared, ended)
    assert refused(problem) == (409, kind)


def envelope(declared: DeclarationSubmitted) -> Envelope[Any]:
    id = uuid5(NAMESPACE_URL, "a declaration")
    return envelope_of(DeclarationSubmitted)(
        id=id,
        source="/services/portal",
        type=declared.type,
        subject="case-1",
        time=RECEIVED,
        group="death",
        correlationid=id,
        traceparent=f"00-{id.hex}-{id.hex[:16]}-01",
        data=declared,
    )


@pytest.mark.parametrize(("by", "declared"), [(WIDOW, True), (SON, False)])
def test_an_instruction_is_an_event_of_its_case_in_the_chain_of_the_declaration(
    by: str, declared: bool
) -> None:
    began = envelope(death())
    instruction = payouts.read({"payout": CASH})
    at = RECEIVED + timedelta(days=3)
    value = payouts.event_of(instruction, by, began, f"{by}/key", at)
    said = Codec([PayoutInstructed]).decode(value)
    assert isinstance(said.data, PayoutInstructed)
    assert (said.data.by, said.data.declared) == (by, declared)
    assert (said.subject, said.group, said.time) == ("case-1", "death", at)
    assert (said.causationid, said.correlationid) == (began.id, began.correlationid)
    assert said.traceparent == began.traceparent


def test_the_same_key_is_the_same_event_and_another_key_is_another() -> None:
    began, instruction = envelope(death()), payouts.read({"payout": CASH})
    ids = [
        Codec([PayoutInstructed])
        .decode(payouts.event_of(instruction, WIDOW, began, key, RECEIVED))
        .id
        for key in (f"{WIDOW}/a", f"{WIDOW}/a", f"{WIDOW}/b")
    ]
    assert ids[0] == ids[1] != ids[2]
