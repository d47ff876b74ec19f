"""A hospital's notice of a birth: what it has to be, whether it is late, and what is proposed."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.birth_notice.events import BirthNoticeRecorded, BirthNoticeRefused
from contracts.birth_notice.form import BirthNoticeForm
from contracts.birth_notice.process import BIRTH_NOTICE, GROUP
from contracts.common.calendar import LOCAL
from contracts.common.events import DeclarationSubmitted
from services.civil_status import birth_notice
from services.civil_status.rules import RULES
from tests.unit import births
from tests.unit.driver import Desk, World

CODE = "01001.GCS.00042.26"
HOSPITAL = "hospital-01001"
NOTICE: dict[str, Any] = {
    "code": CODE,
    "mother": {"personal_id": births.MOTHER},
    "child": {
        "sex": "male",
        "born_at": "2026-11-10T09:30:00+07:00",
        "birth_order": 1,
        "place": {"country": "VN", "province": "01", "detail": "Bệnh viện Phụ sản Hà Nội"},
    },
}
NAMED = {
    "full_name": "Somsri Chaiyaporn",
    "born_on": "1995-01-05",
    "nationality": "TH",
    "document_number": "AA1234567",
}
FRIDAY, MONDAY = "2026-11-13", "2026-11-16"


def of_child(**changes: Any) -> dict[str, Any]:
    return {**NOTICE, "child": {**NOTICE["child"], **changes}}


def unsigned(notice: Any) -> str:
    """Return what no hospital has signed, but looks like it."""
    content = urlsafe_b64encode(json.dumps(notice).encode()).decode().rstrip("=")
    return f"e30.{content}.e30"


def submitted(notice: Any = NOTICE, at: str = "2026-11-10T10:00") -> DeclarationSubmitted:
    return births.submitted(
        {"notice": unsigned(notice)},
        group=GROUP.name,
        bundle=(BIRTH_NOTICE,),
        received_at=datetime.fromisoformat(at).replace(tzinfo=LOCAL),
    )


def desk(case: str = "case-1", world: World | None = None) -> Desk:
    return Desk(birth_notice.recording, RULES, case, world=world or World(), group=GROUP.name)


def recorded(event: DeclarationSubmitted) -> BirthNoticeRecorded:
    (said,) = desk().hear(event).events
    assert isinstance(said, BirthNoticeRecorded)
    return said


@pytest.mark.parametrize(
    ("notice", "what"),
    [
        ("e30.a.e30", "a compact JWS"),
        (unsigned({}), "code"),
        (unsigned([]), "JSON"),
        (unsigned({**NOTICE, "code": "01001.GCS.42.26"}), "code"),
        (unsigned({**NOTICE, "mother": {}}), "mother"),
        (unsigned({**NOTICE, "name": "Khôi"}), "name"),
        (unsigned(of_child(born_at="2026-11-10T09:30:00")), "child.born_at"),
        (unsigned(of_child(born_at=1_600_000_000)), "child.born_at"),
        (unsigned(of_child(born_at="1899-12-31T23:59:00Z")), "the time in the notice"),
        (unsigned(of_child(born_at="9999-12-31T23:59:00Z")), "the time in the notice"),
        (unsigned(of_child(born_at="0001-01-01T00:00:00+14:00")), "the time in the notice"),
        (unsigned(of_child(birth_order=True)), "child.birth_order"),
        (unsigned(of_child(sex="unknown")), "child.sex"),
        (unsigned(of_child(place={**NOTICE["child"]["place"], "ward": "3"})), "child.place.ward"),
        (unsigned({**NOTICE, "replaces": CODE}), "of the same hospital"),
        (unsigned({**NOTICE, "replaces": "01002.GCS.00041.26"}), "of the same hospital"),
        (unsigned({**NOTICE, "x" * 9_000: 1}), f"{'x' * 120}\\."),
        (unsigned(of_child(place={"country": "VN", "detail": "x"})), "the province"),
        (unsigned(of_child(place={"country": "JP", "detail": "x"})), "the province"),
    ],
)
def test_what_is_no_notice_is_told(notice: str, what: str) -> None:
    with pytest.raises(ValidationError, match=f"notice: .*{what}"):
        BirthNoticeForm(notice=notice)


@pytest.mark.parametrize("notice", ["one part", "a.ü.b", "e30.%%%.e30", "a.b", "a.b.c.d", ""])
def test_what_is_no_jws_is_told(notice: str) -> None:
    with pytest.raises(ValidationError, match="match pattern"):
        BirthNoticeForm(notice=notice)


def test_a_province_that_was_none_on_the_day_of_birth_is_told() -> None:
    merged_away = of_child(place={"country": "VN", "province": "36", "detail": "Nam Định"})
    form = BirthNoticeForm(notice=unsigned(merged_away))
    (fault,) = form.faults(births.TODAY)
    assert fault.field == "notice"
    before = {**merged_away["child"], "born_at": "2025-06-30T23:59:00+07:00"}
    form = BirthNoticeForm(notice=unsigned({**merged_away, "child": before}))
    assert list(form.faults(births.TODAY)) == []


def test_what_is_recorded_names_code_and_hospital() -> None:
    said = recorded(submitted())
    assert (said.code, said.hospital) == (CODE, HOSPITAL)
    assert said.born_at == datetime(2026, 11, 10, 9, 30, tzinfo=LOCAL)


# DOMAIN.md: shared within 4 working hours. Offices are open from 8 to 12 and more: see the
# calendar; what lies outside of their hours is not counted.
@pytest.mark.parametrize(
    ("born", "received", "late"),
    [
        ("2026-11-10T09:30", "2026-11-10T13:30", False),
        ("2026-11-10T09:30", "2026-11-10T13:31", True),
        (f"{FRIDAY}T15:00", f"{MONDAY}T09:59", False),
        (f"{FRIDAY}T15:00", f"{MONDAY}T12:00", True),
        (f"{FRIDAY}T23:00", f"{MONDAY}T08:30", False),
        ("1990-01-01T09:00", "2026-11-10T09:00", True),
        ("1906-11-10T09:00", "2026-11-10T09:00", True),
    ],
)
def test_a_notice_is_late_after_four_working_hours(born: str, received: str, late: bool) -> None:
    notice = of_child(born_at=f"{born}:00+07:00")
    assert recorded(submitted(notice, received)).late is late


def test_a_child_who_is_not_born_yet_is_refused() -> None:
    before = datetime(2026, 11, 10, 9, 29, 59, tzinfo=LOCAL)
    (said,) = desk().hear(submitted().with_(received_at=before)).events
    assert isinstance(said, BirthNoticeRefused)
    assert said.reason.code == "notice-before-birth"


def test_a_code_stands_for_one_notice() -> None:
    world = World()
    desk("case-1", world).hear(submitted())
    (said,) = desk("case-2", world).hear(submitted(of_child(sex="female"))).events
    assert isinstance(said, BirthNoticeRefused)
    assert (said.reason.code, said.reason.refers_to) == ("birth-notice-recorded-before", "case-1")


def test_nobody_is_older_than_anybody_can_be() -> None:
    (said,) = desk().hear(submitted(of_child(born_at="1906-11-09T09:00:00+07:00"))).events
    assert isinstance(said, BirthNoticeRefused)
    assert said.reason.code == "born-too-long-ago"


def test_a_notice_is_replaced_once_and_whoever_comes_second_holds_nothing() -> None:
    world, first = World(), "01001.GCS.00041.26"
    (said,) = desk("case-1", world).hear(submitted({**NOTICE, "replaces": first})).events
    assert isinstance(said, BirthNoticeRecorded)
    assert (said.proposal.key, said.proposal.replaces) == (CODE, first)
    other = {**NOTICE, "code": "01001.GCS.00043.26", "replaces": first}
    (said,) = desk("case-2", world).hear(submitted(other)).events
    assert isinstance(said, BirthNoticeRefused)
    assert (said.reason.code, said.reason.refers_to) == ("birth-notice-replaced-before", "case-1")
    assert world.of("case-2") == set()


def test_heard_again_it_changes_nothing() -> None:
    one = desk()
    one.hear(submitted())
    assert one.hear(submitted()).events == ()


def test_a_declaration_of_something_else_is_not_heard() -> None:
    assert desk().hear(births.submitted()).events == ()


def test_what_is_proposed_is_what_the_state_holds() -> None:
    proposal = recorded(submitted()).proposal
    assert (proposal.key, proposal.group, proposal.to) == (CODE, "birth", births.MOTHER)
    mother = births.people()[births.MOTHER]
    assert proposal.form == {
        "relation": "mother",
        "child": {
            "sex": "male",
            "born_on": "2026-11-10",
            "birth_order": 1,
            "place": NOTICE["child"]["place"],
        },
        "mother": {"personal_id": births.MOTHER},
        "evidence": {"kind": "hospital-notice", "code": CODE},
        "household": {
            "owner": births.MOTHER,
            "province": mother.province,
            "commune": mother.commune,
            "address": mother.address,
        },
    }


def test_the_day_is_that_of_viet_nam() -> None:
    notice = of_child(born_at="2026-11-09T18:00:00Z")
    proposal = recorded(submitted(notice, "2026-11-10T02:00")).proposal
    assert proposal.form["child"]["born_on"] == "2026-11-10"


def test_nobody_is_asked_where_the_mother_has_no_identifier() -> None:
    proposal = recorded(submitted({**NOTICE, "mother": {"details": NAMED}})).proposal
    assert proposal.to is None
    assert proposal.form["mother"] == {"details": NAMED}
    assert "household" not in proposal.form
