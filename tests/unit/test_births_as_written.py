"""The written declarations, through the pure procedures of all agencies, in many orders.

No server, no portal: a bag of events that are delivered one by one, in whichever order.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from contracts.birth.process import GROUP
from contracts.common.calendar import LOCAL, local_date
from contracts.common.events import DeclarationSubmitted, FeeSettled
from contracts.common.tasks import ActDeclined
from contracts.envelope import Event
from services.chassis.procedure import Procedure
from services.civil_status import birth as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments import birth as payments
from services.payments.rules import RULES as PAYMENTS
from services.population import birth as population
from services.population.rules import RULES as POPULATION
from services.residence import birth as residence
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import birth as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.fire.cast import everybody
from tests.fire.officials import Step, roster
from tests.fire.words import resolve
from tests.unit.driver import NOW, Desk, World

FOLDER = Path(__file__).parents[1] / "fire" / "declarations" / "birth"
PROCEDURES: list[tuple[str, Procedure[Any], Any]] = [
    ("civil-status", civil_status.registration, CIVIL_STATUS),
    ("population", population.identification, POPULATION),
    ("residence", residence.registration, RESIDENCE),
    ("social-insurance", social_insurance.health_card, SOCIAL_INSURANCE),
    ("payments", payments.fee_settlement, PAYMENTS),
    ("payments", payments.premium_funding, PAYMENTS),
]


@cache
def written() -> dict[str, Any]:
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
    return {name: file for name, file in files.items() if file["expected"]["status"] == 202}


@cache
def register() -> dict[str, Any]:
    return {person.personal_id: person for person in everybody()}


@dataclass
class Agencies:
    """All desks of all cases, and the claims of each service."""

    random: Random
    worlds: dict[str, World] = field(default_factory=dict)

    def complete(self, name: str) -> tuple[DeclarationSubmitted, list[Event]]:
        """Deliver everything that follows from a declaration, and what it comes after first."""
        file = written()[name]
        if "after" in file:
            self.complete(file["after"])
        desks = [
            Desk(procedure, rules, name, world=self.worlds.setdefault(service, World()))
            for service, procedure, rules in PROCEDURES
        ]
        submitted = declaration(file["declaration"])
        bag: list[tuple[Desk, Event]] = [
            (desk, submitted) for desk in desks if submitted.type in desk.procedure.handles
        ]
        said: list[Event] = []
        steps = [Step.model_validate(step) for step in file.get("officials", ())]
        acts = [step.act(name, roster()) for step in steps if step.status == 202]
        while bag or acts:
            if not bag:
                act = acts.pop(0)
                bag += [(desk, act) for desk in desks if act.type in desk.procedure.handles]
            desk, event = bag.pop(self.random.randrange(len(bag)))
            before = len(desk.events)
            desk.hear(event)
            for new in desk.events[before:]:
                said.append(new)
                bag += [(d, new) for d in desks if new.type in d.procedure.handles]
        return submitted, said


def declaration(file: dict[str, Any]) -> DeclarationSubmitted:
    """Return what the portal would publish."""
    body = resolve(file, 0, local_date(NOW))
    form = GROUP.parse(body["form"])
    return DeclarationSubmitted(
        group="birth",
        declarant=body["declarant"],
        channel=body["channel"],
        province=form.province(),
        received_at=NOW - timedelta(seconds=1),
        bundle=GROUP.bundle(form.circumstance(), local_date(NOW)),
        form=body["form"],
        people={id: register()[id] for id in form.people()},
    )


def results(submitted: DeclarationSubmitted, said: list[Event]) -> dict[str, str]:
    ended: dict[str, str] = dict.fromkeys(submitted.bundle, "not-started")
    for event in said:
        for name in submitted.bundle:
            if type(event) in GROUP.procedure(name).ends:
                assert ended[name] == "not-started", f"{name} ended twice"
                ended[name] = GROUP.procedure(name).ends[type(event)]
    return ended


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", sorted(written()))
def test_a_written_declaration_ends_as_it_says(name: str, seed: int) -> None:
    submitted, said = Agencies(Random(seed)).complete(name)
    expected, found = written()[name]["expected"], results(submitted, said)
    assert expected.get("results", {}).items() <= found.items()
    reasons = [vars(event)["reason"] for event in said if _refuses(event)]
    assert {reason.code for reason in reasons} == {
        expected[k] for k in ("reason",) if k in expected
    }
    if "refers_to" in expected:
        assert reasons[0].refers_to == expected["refers_to"]
    if "fees_due" in expected and expected["outcome"] != "refused":
        (settled,) = (event for event in said if isinstance(event, FeeSettled))
        assert settled.due == expected["fees_due"]
    for procedure, shown in expected.get("data", {}).items():
        ends = GROUP.procedure(procedure).ends
        (event,) = (event for event in said if type(event) in ends)
        assert shown.items() <= event.model_dump(mode="json").items()


@pytest.mark.parametrize("name", [name for name, file in written().items() if "officials" in file])
def test_what_its_officials_do_counts_or_does_not_as_it_says(name: str) -> None:
    _, said = Agencies(Random(1)).complete(name)
    steps = [step for step in written()[name]["officials"] if "status" not in step]
    declined = [event.reason.code for event in said if isinstance(event, ActDeclined)]
    assert declined == [step["declined"] for step in steps if "declined" in step]


def _refuses(event: Event) -> bool:
    ends = {kind: end for spec in GROUP.procedures for kind, end in spec.ends.items()}
    return ends.get(type(event)) == "refused"


def test_there_is_a_written_declaration_for_each_way_to_end() -> None:
    ends = {(name, end) for file in written().values() for name, end in _ends(file)}
    for spec in GROUP.procedures:
        for end in spec.ends.values():
            if spec.name != "child-identity-card":
                assert (spec.name, end) in ends


def _ends(file: dict[str, Any]) -> list[tuple[str, str]]:
    return list(file["expected"].get("results", {}).items())


def test_now_is_a_day_with_the_newest_bundle() -> None:
    assert datetime(2026, 9, 1, tzinfo=LOCAL) < NOW
