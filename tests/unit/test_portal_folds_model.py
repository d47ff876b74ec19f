"""The portal's folds as a model: whatever the order in which it hears a case, it shows the same.

What agencies say of a case is said in its order, by whole stories: declared, reviewed, supplied,
corrected, revoked. All procedures of the portal hear it in another one. Repetition is no matter of
theirs: what was heard before the chassis does not let them decide again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.birth.process import BIRTH, HEALTH_CARD, ORPHANED_BIRTH, RESIDENCE
from contracts.catalogue import catalogue
from contracts.common.events import CaseAbandoned, CaseAdopted, CaseOrphaned
from contracts.common.tasks import SupplementRequested
from contracts.death.process import BENEFIT, DEATH, ORPHANED_DEATH, REMOVAL
from contracts.envelope import Event
from services.chassis.cause import Cause
from services.chassis.procedure import Context, Procedure
from services.civil_status import orphans
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.portal import aftermath, outbox, people
from services.portal.adoptions import ADOPTIONS
from services.portal.main import service
from services.residence.rules import RULES as RESIDENCE_RULES
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import births, deaths
from tests.unit.driver import NOW, Desk
from tests.unit.officials import APPROVE, REFUSE, claim, decide, handover, official, reviewed
from tests.unit.requests import correction, revocation, withdrawal
from tests.unit.supplements import asking, supplement
from tests.unit.town import Town

FOLDS = (*service.procedures, outbox.procedure(catalogue()))
RULES: dict[str, Any] = {
    "civil-status": CIVIL_STATUS,
    "residence": RESIDENCE_RULES,
    "social-insurance": SOCIAL_INSURANCE,
}
REVIEWED = {
    "birth": {"civil-status": BIRTH, "residence": RESIDENCE, "social-insurance": HEALTH_CARD},
    "death": {"civil-status": DEATH, "residence": REMOVAL, "social-insurance": BENEFIT},
}
CHANGES = {
    "birth": [{"full_name": "Trần Gia Khoa"}, {"born_on": "2026-11-09"}],
    "death": [{"died_on": "2026-11-15"}, {"died_on": "2026-11-14"}],
}
WAITING = ("breaks", "attended", "moved_at")
"""Columns of the register of cases that matter while a case runs: it hears nothing afterwards."""
ORPHANS = {"birth": orphans.birth, "death": orphans.death}
VERDICTS = [APPROVE, APPROVE, REFUSE]
DECLARED: dict[str, Event] = {"birth": births.submitted(), "death": deaths.submitted()}


@dataclass(frozen=True)
class Said:
    """What somebody has said, when, and by which entry."""

    service: str
    event: Event
    entry: int
    at: datetime


@dataclass
class Shown:
    """What the portal makes of a case: the state of each fold, its rows, and what it says."""

    group: str
    states: dict[str, Any] = field(default_factory=dict)
    rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def hear(self, said: Said) -> None:
        """Let every fold hear it that does."""
        for fold in FOLDS:
            if said.event.type in fold.handles:
                self._decide(fold, said)

    def _decide(self, fold: Procedure[Any], said: Said) -> None:
        cause = Cause(
            id=uuid5(NAMESPACE_URL, f"{said.service}/{said.entry}/{said.event.model_dump_json()}"),
            type=said.event.type,
            source=f"/services/{said.service}",
            time=said.at,
            group=self.group,
            entry=said.entry,
        )
        # It hears all of it much later, at one moment: when it heard what is no matter here.
        context = Context("case-1", fold.name, NOW + timedelta(days=1), cause)
        state = self.states.get(fold.name, fold.initial)
        decision = fold.decide(state, said.event, context)
        self.states[fold.name] = decision.state
        self.events += decision.events
        for record in decision.records:
            key = (record.register, record.key)
            if not (record.insert_only and key in self.rows):
                self.rows[key] = dict(record.row())


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, list[Said]]:
    """Draw what is said of a case, in its order."""
    group = draw(st.sampled_from(sorted(DECLARED)))
    names = REVIEWED[group]
    asked = draw(st.sets(st.sampled_from(sorted(names))))
    town = Town(group, {agency: reviewed(RULES[agency], names[agency]) for agency in asked})
    town.send(DECLARED[group])
    town.settle()
    officials = count(10)  # Two acts that were the same would have one id.
    for agency in sorted(asked):
        name = names[agency]
        for wanted in draw(st.lists(st.sampled_from(["supplement", "supply"]), max_size=3)):
            who = official(next(officials), agency)
            if wanted == "supplement":
                events: list[Event] = [claim(name, who), decide(name, who, asking())]
            else:
                requests = [e for _, e, _ in town.said if isinstance(e, SupplementRequested)]
                events = [supplement(name, vars(requests[-1])["act"] if requests else None)]
            tell(town, events)
        who, decision = official(next(officials), agency), draw(st.sampled_from(VERDICTS))
        tell(town, [claim(name, who), decide(name, who, decision)])
    name = names["civil-status"]
    put_right = draw(st.permutations(CHANGES[group]))[: draw(st.integers(0, 2))]
    for number, changes in enumerate(put_right):
        tell(town, [correction(name, changes, f"{number}/QĐ")])
    tell(town, draw(st.sampled_from([[], [revocation(name)], [withdrawal()]])))
    orphan(town, draw(st.lists(st.sampled_from(["adopts", "leaves", "hands-over"]), max_size=5)))
    moments: dict[tuple[str, int], datetime] = {}
    told = [Said("portal", DECLARED[group], 0, NOW)]
    for service_name, event, entry in town.said:
        # What one entry says it says at one moment.
        at = moments.setdefault((service_name, entry), NOW + timedelta(minutes=len(moments)))
        told.append(Said(service_name, event, entry, at))
    return group, told


def orphan(town: Town, deeds: list[str]) -> None:
    """Let the declarant die, with nobody left, and officials do all this about the case."""
    name = {"birth": ORPHANED_BIRTH, "death": ORPHANED_DEATH}[town.group]
    desk = Desk(ORPHANS[town.group], CIVIL_STATUS, town.case, group=town.group)
    town.desks.append(("civil-status", desk))
    if deeds:
        tell(town, [CaseOrphaned(deceased=births.MOTHER, province="01")])
    for number, deed in enumerate(deeds):
        who = official(50 + number)
        decision = APPROVE if deed == "adopts" else REFUSE
        decides: list[Event] = [claim(name, who), decide(name, who, decision)]
        tell(town, [handover(name, who)] if deed == "hands-over" else decides)


def tell(town: Town, events: list[Event]) -> None:
    """Let a town hear events one by one, and what follows from each."""
    for event in events:
        town.send(event)
        town.settle()


def shown(group: str, told: list[Said]) -> Shown:
    """Return what the portal makes of it in this order."""
    found = Shown(group)
    for said in told:
        found.hear(said)
    return found


@settings(max_examples=120, deadline=None, derandomize=True)
@given(story=stories(), random=st.randoms(use_true_random=False))
def test_in_any_order_the_portal_shows_the_same(
    story: tuple[str, list[Said]], random: Random
) -> None:
    group, told = story
    orderly = shown(group, told)
    mixed = list(told)
    random.shuffle(mixed)
    found = shown(group, mixed)
    for name, state in orderly.states.items():
        # Of a death that is void it may know the last correction or not: its row is the same.
        assert name == people.register.name or found.states[name] == state, name
    assert found.rows.keys() == orderly.rows.keys()
    for key, row in orderly.rows.items():
        assert visible(found.rows[key]) == visible(row), key
    assert found.events == orderly.events
    last = [s.event for s in told if isinstance(s.event, CaseAdopted | CaseAbandoned)][-1:]
    by = vars(last[0]).get("by") if last else None
    rows = [row for (register, _), row in found.rows.items() if register == ADOPTIONS]
    holds = {"by": by.person_id if by else None}
    assert [{"by": row["by"]} for row in rows] == [holds] * len(last), "it is with the newest"


def visible(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row; of a case that has ended without what was known of waiting by then."""
    if row.get("completed_at") is None:
        return row
    return {name: value for name, value in row.items() if name not in WAITING}


@pytest.mark.parametrize("act", [correction(BIRTH, {"born_on": "2026-11-09"}), revocation(BIRTH)])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_an_entry_says_at_one_moment_is_shown_in_the_order_of_the_procedures(
    backwards: bool, act: Event
) -> None:
    town = Town("birth")
    tell(town, [births.submitted(), act])
    told = [Said(name, event, entry, NOW) for name, event, entry in town.said]
    found = shown("birth", told[:: -1 if backwards else 1]).states[aftermath.aftermath.name]
    order = [spec.name for spec in catalogue().groups["birth"].procedures]
    happened = [each["procedure"] for each in found.happened]
    assert happened == sorted(happened, key=order.index)
    assert len(happened) > 3
