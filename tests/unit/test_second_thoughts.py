"""What civil status says to withdrawals, revocations and corrections, of births and of deaths."""

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth.process import BIRTH
from contracts.common.task_events import task_events
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    DeclarationWithdrawn,
    RegistrationRevoked,
    RequestDeclined,
)
from contracts.death.process import DEATH
from contracts.envelope import Event
from services.chassis.gate import CLAIM
from services.civil_status import birth, death
from services.civil_status.rules import RULES
from tests.unit import deaths
from tests.unit.births import FATHER, MOTHER, form, submitted
from tests.unit.driver import Desk, World
from tests.unit.officials import APPROVE, claim, decide, official, reviewed
from tests.unit.requests import JUDGEMENT, correction, revocation, withdrawal


class Office(NamedTuple):
    """One of the two registers."""

    name: str
    procedure: Any
    declared: Event
    correction: dict[str, Any]
    corrected: type[Event]


BIRTHS = Office(
    BIRTH, birth.registration, submitted(), {"full_name": "Trần Gia Khoa"}, BirthCorrected
)
DEATHS = Office(
    DEATH, death.registration, deaths.submitted(), {"died_on": "2026-11-15"}, DeathCorrected
)
of_each = pytest.mark.parametrize("office", [BIRTHS, DEATHS], ids=lambda office: office.name)
NUMBERS = "registration-number/"


def desk(
    office: Office,
    *events: Event,
    case: str = "case-1",
    world: World | None = None,
    rules: Any = None,
) -> Desk:
    group = office.name.partition("-")[0]
    found = Desk(office.procedure, rules or RULES, case, world=world or World(), group=group)
    for event in events:
        found.hear(event)
    return found


def declined(found: Desk) -> list[str]:
    return [each.reason.code for each in found.events if isinstance(each, RequestDeclined)]


def held(found: Desk) -> set[str]:
    """Return what a case holds but for its number, which stays used."""
    return {id for id in found.world.of(found.case) if not id.startswith(NUMBERS)}


@of_each
def test_a_withdrawal_that_is_faster_than_its_declaration_ends_the_case(office: Office) -> None:
    found = desk(office, withdrawal())
    assert found.events == []
    found.hear(office.declared)
    said = found.said(DeclarationWithdrawn)
    assert (said.declarant, said.reason.code) == (MOTHER, "withdrawn-by-declarant")
    assert found.world.held == {}
    assert found.records == []


@of_each
def test_what_is_registered_first_stays_and_the_declarant_is_told_why(office: Office) -> None:
    found = desk(office, office.declared, withdrawal())
    assert declined(found) == ["registered-before"]
    assert found.state.outcome == "registered"
    assert len(found.records) == 1


def test_a_birth_under_review_can_be_withdrawn_and_its_task_is_closed() -> None:
    rules = reviewed(RULES, BIRTH)
    found = desk(BIRTHS, submitted(), claim(BIRTH, official()), rules=rules)
    assert CLAIM in found.deadlines
    found.hear(withdrawal())
    closed = found.said(task_events("civil-status").closed)
    assert (closed.task.state, closed.task.held_by) == ("decided", None)
    assert found.said(DeclarationWithdrawn).reason == closed.reason
    assert found.deadlines == {}
    assert found.world.held == {}
    found.hear(decide(BIRTH, official(), APPROVE))
    assert not any(isinstance(event, BirthRegistered) for event in found.events)


@of_each
def test_a_withdrawn_or_refused_declaration_is_withdrawn_once(office: Office) -> None:
    found = desk(office, withdrawal(), office.declared, withdrawal())
    assert declined(found) == ["withdrawn-before"]
    assert len([each for each in found.events if isinstance(each, DeclarationWithdrawn)]) == 1


def test_a_refused_birth_is_not_withdrawn() -> None:
    found = desk(BIRTHS, submitted(form(evidence={"kind": "none"})), withdrawal())
    assert declined(found) == ["refused-before"]
    found.said(BirthRefused)


@of_each
def test_after_a_withdrawal_or_a_revocation_the_same_can_be_declared_again(office: Office) -> None:
    world = World()
    first = desk(office, withdrawal(), office.declared, world=world)
    second = desk(office, office.declared, case="case-2", world=world)
    assert second.state.outcome == "registered"
    second.hear(revocation(office.name))
    assert held(first) == held(second) == set()
    third = desk(office, office.declared, case="case-3", world=world)
    assert third.state.outcome == "registered"


@of_each
def test_a_judgement_makes_a_registration_void_once(office: Office) -> None:
    found = desk(office, office.declared, revocation(office.name), revocation(office.name))
    said = found.said(RegistrationRevoked)
    assert said.judgement == JUDGEMENT
    assert said.reason.refers_to == JUDGEMENT.number
    assert JUDGEMENT.number in said.reason.vi
    assert "20/11/2026" in said.reason.en
    assert declined(found) == ["revoked-before"]
    assert found.records[-1].row()["revoked_by"] == JUDGEMENT.number
    assert found.records[-1].key == found.records[0].key


STRANGER = official(agency="residence")
OBJECTIONS = [
    ({"official": STRANGER}, "beyond-office"),
    ({"official": official(provinces=("79",))}, "beyond-office"),
    ({"official": official(procedures=("marriage-registration",))}, "beyond-office"),
    ({"persons": (official().person_id,)}, "own-family"),
    ({"judgement": JUDGEMENT.with_(judged_on=date(2026, 11, 21))}, "judged-in-future"),
    ({"judgement": JUDGEMENT.with_(judged_on=date(2026, 11, 19))}, "judged-before-registration"),
]


@of_each
@pytest.mark.parametrize(("changes", "code"), OBJECTIONS, ids=lambda each: str(each)[:24])
def test_a_revocation_that_must_not_count_says_why(
    office: Office, changes: dict[str, Any], code: str
) -> None:
    found = desk(office, office.declared, revocation(office.name, **changes))
    assert declined(found) == [code]
    assert found.state.outcome == "registered"


@of_each
@pytest.mark.parametrize(
    ("judged_on", "codes"),
    [
        (date(2026, 11, 19), ["judged-before-registration"]),
        (date(2026, 11, 20), []),
        (date(2026, 11, 30), []),
        (date(2026, 12, 1), ["judged-in-future"]),
    ],
)
def test_a_judgement_is_of_a_day_between_the_registration_and_today(
    office: Office, judged_on: date, codes: list[str]
) -> None:
    found = desk(office, office.declared)
    found.now += timedelta(days=10)
    found.hear(revocation(office.name, judgement=JUDGEMENT.with_(judged_on=judged_on)))
    assert declined(found) == codes
    assert found.state.outcome == ("registered" if codes else "revoked")


@pytest.mark.parametrize(
    ("office", "person"), [(BIRTHS, FATHER), (DEATHS, deaths.WIDOW)], ids=["father", "payee"]
)
def test_nobody_decides_about_their_own_family(office: Office, person: str) -> None:
    act = revocation(office.name, official=official(person_id=person))
    assert declined(desk(office, office.declared, act)) == ["own-family"]


@of_each
def test_what_is_not_registered_is_neither_revoked_nor_corrected(office: Office) -> None:
    acts = (revocation(office.name), correction(office.name, office.correction))
    found = desk(office, *acts, withdrawal(), office.declared, *acts)
    assert declined(found) == ["not-registered"] * 4


@of_each
def test_a_correction_is_said_and_written_and_a_repeated_one_changes_nothing(
    office: Office,
) -> None:
    act = correction(office.name, office.correction)
    found = desk(office, office.declared, act, act)
    found.said(office.corrected)
    assert declined(found) == ["nothing-changes"]
    assert office.correction.items() <= found.records[-1].row().items()
    found.hear(revocation(office.name))
    found.hear(correction(office.name, office.correction | {"x": 1}))
    assert declined(found)[-1] == "revoked-before"


def test_a_corrected_birth_says_what_changed_and_carries_the_whole_child() -> None:
    act = correction(BIRTH, {"full_name": "Trần Gia Khoa", "born_on": "2026-11-09"})
    said = desk(BIRTHS, submitted(), act).said(BirthCorrected)
    assert said.corrected == ("full_name", "born_on")
    assert (said.child.full_name, said.child.born_on) == ("Trần Gia Khoa", date(2026, 11, 9))
    assert said.child.mother is not None


WRONG = [
    (BIRTHS, {"born_on": "2025-11-10"}, "identifier-would-change"),
    (BIRTHS, {"born_on": "2026-11-21"}, "corrected-after-registration"),
    (DEATHS, {"died_on": "2026-11-21"}, "corrected-after-registration"),
    (DEATHS, {"died_on": "1954-08-16"}, "corrected-before-birth"),
    (DEATHS, {"died_on": "2026-10-31"}, "month-decides-benefit"),
]


@pytest.mark.parametrize(("office", "changes", "code"), WRONG, ids=lambda each: str(each)[:24])
def test_what_cannot_be_corrected_is_declined(
    office: Office, changes: dict[str, Any], code: str
) -> None:
    found = desk(office, office.declared, correction(office.name, changes))
    assert declined(found) == [code]


@pytest.mark.parametrize(
    ("office", "field"), [(BIRTHS, "born_on"), (DEATHS, "died_on")], ids=["birth", "death"]
)
@pytest.mark.parametrize(("day", "codes"), [(20, []), (21, ["corrected-after-registration"])])
def test_nothing_is_corrected_to_have_happened_after_its_registration(
    office: Office, field: str, day: int, codes: list[str]
) -> None:
    found = desk(office, office.declared)
    found.now += timedelta(days=10)
    found.hear(correction(office.name, {field: f"2026-11-{day}"}))
    assert declined(found) == codes
    assert len(found.records) == 2 - len(codes)


def test_without_a_benefit_the_month_of_death_can_be_corrected() -> None:
    declared = deaths.submitted(
        deaths.form(
            benefit=None, died_on="2026-11-01", evidence=deaths.notice(issued_on="2026-11-01")
        )
    )
    found = desk(DEATHS, declared, correction(DEATH, {"died_on": "2026-10-31"}))
    assert found.said(DeathCorrected).died_on == date(2026, 10, 31)


def test_a_child_is_known_by_both_days_once_the_day_is_corrected() -> None:
    world = World()
    first = desk(BIRTHS, submitted(), correction(BIRTH, {"born_on": "2026-11-09"}), world=world)
    for day, notice in (("2026-11-09", "00043"), ("2026-11-10", "00044")):
        evidence = {"kind": "hospital-notice", "code": f"01001.GCS.{notice}.26"}
        again = submitted(form({"born_on": day}, evidence=evidence))
        second = desk(BIRTHS, again, case=f"case-{day}", world=world)
        assert second.said(BirthRefused).reason.refers_to == "case-1"
    first.hear(revocation(BIRTH))
    assert held(first) == set()


def test_a_correction_makes_no_child_of_another_case() -> None:
    world = World()
    other = {"kind": "hospital-notice", "code": "01001.GCS.00043.26"}
    desk(BIRTHS, submitted(form({"born_on": "2026-11-09"}, evidence=other)), world=world)
    second = desk(BIRTHS, submitted(), case="case-2", world=world)
    before = set(second.world.held)
    second.hear(correction(BIRTH, {"born_on": "2026-11-09"}))
    assert declined(second) == ["child-of-another-case"]
    assert set(second.world.held) == before, "nothing is kept that was claimed in vain"
