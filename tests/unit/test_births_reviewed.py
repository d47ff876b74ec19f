"""Each procedure of a birth that an official may have to decide: it waits, and does as decided."""

from typing import Any, NamedTuple

import pytest

from contracts.birth.events import (
    BirthRefused,
    BirthRegistered,
    HealthCardIssued,
    HealthCardRefused,
    IdentityCardIssued,
    IdentityCardRefused,
    ResidenceRefused,
    ResidenceRegistered,
)
from contracts.birth.process import BIRTH, GROUP, HEALTH_CARD, IDENTITY_CARD, PROCEDURES, RESIDENCE
from contracts.common.events import PersonIdentified
from contracts.common.task_events import task_events
from contracts.common.tasks import ActDeclined, Official, TaskDecided, TaskOpened, TaskReleased
from contracts.envelope import Event
from services.chassis.gate import CLAIM
from services.civil_status import birth as civil_status
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.population import birth as population
from services.population.rules import RULES as POPULATION
from services.residence import birth as residence
from services.residence.rules import RULES as RESIDENCE_RULES
from services.social_insurance import birth as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.births import (
    FATHER,
    MOTHER,
    child,
    form,
    identified,
    registered,
    settled,
    submitted,
)
from tests.unit.driver import Desk, World
from tests.unit.officials import (
    APPROVE,
    REASON,
    REFUSE,
    SUPPLEMENT,
    claim,
    decide,
    official,
    release,
    reviewed,
)


class Office(NamedTuple):
    """A procedure with a review: what it hears, and how it can end."""

    agency: str
    name: str
    procedure: Any
    rules: Any
    hears: tuple[Event, ...]
    granted: type[Event]
    refused: type[Event]


OFFICES = [
    Office(
        "civil-status",
        BIRTH,
        civil_status.registration,
        CIVIL_STATUS,
        (submitted(),),
        BirthRegistered,
        BirthRefused,
    ),
    Office(
        "population",
        IDENTITY_CARD,
        population.identification,
        POPULATION,
        (registered(),),
        IdentityCardIssued,
        IdentityCardRefused,
    ),
    Office(
        "residence",
        RESIDENCE,
        residence.registration,
        RESIDENCE_RULES,
        (identified(), settled()),
        ResidenceRegistered,
        ResidenceRefused,
    ),
    Office(
        "social-insurance",
        HEALTH_CARD,
        social_insurance.health_card,
        SOCIAL_INSURANCE,
        (identified(),),
        HealthCardIssued,
        HealthCardRefused,
    ),
]
each_office = pytest.mark.parametrize("office", OFFICES, ids=lambda office: office.name)


def automatic(office: Office) -> Desk:
    desk = Desk(office.procedure, office.rules)
    for event in office.hears:
        desk.hear(event)
    return desk


def waiting(office: Office, approval: Any = "review", *hears: Event) -> Desk:
    """Return a case about which an official has to decide."""
    desk = Desk(office.procedure, reviewed(office.rules, office.name, approval))
    for event in hears or office.hears:
        desk.hear(event)
    return desk


def held(office: Office, who: Official, approval: Any = "review") -> Desk:
    desk = waiting(office, approval)
    desk.hear(claim(office.name, who))
    return desk


def one(office: Office, number: int = 1) -> Official:
    return official(number, office.agency)


def declined(desk: Desk) -> list[str]:
    return [event.reason.code for event in desk.events if isinstance(event, ActDeclined)]


def ends(desk: Desk, office: Office) -> list[Event]:
    return [e for e in desk.events if isinstance(e, office.granted | office.refused)]


def test_these_are_all_the_procedures_with_a_review() -> None:
    asked = {name for bundle in GROUP.bundles for name in bundle.procedures}
    found = {(s.owner, s.name) for s in PROCEDURES if s.review == task_events(s.owner)}
    assert {each for each in found if each[1] in asked} == {office[:2] for office in OFFICES}


@each_office
def test_a_procedure_waits_for_an_official_and_says_so_once(office: Office) -> None:
    desk = waiting(office)
    for event in office.hears:
        desk.hear(event)
    task = desk.said(TaskOpened).task
    assert type(desk.said(TaskOpened)).type == f"{office.agency}.task-opened.v1"
    assert (task.procedure, task.province, task.state) == (office.name, "01", "open")
    assert ends(desk, office) == []
    assert desk.deadlines == {}


@each_office
def test_what_is_approved_ends_as_without_an_official(office: Office) -> None:
    desk = held(office, one(office))
    desk.hear(decide(office.name, one(office), APPROVE))
    assert ends(desk, office) == ends(automatic(office), office)
    said = desk.said(TaskDecided)
    assert (said.decision, said.task.state) == ("approve", "decided")
    assert [who.name for who in said.task.approved_by] == [one(office).name]
    registers = {record.register for record in desk.records}
    assert registers == {record.register for record in automatic(office).records}
    assert desk.deadlines == {}


@each_office
def test_what_is_refused_ends_with_the_officials_reason(office: Office) -> None:
    desk = held(office, one(office))
    desk.hear(decide(office.name, one(office), REFUSE))
    (end,) = ends(desk, office)
    reason = vars(end)["reason"]
    assert isinstance(end, office.refused)
    assert (reason.code, reason.vi, reason.en) == ("refused-by-official", *REASON.values())


@each_office
def test_a_supplement_decides_nothing_and_the_task_waits(office: Office) -> None:
    desk = held(office, one(office))
    desk.hear(decide(office.name, one(office), SUPPLEMENT))
    assert ends(desk, office) == []
    said = desk.said(task_events(office.agency).supplement_requested)
    assert said.task.state == "awaits-supplement"
    assert [text.en for text in said.task.missing] == [REASON["en"]]
    desk.hear(claim(office.name, one(office, 2)))
    assert declined(desk) == ["awaits-supplement"]


@each_office
def test_a_decided_task_stays_decided(office: Office) -> None:
    desk = held(office, one(office))
    desk.hear(decide(office.name, one(office), APPROVE))
    before = len(desk.records)
    for act in (
        claim(office.name, one(office, 2)),
        release(office.name, one(office)),
        decide(office.name, one(office), REFUSE),
    ):
        desk.hear(act)
    for event in office.hears:
        desk.hear(event)
    assert declined(desk) == ["already-decided"] * 3
    assert len(ends(desk, office)) == 1
    assert len(desk.records) == before


@each_office
def test_two_different_officials_approve_where_policy_says_so(office: Office) -> None:
    desk = held(office, one(office), "review-by-two")
    desk.hear(decide(office.name, one(office), APPROVE))
    assert ends(desk, office) == []
    desk.hear(claim(office.name, one(office)))
    assert declined(desk) == ["second-person-needed"]
    desk.hear(claim(office.name, one(office, 2)))
    desk.hear(decide(office.name, one(office, 2), APPROVE))
    assert ends(desk, office) == ends(automatic(office), office)


@each_office
def test_a_claim_that_times_out_is_anybodys_again(office: Office) -> None:
    desk = held(office, one(office))
    assert (desk.deadlines[CLAIM] - desk.now).total_seconds() == 3600
    desk.time_out(CLAIM)
    said = desk.said(TaskReleased)
    assert (said.act, said.by.name, said.task.state) == (None, one(office).name, "open")
    desk.hear(decide(office.name, one(office), APPROVE))
    desk.hear(claim(office.name, one(office, 2)))
    desk.hear(decide(office.name, one(office, 2), APPROVE))
    assert declined(desk) == ["not-held"]
    assert len(ends(desk, office)) == 1


@each_office
def test_nobody_decides_about_their_own_family(office: Office) -> None:
    desk = waiting(office)
    for person in (MOTHER, FATHER):
        desk.hear(claim(office.name, official(agency=office.agency, person_id=person)))
    # A grandmother who declared it, of whom only the declaration tells.
    desk.hear(claim(office.name, one(office), persons=(one(office).person_id,)))
    assert declined(desk) == ["own-case"] * 3


@each_office
def test_an_act_where_the_rules_alone_decide_is_declined(office: Office) -> None:
    desk = automatic(office)
    before = len(desk.events)
    desk.hear(claim(office.name, one(office)))
    desk.hear(decide(office.name, one(office), REFUSE))
    assert declined(desk) == ["no-task"] * 2
    assert len(desk.events) == before + 2


RULED_OUT: list[tuple[Office, tuple[Event, ...], str]] = [
    (OFFICES[0], (submitted(form(evidence={"kind": "none"})),), "evidence-missing"),
    (OFFICES[2], (identified(household=None), settled()), "no-household"),
    (OFFICES[3], (identified(child=child(born_on="2019-01-01")),), "six-or-older"),
]


@pytest.mark.parametrize(("office", "hears", "code"), RULED_OUT, ids=lambda each: str(each)[:20])
def test_what_the_rules_refuse_an_official_can_only_refuse_too(
    office: Office, hears: tuple[Event, ...], code: str
) -> None:
    desk = waiting(office, "review", *hears)
    finding = desk.said(TaskOpened).task.finding
    assert finding is not None
    assert finding.code == code
    desk.hear(claim(office.name, one(office)))
    desk.hear(decide(office.name, one(office), APPROVE))
    assert declined(desk) == ["rules-refuse"]
    desk.hear(decide(office.name, one(office), {"decision": "refuse"}))
    (end,) = ends(desk, office)
    assert vars(end)["reason"] == finding


def test_the_identifier_does_not_wait_for_the_card() -> None:
    desk = waiting(OFFICES[1])
    assert desk.said(PersonIdentified).personal_id in str(desk.state)
    desk.hear(claim(IDENTITY_CARD, official(agency="population")))
    desk.hear(decide(IDENTITY_CARD, official(agency="population"), REFUSE))
    assert len([e for e in desk.events if isinstance(e, PersonIdentified)]) == 1


def test_an_approved_birth_may_be_registered_by_another_case_already() -> None:
    world, office = World(), OFFICES[0]
    first = Desk(office.procedure, office.rules, "first", world=world)
    first.hear(submitted())
    rules = reviewed(office.rules, office.name)
    second = Desk(office.procedure, rules, "second", world=world)
    second.hear(submitted())
    assert second.rounds == [], "nothing is claimed while an official has not decided"
    second.hear(claim(BIRTH, one(office)))
    second.hear(decide(BIRTH, one(office), APPROVE))
    assert second.said(BirthRefused).reason.code == "duplicate-declaration"
    assert second.said(TaskDecided).decision == "approve"
