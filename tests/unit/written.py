"""The written declarations of a group, through the pure procedures of all agencies, in any order:
no server, no portal, but a bag of events that are delivered one by one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from contracts.birth_notice.form import BirthNotice
from contracts.catalogue import catalogue
from contracts.common.calendar import local_date
from contracts.common.events import (
    DeclarationSubmitted,
    FeeSettled,
    PayoutInstructed,
    SupplementSubmitted,
)
from contracts.common.proposals import Proposal
from contracts.common.tasks import SupplementRequested, task_id
from contracts.death.events import PaymentReported, PayoutOrdered
from contracts.envelope import Event
from contracts.group import ProcedureGroup
from contracts.model import PersonalId
from infra.gateway.faults import sandbox
from services.chassis.gate import CLAIM
from services.civil_status import birth_notice
from tests.fire.cast import DECLARATIONS, everybody
from tests.fire.hospitals import Hospital
from tests.fire.officials import FAMILY, Step, roster
from tests.fire.requests import Request
from tests.fire.words import resolve
from tests.unit.agencies import OFFICES
from tests.unit.driver import NOW, Desk, World

NEVER = datetime.max.replace(tzinfo=UTC)


@cache
def written(group: str) -> dict[str, Any]:
    """Return the written declarations of a group that the portal accepts, by stem."""
    paths = (DECLARATIONS / group).glob("*.json")
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in paths}
    return {name: file for name, file in files.items() if file["expected"]["status"] == 202}


@cache
def register() -> dict[str, Any]:
    """Return everybody in the register of people."""
    return {person.personal_id: person for person in everybody()}


@dataclass
class Agencies:
    """All desks of all cases, and the claims of each service."""

    group: str
    random: Random
    worlds: dict[str, World] = field(default_factory=dict)

    def complete(self, name: str) -> tuple[DeclarationSubmitted, list[Event]]:
        """Deliver everything that follows from a declaration, and what it comes after first."""
        file = written(self.group)[name]
        if "after" in file:
            self.complete(file["after"])
        submitted = declaration(file["declaration"], file.get("hospital"))
        steps = [Step.model_validate(step) for step in file.get("officials", ())]
        asked = [Request.model_validate(request) for request in file.get("requests", ())]
        then = [
            *instructions(submitted, file.get("payouts", ())),
            *(
                request.event(self.group, submitted.declarant, roster(), local_date(NOW))
                for request in asked
                if request.status == 202
            ),
        ]
        return submitted, self.deliver(name, submitted, steps, then, days=file.get("days", 0))

    def desks(self, case: str) -> list[Desk]:
        """Return the desks of a case."""
        return [
            Desk(
                *(procedure, rules, case),
                world=self.worlds.setdefault(service, World()),
                group=self.group,
            )
            for service, procedure, rules in OFFICES[self.group]
        ]

    def deliver(
        self,
        case: str,
        submitted: DeclarationSubmitted,
        officials: Sequence[Step] = (),
        then: Sequence[Event] = (),
        days: int = 0,
    ) -> list[Event]:
        """Deliver the declaration and everything that follows, and return what was said.

        Officials and the family take their steps one by one, when nothing else is left to hear, and
        then comes what they want besides: another account, a second thought; in the end so many
        days pass. The bank answers as it does by the account's number.
        """
        desks = self.desks(case)
        bag: list[tuple[Desk, Event]] = [
            (desk, submitted) for desk in desks if submitted.type in desk.procedure.handles
        ]
        said: list[Event] = []
        steps = [step for step in officials if step.status == 202]
        adopter: tuple[PersonalId, ...] = ()
        coming = list(then)
        late = [desk for desk in desks if days]

        def take(desk: Desk, before: int) -> None:
            for new in desk.events[before:]:
                said.append(new)
                heard = [new, *reports(new)]
                bag.extend((d, e) for e in heard for d in desks if e.type in d.procedure.handles)

        while bag or steps or coming or late:
            if bag:
                desk, event = bag.pop(self.random.randrange(len(bag)))
                before = len(desk.events)
                desk.hear(event)
                take(desk, before)
            elif steps or coming:
                step = steps.pop(0) if steps else None
                act = acted(step, case, submitted, said, adopter) if step else coming.pop(0)
                if step and step.adopts:
                    adopter = (roster()[step.by].person_id,)
                bag += [(desk, act) for desk in desks if act.type in desk.procedure.handles]
            else:
                desk = late.pop()
                before = len(desk.events)
                if desk.deadlines.get(CLAIM, NEVER) <= NOW + timedelta(days=days):
                    desk.time_out(CLAIM)
                take(desk, before)
        return said


def acted(
    step: Step,
    case: str,
    submitted: DeclarationSubmitted,
    said: Sequence[Event],
    adopter: Sequence[PersonalId],
) -> Event:
    """Return what the portal publishes of a step; a family answers what it was last asked for."""
    if step.by != FAMILY:
        return step.act(case, roster(), adopter)
    requests = [
        event.act
        for event in said
        if isinstance(event, SupplementRequested) and event.task.procedure == step.procedure
    ]
    form = resolve(step.form, 0, local_date(NOW))
    return SupplementSubmitted(
        task_id=task_id(case, step.procedure),
        procedure=step.procedure,
        by=submitted.declarant,
        request=requests[-1],
        received_at=NOW,
        supplied=step.supplied,
        declaration=submitted.with_(form={**submitted.form, **form}) if form else None,
    )


def declaration(
    file: dict[str, Any], hospital: dict[str, Any] | None = None
) -> DeclarationSubmitted:
    """Return what the portal would publish, where a hospital had given notice before."""
    body = resolve(file, 0, local_date(NOW))
    group = catalogue().groups[body["group"]]
    form = group.parse(body["form"])
    people = {id: register()[id] for id in form.people()}
    return DeclarationSubmitted(
        group=group.name,
        declarant=body["declarant"],
        channel=body.get("channel", "portal"),
        province=form.province(people),
        received_at=NOW - timedelta(seconds=1),
        bundle=group.bundle(form.circumstance(), local_date(NOW)),
        form=body["form"],
        people=people,
        answers=form.answers(),
        proposal=proposed(Hospital.model_validate(hospital)) if hospital else None,
    )


def proposed(hospital: Hospital) -> Proposal | None:
    """Return what civil status would have proposed by now."""
    if hospital.when == "after":
        return None
    said = BirthNotice.model_validate(hospital.said(0, local_date(NOW)))
    return birth_notice.proposal(said, register()[said.mother.personal_id or ""])


def instructions(submitted: DeclarationSubmitted, steps: Sequence[Any]) -> list[Event]:
    """Return what the family says of where else money is to go, as far as the portal takes it."""
    taken = [step for step in resolve(list(steps), 0, local_date(NOW)) if "status" not in step]
    return [
        PayoutInstructed.model_validate({**step, "declared": step["by"] == submitted.declarant})
        for step in taken
    ]


def reports(event: Event) -> list[Event]:
    """Return what the bank says of an order, by the number of its account."""
    if not isinstance(event, PayoutOrdered):
        return []
    behaves = sandbox(event.payout.model_dump())
    outcomes = ["paid"] if behaves.rejects is None else ["rejected"]
    outcomes += ["paid"] if behaves.changes_its_mind or behaves.confirms_twice else []
    return [
        PaymentReported.model_validate(
            {
                "payment_id": event.payment_id,
                "outcome": outcome,
                "reported_at": NOW,
                "reference": f"FT-{event.payment_id}",
                "cause": behaves.rejects if outcome == "rejected" else None,
            }
        )
        for outcome in outcomes
    ]


def results(submitted: DeclarationSubmitted, said: list[Event]) -> dict[str, str]:
    """Return how each procedure of the bundle ended; no procedure ends twice."""
    group = catalogue().groups[submitted.group]
    ended: dict[str, str] = dict.fromkeys(submitted.bundle, "not-started")
    for event in said:
        for name in submitted.bundle:
            if type(event) in group.procedure(name).ends:
                assert ended[name] == "not-started", f"{name} ended twice"
                ended[name] = group.procedure(name).ends[type(event)]
    return ended


def ends_as_it_says(group: ProcedureGroup, name: str, seed: int) -> None:
    """Assert that a written declaration ends as its file says."""
    submitted, said = Agencies(group.name, Random(seed)).complete(name)
    expected, found = written(group.name)[name]["expected"], results(submitted, said)
    assert expected.get("results", {}).items() <= found.items()
    reasons = [vars(event)["reason"] for event in said if _refuses(group, event)]
    assert {reason.code for reason in reasons} == {
        expected[k] for k in ("reason",) if k in expected
    }
    if "refers_to" in expected:
        assert reasons[0].refers_to == expected["refers_to"]
    if "fees_due" in expected and expected["outcome"] != "refused":
        (settled,) = (event for event in said if isinstance(event, FeeSettled))
        assert settled.due == expected["fees_due"]
    for procedure, shown in expected.get("data", {}).items():
        ends = group.procedure(procedure).ends
        (event,) = (event for event in said if type(event) in ends)
        assert shown.items() <= event.model_dump(mode="json").items()


def _refuses(group: ProcedureGroup, event: Event) -> bool:
    ends = {kind: end for spec in group.procedures for kind, end in spec.ends.items()}
    return ends.get(type(event)) == "refused"


def ways_to_end(group: str) -> set[tuple[str, str]]:
    """Return in which ways the procedures of the written declarations end."""
    return {
        (procedure, end)
        for file in written(group).values()
        for procedure, end in file["expected"].get("results", {}).items()
    }
