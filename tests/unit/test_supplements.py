"""What a family is asked for: it comes and the procedure goes on, or it does not and is refused."""

from datetime import datetime, timedelta

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered, ResidenceRegistered
from contracts.birth.process import BIRTH, RESIDENCE
from contracts.common.calendar import LOCAL
from contracts.common.supplements import (
    ON_ITS_WAY,
    SupplementDeclined,
    SupplementLapsed,
    SupplementReceived,
    supplement_until,
)
from contracts.common.tasks import ActDeclined, SupplementRequested, TaskDecided
from contracts.envelope import Event
from services.chassis.gate import CLAIM
from tests.unit.births import MOTHER, form, identified, settled, submitted
from tests.unit.driver import NOW, Desk
from tests.unit.officials import APPROVE, REFUSE, claim, decide, official
from tests.unit.supplements import STRANGE, asked, supplement, task
from tests.unit.test_births_reviewed import OFFICES, Office, each_office, ends, one, waiting

CIVIL_STATUS, POPULATION, RESIDENCES, INSURANCE = OFFICES
SECOND = timedelta(seconds=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def waits(office: Office, approval: str = "review") -> Desk:
    """Return a case whose family has been asked for something."""
    desk = waiting(office, approval)
    asked(desk, office.agency, office.name)
    return desk


def declined(desk: Desk) -> list[str]:
    return [event.reason.code for event in desk.events if isinstance(event, SupplementDeclined)]


@pytest.mark.parametrize(
    ("asked_at", "until"),
    [
        # Tuesday 24 November 2026 is a public day.
        ("2026-11-20T10:00", "2026-12-02T17:00"),
        ("2026-11-20T15:00", "2026-12-02T17:00"),
        # After the cut-off, and at a week-end, it counts from the next working day.
        ("2026-11-20T15:01", "2026-12-03T17:00"),
        ("2026-11-21T09:00", "2026-12-03T17:00"),
        # Tết 2026 closes offices from 16 to 20 February.
        ("2026-02-13T09:00", "2026-03-03T17:00"),
    ],
)
def test_a_family_has_seven_working_days(asked_at: str, until: str) -> None:
    assert supplement_until(local(asked_at)) == local(until)


@each_office
def test_the_request_says_what_is_missing_and_until_when(office: Office) -> None:
    desk = waits(office)
    said = desk.said(SupplementRequested)
    assert [text.en for text in said.task.missing] == ["Document number 1."]
    assert said.task.request == said.act
    assert said.task.supplement_until == supplement_until(desk.now)
    assert desk.deadlines == {CLAIM: supplement_until(desk.now) + ON_ITS_WAY}


@each_office
def test_what_is_supplied_opens_the_task_again_and_the_procedure_goes_on(office: Office) -> None:
    desk = waits(office)
    request = task(desk).request
    desk.hear(supplement(office.name, request))
    said = desk.said(SupplementReceived)
    assert type(said).type == f"{office.agency}.supplement-received.v1"
    assert (said.request, said.by, said.task.state) == (request, MOTHER, "open")
    assert (said.task.missing, said.task.supplied[0].document) == ((), "01001.GCS.00001.26")
    assert ends(desk, office) == []
    assert desk.deadlines == {}, "nothing is awaited any more"
    desk.hear(claim(office.name, one(office, 2)))
    desk.hear(decide(office.name, one(office, 2), APPROVE))
    (end,) = ends(desk, office)
    assert isinstance(end, office.granted)
    assert desk.deadlines == {}


@each_office
def test_what_never_comes_is_refused_when_its_time_is_over(office: Office) -> None:
    desk = waits(office)
    desk.time_out(CLAIM)
    said = desk.said(SupplementLapsed)
    assert (said.task.state, said.reason.code) == ("decided", "supplement-not-received")
    (end,) = ends(desk, office)
    assert isinstance(end, office.refused)
    assert vars(end)["reason"] == said.reason
    assert desk.deadlines == {}
    assert not [event for event in desk.events if isinstance(event, TaskDecided)]
    desk.hear(claim(office.name, one(office)))
    assert [e.reason.code for e in desk.events if isinstance(e, ActDeclined)] == ["already-decided"]


@each_office
def test_several_in_a_row_each_have_seven_days_of_their_own(office: Office) -> None:
    desk, rounds = waiting(office), 3
    for number in range(1, rounds + 1):
        request = asked(desk, office.agency, office.name, number)
        assert task(desk).supplement_until == supplement_until(desk.now)
        desk.now += timedelta(days=2)
        desk.hear(supplement(office.name, request, desk.now))
    assert len({e.act for e in desk.events if isinstance(e, SupplementRequested)}) == rounds
    asked(desk, office.agency, office.name, rounds + 1)
    desk.time_out(CLAIM)
    (end,) = ends(desk, office)
    assert isinstance(end, office.refused)


@each_office
def test_a_supplement_that_its_refusal_has_overtaken_does_not_count(office: Office) -> None:
    """The door had taken it in time and could not hand it on for longer than the refusal waits."""
    desk = waits(office)
    request, until = task(desk).request, task(desk).supplement_until
    assert until is not None
    desk.time_out(CLAIM)
    before = desk.state
    desk.hear(supplement(office.name, request, until))
    assert declined(desk) == ["procedure-ended"]
    assert desk.state == before
    assert len(ends(desk, office)) == 1


@each_office
def test_a_supplement_for_a_procedure_that_is_done_does_not_count(office: Office) -> None:
    desk = waiting(office)
    desk.hear(claim(office.name, one(office)))
    desk.hear(decide(office.name, one(office), REFUSE))
    desk.hear(supplement(office.name, STRANGE))
    assert declined(desk) == ["procedure-ended"]
    assert len(ends(desk, office)) == 1


@each_office
def test_one_for_a_procedure_that_no_official_decides_does_not_count(office: Office) -> None:
    desk = Desk(office.procedure, office.rules)
    for event in office.hears:
        desk.hear(event)
    granted = ends(desk, office)
    desk.hear(supplement(office.name, STRANGE))
    assert declined(desk) == ["nothing-asked"]
    assert ends(desk, office) == granted


@pytest.mark.parametrize(
    ("late", "counts"), [(timedelta(), True), (SECOND, False), (ON_ITS_WAY - SECOND, False)]
)
def test_whether_it_came_in_time_is_told_by_when_the_portal_took_it(
    late: timedelta, counts: bool
) -> None:
    desk = waits(CIVIL_STATUS)
    request, until = task(desk).request, task(desk).supplement_until
    assert until is not None
    desk.now = until + ON_ITS_WAY - SECOND
    desk.hear(supplement(BIRTH, request, until + late))
    assert declined(desk) == ([] if counts else ["supplement-too-late"])
    assert task(desk).state == ("open" if counts else "awaits-supplement")
    assert (CLAIM in desk.deadlines) != counts, "one that is too late does not hold up the refusal"


def test_the_same_thing_twice_counts_once_and_an_old_request_not_at_all() -> None:
    desk = waits(CIVIL_STATUS)
    first = task(desk).request
    desk.hear(supplement(BIRTH, first))
    desk.hear(supplement(BIRTH, first, text="again"))
    asked(desk, "civil-status", BIRTH, 2)
    desk.hear(supplement(BIRTH, first, NOW + SECOND))
    assert declined(desk) == ["supplied-before", "asked-anew"]
    assert task(desk).state == "awaits-supplement"


def test_after_a_supplement_two_people_must_approve_anew() -> None:
    desk = waiting(CIVIL_STATUS, "review-by-two")
    desk.hear(claim(BIRTH, official(1)))
    desk.hear(decide(BIRTH, official(1), APPROVE))
    desk.hear(supplement(BIRTH, asked(desk, "civil-status", BIRTH, 2)))
    for number in (1, 3):
        assert ends(desk, CIVIL_STATUS) == []
        desk.hear(claim(BIRTH, official(number)))
        desk.hear(decide(BIRTH, official(number), APPROVE))
    (end,) = ends(desk, CIVIL_STATUS)
    assert isinstance(end, BirthRegistered)


def test_a_corrected_form_is_examined_again_and_what_was_missing_may_be_there() -> None:
    without = submitted(form(evidence={"kind": "none"}))
    desk = waiting(CIVIL_STATUS, "review", without)
    assert task(desk).finding is not None
    desk.hear(supplement(BIRTH, asked(desk, "civil-status", BIRTH), declaration=submitted()))
    assert desk.said(SupplementReceived).task.finding is None
    desk.hear(claim(BIRTH, official(2)))
    desk.hear(decide(BIRTH, official(2), APPROVE))
    assert desk.said(BirthRegistered).child.full_name == submitted().form["child"]["full_name"]


def test_a_corrected_form_may_be_worse_than_the_first() -> None:
    desk = waits(CIVIL_STATUS)
    worse = submitted(form(evidence={"kind": "none"}))
    desk.hear(supplement(BIRTH, task(desk).request, declaration=worse))
    finding = task(desk).finding
    assert finding is not None
    desk.hear(claim(BIRTH, official(2)))
    desk.hear(decide(BIRTH, official(2), {"decision": "refuse"}))
    assert desk.said(BirthRefused).reason == finding


def test_without_a_corrected_form_the_rules_find_what_they_found() -> None:
    desk = waiting(CIVIL_STATUS, "review", submitted(form(evidence={"kind": "none"})))
    finding = task(desk).finding
    desk.hear(supplement(BIRTH, asked(desk, "civil-status", BIRTH)))
    assert task(desk).finding == finding


def test_the_owner_of_a_household_may_agree_after_all() -> None:
    owner = "001080000001"
    refusing = form()["household"] | {"owner": owner, "owner_consents": False}
    desk = waiting(RESIDENCES, "review", identified(household=refusing), settled())
    finding = task(desk).finding
    assert finding is not None
    assert finding.code == "owner-does-not-consent"
    agrees = submitted(form() | {"household": refusing | {"owner_consents": True}})
    desk.hear(supplement(RESIDENCE, asked(desk, "residence", RESIDENCE), declaration=agrees))
    assert task(desk).finding is None
    desk.hear(claim(RESIDENCE, official(2, "residence")))
    desk.hear(decide(RESIDENCE, official(2, "residence"), APPROVE))
    assert desk.said(ResidenceRegistered).household.owner_consents


def test_whoever_a_corrected_form_names_does_not_decide_either() -> None:
    desk = waits(CIVIL_STATUS)
    aunt = official(9)
    names_her = submitted(declarant=aunt.person_id)
    desk.hear(supplement(BIRTH, task(desk).request, declaration=names_her))
    desk.hear(claim(BIRTH, aunt))
    refused = [event.reason.code for event in desk.events if isinstance(event, ActDeclined)]
    assert refused == ["own-case"]


def said_of(desk: Desk, kind: type[Event]) -> list[Event]:
    return [event for event in desk.events if isinstance(event, kind)]


@each_office
def test_a_supplement_of_another_procedure_is_not_heard(office: Office) -> None:
    desk = waits(office)
    other = next(each.name for each in OFFICES if each is not office)
    before = len(desk.events)
    desk.hear(supplement(other, task(desk).request))
    assert len(desk.events) == before
    assert said_of(desk, SupplementReceived) == []
