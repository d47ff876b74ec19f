"""What the page of a case says in plain words, in both languages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.birth.process import BIRTH, FEES, GROUP, HEALTH_CARD, PREMIUM, RESIDENCE
from contracts.common.events import FeeRefunded
from contracts.compensation.events import (
    HealthCardCancelled,
    PremiumRecovered,
    RequestDeclined,
)
from contracts.envelope import Event
from contracts.model import Reason
from services.chassis.cause import Cause
from services.chassis.procedure import Context
from services.portal.account import account
from services.portal.aftermath import Aftermath, Happened, aftermath
from services.portal.standing import Ends
from tests.unit.births import BUNDLE, RECEIVED, TODAY
from tests.unit.driver import NOW
from tests.unit.tracking import CARD, CHILD

WHY = Reason(
    code="owner-does-not-consent", vi="Chủ hộ không đồng ý.", en="The owner does not agree."
)
VOID = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
CANCELLED = HealthCardCancelled(
    personal_id=CHILD, card_number=CARD, cancelled_on=TODAY, reason=VOID
)
RECOVERED = PremiumRecovered(card_number=CARD, amount=8_083_350, reason=VOID)
DECLINED = RequestDeclined(request=uuid4(), asked="withdrawal", reason=WHY)
REFUNDED = FeeRefunded(receipt_number="BL-1", amount=16_000, reason=WHY)


def ended(**changes: Any) -> Ends:
    """Return how all procedures ended: granted, but for those that are named."""
    ends: dict[str, Any] = {
        name: {"state": "granted", "at": RECEIVED, "entry": 1} for name in BUNDLE
    }
    refused = {"state": "refused", "at": RECEIVED, "entry": 1, "reason": WHY.model_dump()}
    return ends | {name.replace("_", "-"): refused for name in changes}


def happened(*events: Event, backwards: bool = False) -> tuple[Happened, ...]:
    """Let the portal hear these, a second apart, and return what it remembers."""
    state: Aftermath = aftermath.initial
    heard = list(enumerate(events))
    for seconds, event in reversed(heard) if backwards else heard:
        cause = Cause(
            id=uuid4(),
            type=event.type,
            source="/services/somebody",
            time=NOW + timedelta(seconds=seconds),
            group="birth",
        )
        context = Context(case_id="case-1", procedure="aftermath", now=NOW, cause=cause)
        state = aftermath.decide(state, event, context).state
        stored = state.model_dump_json()
        assert Aftermath.model_validate_json(stored) == state
    return state.happened


def told(ends: Ends, *since: Happened) -> list[tuple[str, str]]:
    return [(text.vi, text.en) for text in account(GROUP, BUNDLE, ends, since)]


def test_of_what_went_well_nothing_has_to_be_said() -> None:
    assert told(ended()) == []
    assert told({}) == []


def test_what_was_refused_is_said_with_the_reason_and_what_stands() -> None:
    (vi, en), (stands_vi, stands_en) = told(ended(permanent_residence_registration=True))
    assert en == "Permanent residence registration: refused. The owner does not agree."
    assert vi == "Đăng ký thường trú: không được giải quyết. Chủ hộ không đồng ý."
    assert stands_en.startswith("What stands: Birth registration, Personal identifier,")
    assert stands_vi.startswith("Vẫn có hiệu lực: Đăng ký khai sinh,")
    assert "Permanent residence" not in stands_en


@pytest.mark.parametrize("backwards", [True, False])
def test_what_became_void_is_said_in_the_order_in_which_it_happened(backwards: bool) -> None:
    since = happened(CANCELLED, RECOVERED, backwards=backwards)
    assert [each["procedure"] for each in since] == [HEALTH_CARD, PREMIUM]
    stands, card, premium = told(ended(), *since)
    assert "Health insurance card" not in stands[1]
    assert "Premium" not in stands[1], "of which a part is given back"
    assert card[1].endswith("The health insurance card has been cancelled. It is void.")
    assert "Amount: 8,083,350 VND." in premium[1]
    assert "Số tiền: 8.083.350 đồng." in premium[0]


def test_what_does_not_count_is_said_with_the_reason_and_changes_nothing() -> None:
    ((vi, en),) = told(ended(), *happened(DECLINED))
    assert en.endswith("everything stays as it is. The owner does not agree.")
    assert vi.endswith("Chủ hộ không đồng ý.")


def test_a_refund_is_said_with_its_amount() -> None:
    (each,) = happened(REFUNDED)
    assert (each["procedure"], each["change"]) == (FEES, "refunded")
    ((_, en),) = told(ended(), each)
    assert "Amount: 16,000 VND." in en
    assert "Fees" not in told(ended(birth_registration=True), each)[1][1], "they do not stand"


def test_an_event_of_a_group_that_has_no_such_procedure_is_left_alone() -> None:
    cause = Cause(id=uuid4(), type=CANCELLED.type, source="s", time=NOW, group="death")
    context = Context(case_id="case-1", procedure="aftermath", now=NOW, cause=cause)
    assert aftermath.decide(aftermath.initial, CANCELLED, context).state == aftermath.initial


def test_each_second_thought_has_its_procedure_and_its_words() -> None:
    for spec in GROUP.procedures:
        for event in spec.afterwards:
            assert GROUP.notices[event].vi
    assert GROUP.procedure(BIRTH).afterwards.keys() & GROUP.procedure(RESIDENCE).afterwards == set()
