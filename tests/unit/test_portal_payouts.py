"""Who may say where else money is to go, and when: at the door, before anything is published."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.events import DeclarationSubmitted, PayoutInstructed
from contracts.death.events import BurialSupportGranted, FuneralAllowanceGranted
from contracts.death.process import BENEFIT, DEATH, GROUP, PAYOUT, RECORD
from contracts.envelope import Codec, Envelope, Event, envelope_of
from services.portal import payouts, supplements
from services.portal.case_events import encoded, thread_of
from services.portal.problems import Problem
from services.portal.standing import Ends
from services.portal.submissions import Claim
from tests.contract import samples
from tests.unit.births import submitted as birth
from tests.unit.deaths import (
    ALLOWANCE,
    DECEASED,
    RECEIVED,
    SON,
    SUPPORT,
    TODAY,
    WIDOW,
    form,
)
from tests.unit.deaths import submitted as death
from tests.unit.supplements import supplement
from tests.unit.tracking import Listener

CASH = {"method": "cash", "office": "Ủy ban nhân dân xã Kiến Xương"}
DAUGHTER = "034183000004"


def refused(problem: pytest.ExceptionInfo[Problem]) -> tuple[int, str]:
    return problem.value.status, problem.value.kind


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "payout"),
        ({"payout": {"method": "cheque"}}, "payout.method"),
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
    ("declared", "holder", "by", "allowed"),
    [
        (death(), WIDOW, WIDOW, True),
        (death(declarant=SON), SON, SON, True),
        (death(declarant=SON), SON, WIDOW, True),
        (death(), WIDOW, SON, False),
        (death(form(benefit=SUPPORT)), WIDOW, SON, False),
        (death(), WIDOW, DECEASED, False),
        (death(), SON, SON, True),
        (death(declarant=SON), WIDOW, SON, False),
        (death(declarant=SON), None, SON, False),
        (death(declarant=SON), None, WIDOW, True),
        (death(form(benefit=None), declarant=SON), SON, WIDOW, False),
    ],
)
def test_until_something_is_granted_the_holder_or_the_payee_on_the_form_says_where(
    declared: DeclarationSubmitted, holder: str | None, by: str, allowed: bool
) -> None:
    assert is_entitled(declared, {}, holder, by) == allowed


@pytest.mark.parametrize(
    ("holder", "by", "allowed"),
    [
        (WIDOW, SON, True),
        (WIDOW, WIDOW, True),
        (WIDOW, DAUGHTER, False),
        (DAUGHTER, DAUGHTER, True),
        (DAUGHTER, WIDOW, False),
        (None, WIDOW, False),
    ],
)
@pytest.mark.parametrize("granted", [FuneralAllowanceGranted, BurialSupportGranted])
def test_then_the_holder_or_the_payee_as_granted_does(
    granted: type[Event], holder: str | None, by: str, allowed: bool
) -> None:
    """A supplement may have named another payee, or a relative may be paid in their place."""
    declared = death()
    case = Listener(group="death")
    case.hear(declared, grant(granted, payee=SON))
    assert is_entitled(declared, case.state.ended, holder, by) == allowed


def is_entitled(
    declared: DeclarationSubmitted,
    ended: Ends,
    holder: str | None,
    by: str,
    corrected: Sequence[DeclarationSubmitted] = (),
) -> bool:
    try:
        payouts.check_entitled((declared, *corrected), ended, holder, by)
    except Problem as problem:
        assert (problem.status, problem.kind) == (403, "not-entitled")
        return False
    return True


def grant(granted: type[Event], **changes: Any) -> Event:
    return samples.envelope(granted.type).data.with_(**changes)


def supplied(correction: DeclarationSubmitted | None) -> Claim:
    """Return what the portal keeps of a supplement."""
    sent = supplement(BENEFIT, None, declaration=correction)
    id = uuid5(NAMESPACE_URL, "a supplement")
    thread = thread_of(envelope(death()))
    return Claim("somebody/key", b"", "case-1", encoded(sent, id, RECEIVED, thread))


@pytest.mark.parametrize(("by", "allowed"), [(WIDOW, True), (DAUGHTER, True), (SON, False)])
def test_a_payee_whom_only_a_supplement_names_says_where_before_the_grant_too(
    by: str, allowed: bool
) -> None:
    named = death(form(benefit=ALLOWANCE | {"payee": DAUGHTER}))
    corrections = tuple(supplements.filled_in_anew([supplied(None), supplied(named)]))
    assert corrections == (named,)
    assert is_entitled(death(), {}, None, by, corrections) == allowed


def test_once_it_is_granted_the_forms_do_not_count_any_more() -> None:
    case = Listener(group="death")
    case.hear(death(), grant(FuneralAllowanceGranted, payee=WIDOW))
    named = death(form(benefit=ALLOWANCE | {"payee": DAUGHTER}))
    assert not is_entitled(death(), case.state.ended, None, DAUGHTER, [named])


def end(state: str) -> dict[str, Any]:
    return {"state": state, "at": RECEIVED, "entry": 1}


@pytest.mark.parametrize(
    ("declared", "ended", "kind"),
    [
        (death(), {}, None),
        (death(), {DEATH: end("granted"), RECORD: end("granted")}, None),
        (death(), {BENEFIT: end("granted")}, None),
        (death(), {BENEFIT: end("granted"), PAYOUT: end("granted")}, "already-paid"),
        (death(), {BENEFIT: end("granted"), PAYOUT: end("refused")}, "nothing-granted"),
        (death(), {BENEFIT: end("refused")}, "nothing-granted"),
        (death(), {DEATH: end("refused")}, "nothing-granted"),
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


@pytest.mark.parametrize(
    ("by", "holder", "declared"), [(WIDOW, WIDOW, True), (SON, WIDOW, False), (SON, None, False)]
)
def test_an_instruction_is_an_event_of_its_case_in_the_chain_of_the_declaration(
    by: str, holder: str | None, declared: bool
) -> None:
    began = envelope(death())
    event = payouts.instructed(payouts.read({"payout": CASH}), by, holder)
    at = RECEIVED + timedelta(days=3)
    value = payouts.event_of(event, began, f"{by}/key", at)
    said = Codec([PayoutInstructed]).decode(value)
    assert isinstance(said.data, PayoutInstructed)
    assert (said.data.by, said.data.declared) == (by, declared)
    assert (said.subject, said.group, said.time) == ("case-1", "death", at)
    assert (said.causationid, said.correlationid) == (began.id, began.correlationid)
    assert said.traceparent == began.traceparent


def test_the_same_key_is_the_same_event_and_another_key_is_another() -> None:
    began = envelope(death())
    event = payouts.instructed(payouts.read({"payout": CASH}), WIDOW, WIDOW)
    ids = [
        Codec([PayoutInstructed]).decode(payouts.event_of(event, began, key, RECEIVED)).id
        for key in (f"{WIDOW}/a", f"{WIDOW}/a", f"{WIDOW}/b")
    ]
    assert ids[0] == ids[1] != ids[2]
