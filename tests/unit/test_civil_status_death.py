"""Which deaths are registered, who gives notice of which, and that everybody dies once."""

from datetime import timedelta
from itertools import product
from typing import Any, get_args

import pytest

from contracts.birth.process import USUAL
from contracts.common.deaths import Cause, PlaceKind
from contracts.common.tasks import ActDeclined, TaskOpened
from contracts.death.events import DeathRefused, DeathRegistered
from contracts.death.form import Issuer
from contracts.death.process import DEATH
from services.civil_status import death
from services.civil_status.rules import RULES, DeathRefusal
from tests.unit import officials
from tests.unit.deaths import (
    BUNDLE,
    DECEASED,
    SON,
    TODAY,
    WIDOW,
    desk,
    form,
    notice,
    people,
    person,
    submitted,
)
from tests.unit.driver import Desk, World
from tests.unit.test_civil_status_claims import interleavings


def office(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return desk(death.registration, rules, case, world)


def died_at(kind: PlaceKind, cause: Cause, issuer: Issuer) -> dict[str, Any]:
    place = {"kind": kind, "province": "33", "detail": "Thái Bình"}
    return form(place=place, cause=cause, evidence=notice(issuer=issuer))


def entitled(place: PlaceKind, cause: Cause) -> set[Issuer]:
    """Return who gives notice of such a death, by Decree 123/2015, art. 4 (2)."""
    if cause == "declared-by-court":
        return {"court"}
    if cause in ("accident", "suspicious"):
        return {"police", "forensics"}
    return {"hospital"} if place == "hospital" else {"commune"}


@pytest.mark.parametrize(
    ("place", "cause", "issuer"),
    list(product(get_args(PlaceKind), get_args(Cause), get_args(Issuer))),
)
def test_death_notices_are_issued_by_place_and_cause(
    place: PlaceKind, cause: Cause, issuer: Issuer
) -> None:
    case = office()
    case.hear(submitted(died_at(place, cause, issuer)))
    right = entitled(place, cause)
    if issuer in right:
        assert case.said(DeathRegistered).issuer == issuer
        return
    reason = case.said(DeathRefused).reason
    assert reason.code == f"notice-not-by-{'-or-'.join(sorted(right, reverse=True))}"
    assert reason.vi
    assert reason.en
    assert not case.rounds, "a refused declaration holds no claim"


REFUSED: dict[str, tuple[DeathRefusal, dict[str, Any], dict[str, Any]]] = {
    "one's own death": ("declares-own-death", form(), {"declarant": DECEASED}),
    "dies tomorrow": ("died-in-future", form(died_on="2026-11-21"), {}),
    "died before being born": ("died-before-birth", form(died_on="1954-08-16"), {}),
    "no notice": ("notice-missing", form(evidence={"kind": "none"}), {}),
    "a notice from the day before the death": (
        "notice-of-another-time",
        form(evidence=notice(issued_on="2026-11-15")),
        {},
    ),
    "a notice from tomorrow": (
        "notice-of-another-time",
        form(evidence=notice(issued_on="2026-11-21")),
        {},
    ),
    "deceased in the register": (
        "recorded-as-deceased",
        form(),
        {"people": people(deceased_on="2020-05-01")},
    ),
    "at home, by the hospital": (
        "notice-not-by-commune",
        died_at("home", "illness", "hospital"),
        {},
    ),
    "in hospital, by the commune": (
        "notice-not-by-hospital",
        died_at("hospital", "illness", "commune"),
        {},
    ),
    "an accident, by the commune": (
        "notice-not-by-police-or-forensics",
        died_at("elsewhere", "accident", "commune"),
        {},
    ),
    "declared dead, by the police": (
        "notice-not-by-court",
        died_at("elsewhere", "declared-by-court", "police"),
        {},
    ),
}


@pytest.mark.parametrize(("code", "of", "changes"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused(code: DeathRefusal, of: dict[str, Any], changes: dict[str, Any]) -> None:
    case = office()
    case.hear(submitted(of, **changes))
    assert case.said(DeathRefused).reason.code == code
    assert len(case.events) == 1
    assert not case.records
    assert case.world.of("case-1") == set(), "a refused case holds no claim"


def test_every_reason_has_a_case() -> None:
    reached = {code for code, _, _ in REFUSED.values()}
    assert reached | {"death-registered-before", "notice-used-before"} == set(
        get_args(DeathRefusal)
    )


ACCEPTED = {
    "on the day of death": form(died_on="2026-11-20", evidence=notice(issued_on="2026-11-20")),
    "noticed on the day of death": form(),
    "noticed on the day of receipt": form(evidence=notice(issued_on="2026-11-20")),
    "died on the day of birth": form(died_on="1954-08-17"),
}


@pytest.mark.parametrize("of", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_is_registered(of: dict[str, Any]) -> None:
    case = office()
    case.hear(submitted(of))
    event = case.said(DeathRegistered)
    assert event.registered_on == TODAY
    assert event.bundle == BUNDLE
    assert event.deceased == people()[DECEASED]
    assert event.registration_number.startswith("KT-33-2026-")
    assert case.row("deaths")["personal_id"] == DECEASED


@pytest.mark.parametrize(("days", "late"), [(0, False), (15, False), (16, True), (400, True)])
def test_a_death_is_declared_on_time_within_fifteen_days(days: int, late: bool) -> None:
    case = office()
    died_on = (TODAY - timedelta(days=days)).isoformat()
    case.hear(submitted(form(died_on=died_on, evidence=notice(issued_on=died_on))))
    assert case.said(DeathRegistered).late == late


OTHERS = {
    "again": form(),
    "by the son, with another notice": form(evidence=notice(number="218/GBT")),
    "on another day": form(died_on="2026-11-15", evidence=notice(number="218/GBT")),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_everybody_dies_once(other: dict[str, Any]) -> None:
    world = World()
    first, second = office("case-1", world), office("case-2", world)
    first.hear(submitted())
    second.hear(submitted(other, declarant=SON))
    first.said(DeathRegistered)
    reason = second.said(DeathRefused).reason
    assert (reason.code, reason.refers_to) == ("death-registered-before", "case-1")
    assert "case-1" in reason.vi
    assert world.of("case-2") == set()


def test_who_is_registered_as_deceased_is_told_of_the_case_though_the_register_knows() -> None:
    world = World()
    office("case-1", world).hear(submitted())
    second = office("case-2", world)
    second.hear(submitted(people=people(deceased_on="2026-11-16")))
    assert second.said(DeathRefused).reason.refers_to == "case-1"


def another() -> Any:
    """Return the declaration of the widow's death, with the notice that was used for his."""
    known = {**people(), WIDOW: person(WIDOW, "Vũ Thị Hạnh")}
    benefit = form()["benefit"] | {"payee": SON, "relatives": []}
    return submitted(form(deceased=WIDOW, benefit=benefit), declarant=SON, people=known)


def test_a_notice_speaks_of_one_death() -> None:
    world = World()
    first, second = office("case-1", world), office("case-2", world)
    first.hear(submitted(form(evidence=notice(number=" 217/gbt"))))
    second.hear(another())
    reason = second.said(DeathRefused).reason
    assert (reason.code, reason.refers_to) == ("notice-used-before", "case-1")
    assert world.of("case-2") == set(), "the person may still be declared with the right notice"


@pytest.mark.parametrize("rival", [submitted(declarant=SON), another()], ids=["person", "notice"])
def test_two_rivals_never_refuse_each_other(rival: Any) -> None:
    for order in interleavings(4):
        world = World()
        desks = {"a": office("case-a", world), "b": office("case-b", world)}
        events = {"a": submitted(), "b": rival}
        for turn in order:
            if not desks[turn].events:
                desks[turn].step(events[turn])
        for turn in "ab":
            if not desks[turn].events:
                desks[turn].hear(events[turn])
        said = sorted(event.type for d in desks.values() for event in d.events)
        assert said == [DeathRefused.type, DeathRegistered.type], order


def test_a_second_hearing_another_group_and_another_bundle_change_nothing() -> None:
    case = office()
    assert case.hear(submitted(bundle=USUAL)).state == death.registration.initial
    assert case.hear(submitted(group="birth")).state == death.registration.initial
    case.hear(submitted())
    case.hear(submitted())
    assert len(case.events) == 1


def test_a_deceased_whom_the_declaration_does_not_carry_is_an_error_not_a_refusal() -> None:
    with pytest.raises(LookupError):
        office().hear(submitted(people={}))


@pytest.mark.parametrize("of", [form(), form(evidence={"kind": "none"})])
def test_where_policy_says_review_an_official_decides(of: dict[str, Any]) -> None:
    case = office(rules=officials.reviewed(RULES, DEATH, "review-by-two"))
    case.hear(submitted(of))
    case.hear(submitted(of))
    finding = case.said(TaskOpened).task.finding
    assert not case.rounds, "nothing is claimed while an official has not decided"
    for number in (1, 2) if finding is None else (1,):
        who = officials.official(number)
        case.hear(officials.claim(DEATH, who))
        decision = officials.APPROVE if finding is None else {"decision": "refuse"}
        case.hear(officials.decide(DEATH, who, decision))
    assert isinstance(case.events[-1], DeathRegistered if finding is None else DeathRefused)
    if finding is not None:
        assert case.said(DeathRefused).reason == finding


def test_nobody_decides_about_the_death_of_a_relative() -> None:
    case = office(rules=officials.reviewed(RULES, DEATH))
    case.hear(submitted())
    case.hear(officials.claim(DEATH, officials.official(person_id=WIDOW)))
    assert case.said(ActDeclined).reason.code == "own-case"
