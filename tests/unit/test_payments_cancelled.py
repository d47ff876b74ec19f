"""A benefit that is cancelled is paid by nobody, or claimed back: the bank tells which."""

from itertools import permutations

import pytest

from contracts.compensation.events import BenefitCancelled, PayoutRefused, RecoveryClaimed
from contracts.death.events import (
    DestinationRequested,
    OverpaymentFound,
    PayoutConfirmed,
    PayoutOrdered,
)
from tests.unit.deaths import WIDOW
from tests.unit.test_payments_payout import (
    AMOUNT,
    FIRST,
    OWED,
    after,
    books,
    granted,
    instruction,
    rejected,
    report,
    said,
)

NOTHING = {"social-insurance-fund": 0, "benefits-payable": 0}
BACK = {
    "social-insurance-fund": 0,
    "benefits-payable": 0,
    "cash-at-bank": -AMOUNT,
    "benefits-recoverable": AMOUNT,
}


def cancelled() -> BenefitCancelled:
    """By the court that finds that nobody has died."""
    said = {
        "decision_number": vars(granted())["decision_number"],
        "kind": "allowance",
        "deceased": vars(granted())["deceased"],
        "payee": WIDOW,
        "amount": AMOUNT,
        "reason": {"code": "revoked-by-court", "vi": "Theo bản án.", "en": "By judgement."},
    }
    return BenefitCancelled.model_validate(said)


def test_of_what_is_cancelled_before_it_is_granted_nothing_is_ordered() -> None:
    case = after(cancelled(), granted(), cancelled(), instruction())
    assert case.said(PayoutRefused).reason.code == "revoked-by-court"
    assert not said(case, PayoutOrdered)
    assert books(case) == NOTHING


def test_what_is_cancelled_while_the_family_is_asked_ends_unpaid() -> None:
    case = after(granted(), rejected(FIRST), cancelled(), instruction())
    assert case.said(PayoutRefused).decision_number == cancelled().decision_number
    assert len(said(case, PayoutOrdered)) == 1
    assert books(case) == NOTHING


def test_what_is_cancelled_while_a_payment_is_under_way_waits_for_the_bank() -> None:
    case = after(granted(), cancelled(), instruction())
    assert not said(case, PayoutRefused)
    assert not said(case, RecoveryClaimed)
    assert len(said(case, PayoutOrdered)) == 1
    assert books(case) == OWED


def test_what_the_bank_confirms_after_that_is_paid_and_claimed_back() -> None:
    case = after(granted(), cancelled(), report(FIRST), cancelled(), report(FIRST))
    assert case.said(PayoutConfirmed).payment_id == FIRST
    claimed = case.said(RecoveryClaimed)
    assert (claimed.payee, claimed.amount) == (WIDOW, AMOUNT)
    assert books(case) == BACK


def test_what_the_bank_rejects_after_that_ends_unpaid_and_is_not_ordered_anew() -> None:
    case = after(granted(), cancelled(), instruction(), rejected(FIRST))
    assert case.said(PayoutRefused)
    assert len(said(case, PayoutOrdered)) == 1
    assert not said(case, DestinationRequested)
    assert books(case) == NOTHING


def test_what_is_paid_is_claimed_back() -> None:
    case = after(granted(), report(FIRST), cancelled(), cancelled())
    assert case.said(RecoveryClaimed).reason.code == "revoked-by-court"
    assert not said(case, PayoutRefused)
    assert books(case) == BACK


def test_what_the_bank_pays_though_it_was_given_up_has_to_come_back_from_the_bank() -> None:
    """Rejected, so that the payout has ended unpaid; then confirmed all the same."""
    case = after(granted(), cancelled(), rejected(FIRST), report(FIRST))
    assert case.said(OverpaymentFound).payment_id == FIRST
    assert not said(case, PayoutConfirmed)
    assert not said(case, RecoveryClaimed)
    assert books(case) == {
        **NOTHING,
        "cash-at-bank": -AMOUNT,
        "receivable-from-bank": AMOUNT,
    }


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_any_order_money_that_is_out_is_claimed_back(order: tuple[int, ...]) -> None:
    """The bank is asked only after the grant, unless nothing is to be paid by then."""
    events = [granted(), report(FIRST), cancelled()]
    case = after(*(events[n] for n in order), *(events[n] for n in order))
    ordered = bool(said(case, PayoutOrdered))
    assert ordered == (order.index(0) < order.index(2))
    assert bool(said(case, RecoveryClaimed)) == ordered
    assert bool(said(case, PayoutRefused)) == (not ordered)
    assert books(case)["benefits-payable"] == books(case)["social-insurance-fund"] == 0
