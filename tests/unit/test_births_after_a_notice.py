"""A birth is declared when the hospital's notice is known: as it says, or not at all."""

from typing import Any

import pytest

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth_notice.form import BirthNotice, BirthNoticeForm
from contracts.common.proposals import Proposal
from services.civil_status import birth, birth_notice
from services.civil_status.rules import RULES, BirthRefusal
from tests.unit import births
from tests.unit.driver import Desk, World
from tests.unit.test_birth_notice import NAMED, NOTICE, recorded, submitted, unsigned

OTHERWISE: BirthRefusal = "not-as-the-hospital-says"
ELSEWHERE = {"country": "VN", "province": "79", "detail": "Bệnh viện Từ Dũ"}
DECLARED_OTHERWISE: list[tuple[dict[str, Any], BirthRefusal | None]] = [
    ({}, None),
    ({"child": {"place": births.CHILD["place"] | {"detail": "BV Phụ sản"}}}, None),
    ({"child": {"born_on": "2026-11-09"}}, OTHERWISE),
    ({"child": {"sex": "female"}}, OTHERWISE),
    ({"child": {"birth_order": 2}}, OTHERWISE),
    ({"child": {"place": ELSEWHERE}}, OTHERWISE),
    ({"mother": {"personal_id": births.GRANDMOTHER}}, OTHERWISE),
    ({"mother": {"details": NAMED}}, OTHERWISE),
    ({"mother": None, "parents_married": False, "father_recognises": True}, OTHERWISE),
]
"""What is other on the form than in the hospital's notice, and why it is refused, if it is."""


def decided(changes: dict[str, Any], notice: dict[str, Any]) -> Any:
    """Return what civil status says of a birth that the father declares after a notice."""
    said = BirthNotice.model_validate(notice)
    people = births.people() | {
        births.GRANDMOTHER: births.person(births.GRANDMOTHER, "Nguyễn Thị Hoa")
    }
    event = births.submitted(
        births.form(relation="father", **changes),
        declarant=births.FATHER,
        people=people,
        proposal=birth_notice.proposal(said, None),
    )
    (answer,) = Desk(birth.registration, RULES).hear(event).events
    return answer.reason.code if isinstance(answer, BirthRefused) else None


@pytest.mark.parametrize(("changes", "code"), DECLARED_OTHERWISE)
def test_a_birth_is_not_declared_otherwise_than_the_hospital_says(
    changes: dict[str, Any], code: str | None
) -> None:
    assert decided(changes, NOTICE) == code


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({}, None),
        ({"full_name": "SOMSRI  chaiyaporn", "document_number": "aa 1234567"}, None),
        ({"full_name": "Somsri C."}, None),
        ({"document_number": "AA1234568"}, OTHERWISE),
        ({"nationality": "LA"}, OTHERWISE),
    ],
)
def test_a_mother_without_identifier_is_known_by_her_document(
    details: dict[str, Any], code: str | None
) -> None:
    notice = {**NOTICE, "mother": {"details": NAMED}}
    assert decided({"mother": {"details": NAMED | details}}, notice) == code


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"full_name": "NGUYỄN THỊ HỒNG NHUNG"}, None),
        ({"full_name": "Nguyễn Thị Hồng"}, OTHERWISE),
        ({"full_name": "Nguyễn Thị Hồng Nhung", "born_on": "1996-03-15"}, OTHERWISE),
    ],
)
def test_a_mother_whose_identifier_the_hospital_had_not_is_known_by_name_and_birthday(
    details: dict[str, Any], code: str | None
) -> None:
    named = NAMED | {"nationality": "VN", "born_on": "1996-03-14"} | details
    assert decided({}, {**NOTICE, "mother": {"details": named}}) == code


FIRST, SECOND, THIRD = (f"01001.GCS.0004{n}.26" for n in (1, 2, 3))


def declared(case: str, world: World, code: str, **more: Any) -> Any:
    """Return what civil status says of a birth by the notice of that code."""
    form = births.form(evidence={"kind": "hospital-notice", "code": code}, **more.pop("form", {}))
    desk = Desk(birth.registration, RULES, case, world=world)
    (answer,) = desk.hear(births.submitted(form, **more)).events
    return answer


def newest() -> Proposal:
    """Return what is proposed after a notice that replaces the second one."""
    said = BirthNotice.model_validate({**NOTICE, "code": THIRD, "replaces": SECOND})
    return birth_notice.proposal(said, None)


def test_a_child_is_registered_once_though_its_notice_was_replaced_since() -> None:
    """The first notice said another day and order."""
    world = World()
    wrong = {"child": {"born_on": "2026-11-09", "birth_order": 2}}
    first = declared("case-1", world, FIRST, form=wrong)
    assert isinstance(first, BirthRegistered)
    again = declared("case-2", world, THIRD, proposal=newest(), replaced=(SECOND, FIRST))
    assert isinstance(again, BirthRefused)
    assert (again.reason.code, again.reason.refers_to) == ("duplicate-declaration", "case-1")


@pytest.mark.parametrize("code", [SECOND, THIRD])
def test_who_names_another_of_its_notices_declares_the_same_child(code: str) -> None:
    world = World()
    right = declared("case-1", world, FIRST, proposal=newest(), replaced=(SECOND, FIRST))
    assert isinstance(right, BirthRegistered)
    again = declared("case-2", world, code, form={"child": {"born_on": "2026-11-09"}})
    assert isinstance(again, BirthRefused)
    assert again.reason.code == "duplicate-declaration"


def test_after_surrogacy_the_mother_is_who_commissioned_the_birth() -> None:
    notice = {
        **NOTICE,
        "mother": {"personal_id": births.GRANDMOTHER},
        "commissioned_by": {"personal_id": births.MOTHER},
    }
    proposal = recorded(submitted(notice)).proposal
    assert (proposal.to, proposal.form["mother"]) == (
        births.MOTHER,
        {"personal_id": births.MOTHER},
    )
    assert set(BirthNoticeForm(notice=unsigned(notice)).people()) == {
        births.MOTHER,
        births.GRANDMOTHER,
    }
    assert decided({}, notice) is None
    assert decided({"mother": {"personal_id": births.GRANDMOTHER}}, notice) == OTHERWISE
