"""Every birth case of a real office, and every reason to refuse one."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from services.civil_status import birth
from services.civil_status.rules import RULES, BirthRefusal
from tests.unit.births import (
    ALONE,
    FATHER,
    FOREIGN_MOTHER,
    GRANDMOTHER,
    MOTHER,
    MOTHERS_NAME,
    NOTICE,
    TODAY,
    abroad,
    commitment,
    form,
    foundling,
    people,
    person,
    submitted,
)
from tests.unit.driver import Desk, World
from tests.unit.test_births_after_a_notice import DECLARED_OTHERWISE


def desk(case: str = "case-1", world: World | None = None, rules: Any = RULES) -> Desk:
    return Desk(birth.registration, rules, case, world=world or World())


GRANTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "parents married, hospital": (form(), {}),
    "the father declares": (form(relation="father"), {"declarant": FATHER}),
    "a grandparent declares": (form(relation="grandparent"), {"declarant": GRANDMOTHER}),
    "a relative declares": (form(relation="relative"), {"declarant": GRANDMOTHER}),
    "a carer declares": (form(relation="carer"), {"declarant": GRANDMOTHER}),
    "born today": (form(child={"born_on": "2026-11-20"}), {}),
    "120 years old today": (
        form(child={"born_on": "1906-11-20"}),
        {"people": people(mother={"born_on": "1880-01-01"}, father={"born_on": "1880-01-01"})},
    ),
    "parents of ten years today": (
        form(),
        {"people": people(mother={"born_on": "2016-11-10"}, father={"born_on": "2016-11-10"})},
    ),
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

REFUSED: dict[str, tuple[BirthRefusal, dict[str, Any], dict[str, Any]]] = {
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
    "a mother who is male in the register": (
        "parent-of-other-sex",
        form(),
        {"people": people(mother={"sex": "male"})},
    ),
    "a father who is female in the register": (
        "parent-of-other-sex",
        form(),
        {"people": people(father={"sex": "female"})},
    ),
    "a mother a day too young": (
        "parent-too-young",
        form(),
        {"people": people(mother={"born_on": "2016-11-11"})},
    ),
    "a father born after the child": (
        "parent-too-young",
        form(),
        {"people": people(father={"born_on": "2026-11-11"})},
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
def test_is_refused(code: BirthRefusal, of: dict[str, Any], changes: dict[str, Any]) -> None:
    case = desk()
    case.hear(submitted(of, **changes))
    assert case.said(BirthRefused).reason.code == code
    assert len(case.events) == 1
    assert not case.records
    assert not case.rounds, "a refused declaration holds no claim on the child"


def test_every_reason_has_a_case() -> None:
    reached = {code for code, _, _ in REFUSED.values()} | {"duplicate-declaration"}
    reached |= {code for _, code in DECLARED_OTHERWISE if code}
    assert reached == set(get_args(BirthRefusal))


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
