"""Every birth case of a real office, at the civil-status desk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, get_args

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from services.chassis.procedure import Exhausted
from services.chassis.rules import Approval, Dated, Rules
from services.civil_status import birth
from services.civil_status.rules import RULES, CivilStatusRules, Refusal
from tests.unit.births import (
    CHILD,
    FATHER,
    GRANDMOTHER,
    MOTHER,
    NOTICE,
    RECEIVED,
    TODAY,
    form,
    people,
    person,
    submitted,
)
from tests.unit.driver import Desk, World

FOREIGN_PLACE = {"country": "JP", "detail": "Tokyo"}
FOREIGN_MOTHER = {
    "details": {
        "full_name": "Anna Maria Schmidt",
        "born_on": "1994-05-06",
        "nationality": "DE",
        "document_number": "C01X00T47",
    }
}


def desk(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules, case, world=world or World())


def foundling(posted_on: date, **changes: Any) -> dict[str, Any]:
    evidence = {
        "kind": "foundling-record",
        "record_number": "04/BB-TEBR",
        "commune": "Phường Trấn Biên",
        "posted_on": posted_on.isoformat(),
    }
    fields: dict[str, Any] = {
        "relation": "carer",
        "mother": None,
        "father": None,
        "parents_married": False,
        "evidence": evidence,
    }
    return form(**(fields | changes))


def abroad(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "child": {"place": FOREIGN_PLACE},
        "evidence": {"kind": "foreign-certificate", "country": "JP", "number": "JP 77"},
        "household": None,
    }
    return form(**(fields | changes))


def commitment(signed_on: str) -> dict[str, Any]:
    return {"kind": "commitment", "signed_on": signed_on}


ALONE: dict[str, Any] = {"parents_married": False, "father": None}
MOTHERS_NAME = {"full_name": "Nguyễn Gia Khôi"}

GRANTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "parents married, hospital": (form(), {}),
    "the father declares": (form(relation="father"), {"declarant": FATHER}),
    "a grandparent declares": (form(relation="grandparent"), {"declarant": GRANDMOTHER}),
    "a relative declares": (form(relation="relative"), {"declarant": GRANDMOTHER}),
    "a carer declares": (form(relation="carer"), {"declarant": GRANDMOTHER}),
    "born today": (form(child={"born_on": "2026-11-20"}), {}),
    "120 years old today": (form(child={"born_on": "1906-11-20"}), {}),
    "the mother's surname by agreement": (form(child=MOTHERS_NAME), {}),
    "unmarried, recognised": (form(parents_married=False, father_recognises=True), {}),
    "unmarried, not recognised": (form(child=MOTHERS_NAME, parents_married=False), {}),
    "father unknown": (form(child=MOTHERS_NAME, **ALONE), {}),
    "surname typed with combining accents": (
        form(child={"full_name": "Nguye\u0302\u0303n Gia Khôi"}, **ALONE),
        {},
    ),
    "surname in capitals": (form(child={"full_name": "NGUYỄN GIA KHÔI"}, **ALONE), {}),
    "the father alone recognises": (
        form(relation="father", mother=None, parents_married=False, father_recognises=True),
        {"declarant": FATHER},
    ),
    "a foreign mother, her last name": (
        form(child={"full_name": "Schmidt Gia Khôi"}, relation="father", mother=FOREIGN_MOTHER),
        {"declarant": FATHER},
    ),
    "surrogacy with confirmation": (form(surrogacy_confirmation="BV Từ Dũ 12/2026"), {}),
    "home birth, a witness": (
        form(evidence={"kind": "witness", "personal_id": GRANDMOTHER}),
        {"people": people() | {GRANDMOTHER: person(GRANDMOTHER, "Vũ Thị Loan")}},
    ),
    "home birth, committed on the day of birth": (form(evidence=commitment("2026-11-10")), {}),
    "home birth, committed on the day of receipt": (form(evidence=commitment("2026-11-20")), {}),
    "a foundling on the eighth day": (foundling(TODAY - timedelta(days=8)), {}),
    "born abroad": (abroad(), {}),
    "the mother died on the day of birth": (
        form(),
        {"people": people(mother={"deceased_on": "2026-11-10"})},
    ),
    "the father died 300 days before": (
        form(),
        {"people": people(father={"deceased_on": "2026-01-14"})},
    ),
}

REFUSED: dict[str, tuple[Refusal, dict[str, Any], dict[str, Any]]] = {
    "another says she is the mother": (
        "declarant-not-entitled",
        form(),
        {"declarant": GRANDMOTHER},
    ),
    "another says he is the father": (
        "declarant-not-entitled",
        form(relation="father"),
        {"declarant": MOTHER},
    ),
    "a mother whom the form does not name": (
        "declarant-not-entitled",
        form(mother=None, parents_married=False, father_recognises=True),
        {},
    ),
    "a relative of a foundling": (
        "declarant-not-entitled",
        foundling(TODAY - timedelta(days=8), relation="relative"),
        {},
    ),
    "born tomorrow": ("born-in-future", form(child={"born_on": "2026-11-21"}), {}),
    "more than 120 years old": ("born-too-long-ago", form(child={"born_on": "1906-11-19"}), {}),
    "a child of another nationality": (
        "child-not-vietnamese",
        form(child={"nationality": "KR"}),
        {},
    ),
    "no parent is Vietnamese": (
        "child-not-vietnamese",
        form(),
        {"people": people(mother={"nationality": "KR"}, father={"nationality": "KR"})},
    ),
    "only a father who is not entered is Vietnamese": (
        "child-not-vietnamese",
        form(parents_married=False),
        {"people": people(mother={"nationality": "KR"})},
    ),
    "nothing proves the birth": ("evidence-missing", form(evidence={"kind": "none"}), {}),
    "committed the day before the birth": (
        "evidence-not-accepted",
        form(evidence=commitment("2026-11-09")),
        {},
    ),
    "committed the day after the receipt": (
        "evidence-not-accepted",
        form(evidence=commitment("2026-11-21")),
        {},
    ),
    "born abroad without a foreign certificate": (
        "evidence-not-accepted",
        abroad(evidence=NOTICE),
        {},
    ),
    "born abroad with a commitment": (
        "evidence-not-accepted",
        abroad(evidence=commitment("2026-11-15")),
        {},
    ),
    "a certificate of another country": (
        "evidence-not-accepted",
        abroad(evidence={"kind": "foreign-certificate", "country": "KR", "number": "1"}),
        {},
    ),
    "born in Viet Nam with a foreign certificate": (
        "evidence-not-accepted",
        form(evidence={"kind": "foreign-certificate", "country": "VN", "number": "1"}),
        {},
    ),
    "a foundling whose mother is named": (
        "evidence-not-accepted",
        foundling(TODAY - timedelta(days=8), mother={"personal_id": MOTHER}),
        {},
    ),
    "a foundling on the seventh day": (
        "posting-not-over",
        foundling(TODAY - timedelta(days=7)),
        {},
    ),
    "surrogacy without marriage": (
        "surrogacy-not-married",
        form(surrogacy_confirmation="x", parents_married=False, father_recognises=True),
        {},
    ),
    "the mother died the day before": (
        "parent-deceased-before-birth",
        form(),
        {"people": people(mother={"deceased_on": "2026-11-09"})},
    ),
    "the father died 301 days before": (
        "parent-deceased-before-birth",
        form(),
        {"people": people(father={"deceased_on": "2026-01-13"})},
    ),
    "the father alone does not recognise": (
        "father-not-recognising",
        form(relation="father", mother=None, parents_married=False),
        {"declarant": FATHER},
    ),
    "not recognised, his surname": ("surname-not-mothers", form(parents_married=False), {}),
    "father unknown, another surname": ("surname-not-mothers", form(**ALONE), {}),
    "a surname of neither": (
        "surname-not-a-parents",
        form(child={"full_name": "Phạm Gia Khôi"}),
        {},
    ),
    "a Vietnamese mother's middle name is no surname": (
        "surname-not-a-parents",
        form(child={"full_name": "Hồng Gia Khôi"}),
        {},
    ),
}


@pytest.mark.parametrize(("of", "changes"), GRANTED.values(), ids=GRANTED.keys())
def test_is_registered(of: dict[str, Any], changes: dict[str, Any]) -> None:
    case = desk()
    case.hear(submitted(of, **changes))
    event = case.said(BirthRegistered)
    assert event.registered_on == TODAY
    assert event.bundle == submitted().bundle
    assert len(case.events) == len(case.records) == 1


@pytest.mark.parametrize(("code", "of", "changes"), REFUSED.values(), ids=REFUSED.keys())
def test_is_refused(code: Refusal, of: dict[str, Any], changes: dict[str, Any]) -> None:
    case = desk()
    case.hear(submitted(of, **changes))
    assert case.said(BirthRefused).reason.code == code
    assert len(case.events) == 1
    assert not case.records
    assert not case.rounds, "a refused declaration holds no claim on the child"


def test_every_reason_has_a_case() -> None:
    reached = {code for code, _, _ in REFUSED.values()} | {"duplicate-declaration"}
    assert reached == set(get_args(Refusal))


def test_a_foundlings_carer_is_told_from_when_on() -> None:
    case = desk()
    case.hear(submitted(foundling(TODAY - timedelta(days=7))))
    reason = case.said(BirthRefused).reason
    assert "21/11/2026" in reason.vi
    assert "21/11/2026" in reason.en


@pytest.mark.parametrize(
    ("father_entered", "changes"),
    [
        (True, {"parents_married": True}),
        (True, {"parents_married": False, "father_recognises": True}),
        (False, {"parents_married": False}),
    ],
)
def test_a_father_is_entered_where_married_or_recognising(
    father_entered: bool, changes: dict[str, Any]
) -> None:
    case = desk()
    case.hear(submitted(form(child=MOTHERS_NAME, **changes)))
    child = case.said(BirthRegistered).child
    assert (child.father is not None) == father_entered
    assert (case.row("births")["father_id"] == FATHER) == father_entered
    assert child.mother is not None
    assert child.mother.full_name == "Nguyễn Thị Hồng Nhung"


@pytest.mark.parametrize(("born_on", "late"), [("2026-09-21", False), ("2026-09-20", True)])
def test_a_declaration_is_late_after_the_sixtieth_day(born_on: str, late: bool) -> None:
    case = desk()
    case.hear(submitted(form(child={"born_on": born_on})))
    assert case.said(BirthRegistered).late is late
    assert case.row("births")["late"] is late


@pytest.mark.parametrize(
    ("received_at", "late"),
    [
        (datetime(2026, 11, 20, 16, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 20, 17, 0, tzinfo=UTC), True),
    ],
)
def test_the_day_of_receipt_is_that_of_viet_nam(received_at: datetime, late: bool) -> None:
    case = desk()
    case.hear(submitted(form(child={"born_on": "2026-09-21"}), received_at=received_at))
    assert case.said(BirthRegistered).late is late


def test_twins_are_not_duplicates() -> None:
    world = World()
    first, second = desk("case-1", world), desk("case-2", world)
    first.hear(submitted())
    notice = {"kind": "hospital-notice", "code": "01001.GCS.00043.26"}
    second.hear(submitted(form(child={"birth_order": 2}, evidence=notice)))
    numbers = {d.said(BirthRegistered).registration_number for d in (first, second)}
    assert len(numbers) == 2


SAME_CHILD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "same mother, day and order": (form(), form(evidence=commitment("2026-11-12"))),
    "same father, day and order": (
        form(mother=None, relation="father", parents_married=False, father_recognises=True),
        form(
            mother=None,
            relation="father",
            parents_married=False,
            father_recognises=True,
            evidence=commitment("2026-11-12"),
        ),
    ),
    "same notice, another day": (form(), form(child={"born_on": "2026-11-11"})),
    "same notice, the father alone": (
        form(),
        form(mother=None, relation="father", parents_married=False, father_recognises=True),
    ),
    "same foreign mother's document, written otherwise": (
        form(relation="father", mother=FOREIGN_MOTHER),
        form(
            relation="father",
            mother={"details": FOREIGN_MOTHER["details"] | {"document_number": " c01x00t47 "}},
            evidence=commitment("2026-11-12"),
        ),
    ),
    "same foundling record, written otherwise": (
        foundling(date(2026, 11, 12)),
        foundling(
            date(2026, 11, 12),
            evidence={
                "kind": "foundling-record",
                "record_number": "04/bb-tebr",
                "commune": "phường  Trấn Biên",
                "posted_on": "2026-11-12",
            },
        ),
    ),
    "same foreign certificate": (
        abroad(),
        abroad(child={"place": FOREIGN_PLACE, "born_on": "2026-11-11"}),
    ),
}


def by_declarant(of: dict[str, Any]) -> Any:
    return submitted(of, declarant=FATHER if of["relation"] == "father" else MOTHER)


@pytest.mark.parametrize(("one", "other"), SAME_CHILD.values(), ids=SAME_CHILD.keys())
def test_the_same_child_is_registered_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    world = World()
    first, second = desk("case-1", world), desk("case-2", world)
    first.hear(by_declarant(one))
    second.hear(by_declarant(other))
    first.said(BirthRegistered)
    reason = second.said(BirthRefused).reason
    assert (reason.code, reason.refers_to) == ("duplicate-declaration", "case-1")
    assert "case-1" in reason.vi
    assert world.of("case-2") == set(), "what the second had won is released"
    assert not second.records


def test_the_same_record_number_in_another_commune_is_another_child() -> None:
    world = World()
    for case, commune in (("case-1", "Phường Trấn Biên"), ("case-2", "Phường Long Khánh")):
        evidence = foundling(date(2026, 11, 12))["evidence"] | {"commune": commune}
        one = desk(case, world)
        one.hear(submitted(foundling(date(2026, 11, 12), evidence=evidence)))
        one.said(BirthRegistered)


def interleavings(length: int) -> Iterator[str]:
    for places in combinations(range(2 * length), length):
        yield "".join("a" if place in places else "b" for place in range(2 * length))


@pytest.mark.parametrize(("one", "other"), SAME_CHILD.values(), ids=SAME_CHILD.keys())
def test_two_rivals_never_refuse_each_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    for order in interleavings(4):
        world = World()
        desks = {"a": desk("case-a", world), "b": desk("case-b", world)}
        events = {"a": by_declarant(one), "b": by_declarant(other)}
        for turn in order:
            if not desks[turn].events:
                desks[turn].step(events[turn])
        for turn in "ab":
            if not desks[turn].events:
                desks[turn].hear(events[turn])
        said = sorted(event.type for d in desks.values() for event in d.events)
        assert said == [BirthRefused.type, BirthRegistered.type], order


def test_what_identifies_a_child_is_claimed_before_its_document_and_number() -> None:
    case = desk()
    case.hear(submitted())
    kinds = [[claim.kind for claim in asked] for asked in case.rounds]
    assert kinds == [["child"], ["registration-number", "document"]]


def test_a_registration_number_that_is_taken_is_passed_over() -> None:
    first = desk()
    first.hear(submitted())
    number = first.said(BirthRegistered).registration_number
    again = desk()
    again.world.taken("registration-number", number)
    again.hear(submitted())
    other = again.said(BirthRegistered).registration_number
    assert other != number
    assert [record.key for record in again.records] == [other]
    assert f"registration-number/{other}" in again.world.of("case-1")


def test_a_duplicate_that_lost_the_number_too_releases_only_what_it_won() -> None:
    first = desk()
    first.hear(submitted())
    case = desk()
    number = first.said(BirthRegistered).registration_number
    case.world.taken("registration-number", number)
    case.world.taken("document", f"hospital-notice/{NOTICE['code']}")
    case.hear(submitted())
    assert case.said(BirthRefused).reason.refers_to == "another-case"
    assert case.world.of("case-1") == set()


def test_registration_numbers_have_province_year_and_eight_digits() -> None:
    case = desk()
    case.hear(submitted(province="79"))
    prefix, digits = case.said(BirthRegistered).registration_number.rsplit("-", 1)
    assert prefix == "KS-79-2026"
    assert len(digits) == 8
    assert digits.isdigit()


def test_a_full_number_space_is_an_error() -> None:
    class Full(World):
        def answer(self, claim: Any, owner: Any) -> Any:
            if claim.kind == "registration-number":
                self.taken(claim.kind, claim.key)
            return super().answer(claim, owner)

    with pytest.raises(Exhausted):
        desk(world=Full()).hear(submitted())


def reviewing(value: Approval, place: str | None = None) -> CivilStatusRules:
    figures = [
        {"from": date(2016, 1, 1), "value": "auto", "source": "test", "confidence": "high"},
        {
            "from": date(2026, 11, 20),
            "place": place,
            "value": value,
            "source": "test",
            "confidence": "high",
        },
    ]
    approval = {"birth-registration": Dated[Approval].model_validate(figures)}
    return RULES.model_copy(update={"approval": approval})


@pytest.mark.parametrize(
    ("place", "province", "received_at", "waits"),
    [
        (None, "79", RECEIVED, True),
        ("79", "79", RECEIVED, True),
        ("79", "01", RECEIVED, False),
        ("79", "79", RECEIVED - timedelta(days=1), False),
    ],
)
def test_policy_by_province_and_day_says_whether_an_official_decides(
    place: str | None, province: str, received_at: datetime, waits: bool
) -> None:
    case = desk(rules=reviewing("review", place))
    case.hear(submitted(province=province, received_at=received_at))
    assert (case.state.awaits_official is not None) == waits
    assert bool(case.events) != waits
    assert bool(case.rounds) != waits, "nothing is claimed while an official has not decided"


def test_what_awaits_an_official_is_decided_like_what_does_not() -> None:
    waiting = desk(rules=reviewing("review"))
    waiting.hear(submitted())
    assert isinstance(waiting.state.awaits_official, birth.Application)
    waiting.hear(submitted())
    assert not waiting.events, "heard again, it still waits"
    automatic = desk()
    automatic.hear(submitted())
    context = automatic.context()
    answers = {claim.id: context.owner(claim) for asked in automatic.rounds for claim in asked}
    waiting.answers = answers
    decision = birth.conclude(waiting.state.awaits_official, waiting.context())
    assert list(decision.events) == automatic.events


def test_a_finding_awaits_the_official_too() -> None:
    waiting = desk(rules=reviewing("review"))
    waiting.hear(submitted(form(evidence={"kind": "none"})))
    found = waiting.state.awaits_official
    assert not waiting.events
    decision = birth.conclude(found, waiting.context())
    assert decision.events == (BirthRefused(reason=RULES.reason("evidence-missing")),)


def test_a_second_hearing_and_another_group_change_nothing() -> None:
    case = desk()
    assert case.hear(submitted(group="death")).state == birth.registration.initial
    case.hear(submitted())
    case.hear(submitted())
    assert len(case.events) == 1


def test_fields_of_a_later_form_are_no_mistake_of_the_family() -> None:
    case = desk()
    case.hear(submitted(form() | {"new_in_2027": True}))
    case.said(BirthRegistered)


def test_a_parent_whom_the_declaration_does_not_carry_is_an_error_not_a_refusal() -> None:
    with pytest.raises(LookupError):
        desk().hear(submitted(people={}))


def test_the_row_of_births_holds_plain_values() -> None:
    case = desk()
    case.hear(submitted())
    row = case.row("births")
    assert row["born_on"] == CHILD["born_on"]
    assert all(isinstance(value, str | int | bool | None) for value in row.values())


def test_every_sentence_can_be_made_in_both_languages() -> None:
    values: dict[str, Any] = {"days": 7, "from_day": TODAY, "years": 120, "case": "case-1"}
    rules: Rules[Refusal] = RULES
    for code in get_args(Refusal):
        reason = rules.reason(code, **values)
        assert reason.vi
        assert reason.en
        assert "{" not in reason.vi + reason.en
