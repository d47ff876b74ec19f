"""Who has a case in hand: as long as one of its procedures waits for nobody, a machine has."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from contracts.birth.process import (
    BIRTH,
    FEES,
    HEALTH_CARD,
    PREMIUM,
    RESIDENCE,
)
from contracts.catalogue import catalogue
from contracts.common.asking import Awaiting
from contracts.common.task_events import task_events
from contracts.common.tasks import Signatory, Task, TaskEvent
from contracts.envelope import Event
from contracts.model import Reason
from services.portal.waiting import Waits, columns, noted
from tests.contract import samples
from tests.unit.births import RECEIVED
from tests.unit.test_pauses import FIRST, task
from tests.unit.tracking import (
    CARDED,
    FUNDED,
    IDENTIFIED,
    INSURED,
    REGISTERED,
    SETTLED,
    SUBMITTED,
    after,
)

SAID = task_events("residence")
WHO = Signatory(person_id="001175000001", name="Lê Văn Một")
PAYOUT_ORDERED = samples.envelope("payments.payout-ordered.v1").data
ACCOUNT_ASKED = samples.envelope("payments.destination-requested.v1").data
REST = (REGISTERED, IDENTIFIED, SETTLED, INSURED, FUNDED, CARDED)
"""All of a birth but its residence."""


def version(revision: int, state: str, procedure: str = RESIDENCE) -> Task:
    return task(procedure).model_copy(update={"revision": revision, "state": state})


OPENED = SAID.opened(task=version(1, "open"))
APPROVED_ONCE = SAID.decided(task=version(2, "open"), act=FIRST, by=WHO, decision="approve")
DECIDED = SAID.decided(task=version(3, "decided"), act=FIRST, by=WHO, decision="approve")
CLOSED = SAID.closed(
    task=version(2, "decided"), reason=Reason(code="withdrawn", vi="Đã rút.", en="Withdrawn.")
)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ((), False),
        ((OPENED,), True),
        ((OPENED, APPROVED_ONCE), True),
        ((OPENED, APPROVED_ONCE, DECIDED), False),
        ((OPENED, CLOSED), False),
        ((PAYOUT_ORDERED,), True),
        ((PAYOUT_ORDERED, ACCOUNT_ASKED), True),
        ((REGISTERED,), False),
    ],
    ids=lambda said: "+".join(type(e).__name__ for e in said) if isinstance(said, tuple) else None,
)
def test_a_procedure_waits_from_one_word_to_the_other(said: Sequence[Event], waits: bool) -> None:
    """Whatever the order in which the words come."""
    for order in permutations(said):
        known: Waits = {}
        for event in order:
            known = noted(known, event)
        assert any(not wait["over"] for wait in known.values()) is waits


def test_nothing_is_said_where_nobody_was_ever_waited_for() -> None:
    assert columns({}, [BIRTH, FEES], RECEIVED) == {}
    assert all("attended" not in row for row in after(SUBMITTED, *REST).rows)


@pytest.mark.parametrize("place", range(len(REST) + 1))
def test_a_case_is_attended_when_all_that_runs_waits_for_somebody(place: int) -> None:
    """The residence waits from some moment on; the case does when all the rest has ended."""
    listener = after(SUBMITTED, *REST[:place], OPENED, *REST[place:])
    attended = [row["attended"] for row in listener.rows if "attended" in row]
    assert attended[-1] is True
    assert not any(attended[:-1])
    listener.now += timedelta(hours=2)
    listener.hear(DECIDED)
    assert listener.rows[-1]["attended"] is False
    assert listener.rows[-1]["moved_at"] == listener.now, "whenever its agency had said so"


def test_no_procedure_waits_for_officials_and_for_somebody_else_besides() -> None:
    """Else the versions of a task would say nothing of the rest of its waiting."""
    besides = {
        event.procedure
        for event in catalogue().current
        if issubclass(event, Awaiting) and not issubclass(event, TaskEvent)
    }
    assert besides
    reviewed = {spec.name for spec in catalogue().procedures if spec.review}
    assert reviewed.isdisjoint(besides)


def test_what_cannot_start_yet_needs_nobody() -> None:
    """Without its health card no premium is due: the case waits for the card's official alone."""
    card = task_events("social-insurance").opened(task=version(1, "open", HEALTH_CARD))
    waits = noted(
        after(SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, CARDED, OPENED).state.waits, card
    )
    assert set(waits) == {RESIDENCE, HEALTH_CARD}
    listener = after(SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, CARDED, OPENED, card)
    assert listener.rows[-1]["attended"] is True
    assert PREMIUM not in listener.state.ended
    assert set(listener.state.waits) == {RESIDENCE, HEALTH_CARD}


def test_another_procedure_that_runs_is_in_the_machines_hands() -> None:
    listener = after(SUBMITTED, REGISTERED, IDENTIFIED, SETTLED, INSURED, FUNDED, OPENED)
    assert listener.rows[-1]["attended"] is False
    listener.hear(CARDED)
    assert listener.rows[-1]["attended"] is True
