"""The tracker follows a group that nobody thought of: by its data, without a line in the portal."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from contracts.catalogue import Catalogue
from contracts.common.events import DeclarationSubmitted
from contracts.envelope import Event
from contracts.group import Bundle, Form, ProcedureGroup, ProcedureSpec
from contracts.model import Reason, Text
from services.portal.tracker import tracker
from tests.unit.births import submitted as declared
from tests.unit.tracking import REASON, Listener


class Asked(Event, type="club.asked.v1"):
    """The club heard of a wish to join."""


class Admitted(Event, type="club.admitted.v1"):
    """The club admitted somebody."""

    number: int


class Rejected(Event, type="club.rejected.v1"):
    """The club rejected somebody."""

    reason: Reason


class Locker(Event, type="janitor.locker.v1"):
    """A locker was given."""


class Badge(Event, type="printer.badge.v1"):
    """A badge was printed."""


class JoiningForm(Form):
    """A wish to join."""


def spec(name: str, owner: str, **rest: Any) -> ProcedureSpec:
    title = Text(vi=name, en=name)
    return ProcedureSpec(name=name, title=title, owner=owner, hears=(DeclarationSubmitted,), **rest)


CLUB = ProcedureGroup(
    name="club",
    title=Text(vi="Câu lạc bộ", en="Club"),
    form=JoiningForm,
    procedures=(
        # In no helpful order: the badge stands on the locker, which stands on the membership.
        spec("badge", "printer", ends={Badge: "granted"}, requires=("locker",)),
        spec("locker", "janitor", ends={Locker: "granted"}, requires=("membership",)),
        spec(
            "membership",
            "club",
            ends={Admitted: "granted", Rejected: "refused"},
            shows=("number",),
        ),
    ),
    bundles=(Bundle(since=date(2020, 1, 1), procedures=("badge", "membership"), source=""),),
)
WORLD = Catalogue(
    groups={"club": CLUB},
    events={e.type: e for e in (DeclarationSubmitted, Asked, Admitted, Rejected, Locker, Badge)},
)
WISH = declared(group="club", bundle=("badge", "locker", "membership"))


def club(*events: Event) -> Listener:
    listener = Listener(procedure=tracker(WORLD), group="club")
    listener.hear(*events)
    return listener


@pytest.mark.parametrize("order", list(permutations([WISH, Asked(), Admitted(number=7), Locker()])))
def test_a_group_that_nobody_thought_of_works_by_its_data(order: Sequence[Event]) -> None:
    listener = club(*order)
    assert not listener.events
    listener.hear(Badge())
    assert listener.completed.outcome == "completed"
    assert listener.rows[-1]["ended"]["membership"]["result"] == {"number": 7}


def test_its_refusal_closes_all_that_stands_on_it() -> None:
    listener = club(Rejected(reason=REASON), WISH)
    assert listener.completed.outcome == "refused"
    assert listener.completed.results == {
        "badge": "not-started",
        "locker": "not-started",
        "membership": "refused",
    }


def test_a_requirement_outside_the_bundle_is_not_waited_for() -> None:
    listener = club(declared(group="club", bundle=("badge",)), Badge())
    assert listener.completed.outcome == "completed"


def test_procedures_that_require_each_other_are_a_mistake_that_is_named() -> None:
    circle = ProcedureGroup(
        name="club",
        title=CLUB.title,
        form=JoiningForm,
        procedures=(
            spec("hen", "farm", ends={Admitted: "granted"}, requires=("egg",)),
            spec("egg", "farm", ends={Locker: "granted"}, requires=("hen",)),
        ),
        bundles=(),
    )
    world = Catalogue(groups={"club": circle}, events=WORLD.events)
    listener = Listener(procedure=tracker(world), group="club")
    with pytest.raises(ValueError, match="in a circle: hen, egg"):
        listener.hear(declared(group="club", bundle=("hen", "egg")))
