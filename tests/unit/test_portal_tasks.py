"""The register of tasks: the newest version of each counts, and acts find their answers there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts.common.review import Reviews
from contracts.common.tasks import Act
from contracts.envelope import Event
from services.chassis.cause import Cause
from services.chassis.procedure import Context
from services.portal.tasks import ANSWERS_KEPT, TASKS, Tasks, tasks
from tests.unit.driver import NOW
from tests.unit.officials import APPROVE, claim, decide, official

PROCEDURE = "birth-registration"
REVIEWS = Reviews("civil-status", PROCEDURE)
A, B = official(1), official(2)


def told(*acts: Act) -> list[Event]:
    """Return what the agency says to these acts, one after the other."""
    step = REVIEWS.opened(
        "case-1", NOW, province="01", persons=(), second_person=False, claim_seconds=60
    )
    said = list(step.events)
    for number, act in enumerate(acts):
        step = REVIEWS.heard(step.waiting, act, uuid5(NAMESPACE_URL, str(number)), NOW)
        said += step.events
    return said


@dataclass
class Listener:
    """The tasks of one case as the portal has them."""

    state: Tasks = field(default_factory=Tasks)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def hear(self, events: Sequence[Event], order: Sequence[int]) -> None:
        for number in order:
            event = events[number]
            at = NOW + timedelta(seconds=number)
            cause = Cause(
                uuid5(NAMESPACE_URL, event.type), event.type, "/services/civil-status", at, "birth"
            )
            context = Context("case-1", "tasks", NOW, cause)
            decision = tasks.decide(self.state, event, context)
            self.state = Tasks.model_validate_json(decision.state.model_dump_json())
            for record in decision.records:
                assert (record.register, record.key) == (TASKS, f"case-1.{PROCEDURE}")
                self.rows.append(dict(record.row()))


STORY = told(claim(PROCEDURE, A), claim(PROCEDURE, B), decide(PROCEDURE, A, APPROVE))


@pytest.mark.parametrize("order", list(permutations(range(len(STORY)))))
def test_the_register_ends_the_same_in_any_order(order: tuple[int, ...]) -> None:
    listener = Listener()
    listener.hear(STORY, (*order, *order))
    row = listener.rows[-1]
    assert (row["state"], row["agency"], row["group"]) == ("decided", "civil-status", "birth")
    assert row["opened_at"] == NOW
    assert [answer["counted"] for answer in row["answers"]] == [True, False, True]
    assert row["answers"][1]["reason"]["code"] == "held-by-another"
    assert [answer["by"]["name"] for answer in row["answers"]] == [A.name, B.name, A.name]


def test_what_is_heard_again_writes_nothing() -> None:
    listener = Listener()
    listener.hear(STORY, range(len(STORY)))
    before = len(listener.rows)
    listener.hear(STORY, range(len(STORY)))
    assert len(listener.rows) == before


def test_a_refused_act_before_its_task_is_remembered_and_not_shown() -> None:
    listener = Listener()
    listener.hear(STORY, [2])
    assert listener.rows == []
    listener.hear(STORY, [0])
    assert len(listener.rows[-1]["answers"]) == 1


def test_only_the_latest_answers_are_kept() -> None:
    said = told(*[claim(PROCEDURE, A) for _ in range(ANSWERS_KEPT + 5)])
    listener = Listener()
    listener.hear(said, range(len(said)))
    kept = [answer["act"] for answer in listener.rows[-1]["answers"]]
    assert kept == [str(uuid5(NAMESPACE_URL, str(number))) for number in range(5, 25)]
