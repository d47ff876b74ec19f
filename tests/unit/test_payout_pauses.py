"""While a family is asked where else its money is to go, no time runs, as with supplements."""

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

import pytest

from contracts.common.working_days import Pause
from contracts.death.events import DestinationRequested, PayoutConfirmed, PayoutOrdered
from contracts.death.process import PAYOUT
from contracts.envelope import Event
from services.payments.rules import RULES
from services.portal.pauses import Stops, stops
from tests.contract import samples
from tests.unit.deaths import ACCOUNT, WIDOW
from tests.unit.deaths import submitted as death
from tests.unit.test_time_limits import at, hear_at, told
from tests.unit.tracking import Listener

FIRST, SECOND, THIRD = "case-1.1", "case-1.2", "case-1.3"
NUMBER = "CT-2026-1"
Step = tuple[Event, datetime]


def asked(rejected: str | None = FIRST) -> DestinationRequested:
    return DestinationRequested(
        payout_number=NUMBER, payment_id=rejected, reason=RULES.reason("payment-rejected")
    )


def ordered(
    payment: str, rejected: str | None = None, instructed: datetime | None = None
) -> PayoutOrdered:
    fields = {
        "payout_number": NUMBER,
        "decision_number": "MT-1",
        "payee": WIDOW,
        "payout": ACCOUNT,
        "amount": 25_300_000,
        "payment_id": payment,
        "rejected": rejected,
        "instructed_at": instructed,
    }
    return PayoutOrdered.model_validate(fields)


def confirmed() -> PayoutConfirmed:
    event = samples.envelope(PayoutConfirmed.type).data
    assert isinstance(event, PayoutConfirmed)
    return event


def hearing(*story: Step) -> Listener:
    """Return what hears a death, of which nothing is late as long as anything runs, and this."""
    listener = Listener(group="death")
    listener.keep(listener.decide(death(working_days=3), at(20, 9)))
    for event, moment in story:
        hear_at(listener, event, moment)
    return listener


def late(listener: Listener) -> list[str]:
    """Return what was told of the whole case."""
    return [rung for procedure, rung in told(listener) if not procedure]


ASKED: list[Step] = [(ordered(FIRST), at(20, 10)), (asked(), at(20, 11))]


def test_a_family_that_says_nothing_is_told_nothing_of_a_delay() -> None:
    silent = hearing(*ASKED)
    silent.wait(at(31, month=12))
    assert late(silent) == []
    assert silent.rows[-1]["due_at"] is None
    without = hearing(ASKED[0])
    without.wait(at(31, month=12))
    assert "overdue" in late(without)


def test_a_case_that_waits_for_its_bank_is_not_the_machines_time_alone() -> None:
    assert [set(hearing().state.waits), set(hearing(ASKED[0]).state.waits)] == [set(), {PAYOUT}]


def test_its_days_are_there_again_when_it_has_answered() -> None:
    """Due on 26 November; asked on the 20th, the family answers on 2 December."""
    listener = hearing(*ASKED, (ordered(SECOND, FIRST, at(2, 10, month=12)), at(3, 10, month=12)))
    assert listener.rows[-1]["due_at"] == at(7, month=12)
    listener.wait(at(31, month=12))
    assert "overdue" in late(listener)


def test_what_the_agency_takes_to_order_after_the_answer_is_no_break() -> None:
    listener = hearing(*ASKED, (ordered(SECOND, FIRST, at(23, 10)), at(2, 10, month=12)))
    assert stops(listener.state.breaks, {}) == Stops((Pause(at(20).date(), at(23).date()),))


def test_an_instruction_that_leads_to_no_payment_is_asked_about_anew() -> None:
    listener = hearing(*ASKED, (ordered(SECOND, FIRST, at(23, 10)), at(23, 11)))
    assert not stops(listener.state.breaks, {}).paused
    hear_at(listener, asked(SECOND), at(25, 10))
    assert stops(listener.state.breaks, {}) == Stops((Pause(at(20).date(), at(23).date()),), True)
    listener.wait(at(31, month=12))
    assert late(listener) == []


def test_where_nobody_has_named_an_account_yet_it_is_a_break_too() -> None:
    """The payee on the form has died: the first order comes of the family's answer."""
    listener = hearing((asked(None), at(20, 11)), (ordered(FIRST, None, at(25, 10)), at(25, 11)))
    assert stops(listener.state.breaks, {}) == Stops((Pause(at(20).date(), at(25).date()),))


def test_what_is_ordered_without_asking_stops_no_clock() -> None:
    listener = hearing()
    due_at = listener.rows[-1]["due_at"]
    hear_at(listener, ordered(FIRST), at(20, 10))
    assert listener.state.breaks == {}
    assert listener.rows[-1]["due_at"] == due_at is not None


def test_a_payout_that_has_ended_asks_for_nothing_any_more() -> None:
    """The bank pays after all what it had rejected."""
    listener = hearing(*ASKED, (confirmed(), at(25, 10)))
    ends = listener.state.ended
    assert stops(listener.state.breaks, ends) == Stops((Pause(at(20).date(), at(25).date()),))
    assert ends[PAYOUT]["state"] == "granted"


STORY: Sequence[Step] = [
    (asked(FIRST), at(20, 10)),
    (ordered(SECOND, FIRST, at(25, 9)), at(25, 10)),
    (asked(SECOND), at(26, 10)),
    (ordered(THIRD, SECOND, at(3, 9, month=12)), at(4, 10, month=12)),
]


@pytest.mark.parametrize("order", list(permutations(range(len(STORY)))))
def test_in_any_order_the_same_time_is_not_counted(order: Sequence[int]) -> None:
    listener = Listener(group="death")
    for number in (*order, *order):
        event, moment = STORY[number]
        listener.keep(listener.decide(event, moment))
    assert stops(listener.state.breaks, {}) == Stops(
        (
            Pause(at(20).date(), at(25).date()),
            Pause(at(26).date(), at(3, month=12).date()),
        )
    )


def test_an_answer_on_its_way_while_it_is_asked_for_stops_nothing() -> None:
    """What the portal took before payments asked, and payments heard after."""
    listener = hearing(*ASKED, (ordered(SECOND, FIRST, at(20, 10)), at(20, 11)))
    assert listener.rows[-1]["due_at"] == hearing().rows[-1]["due_at"] == at(26)
