"""A hospital's notice of a birth: what it has to be, whether it is late, and what is proposed."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.birth.events import BirthRefused, BirthRegistered
from contracts.birth_notice.events import BirthNoticeRecorded, BirthNoticeRefused
from contracts.birth_notice.form import BirthNotice, BirthNoticeForm
from contracts.birth_notice.process import BIRTH_NOTICE, GROUP
from contracts.common.calendar import LOCAL
from contracts.common.events import DeclarationSubmitted
from infra.authority import Authority
from infra.errors import OnestopError
from infra.hospitals import declaration_of
from services.civil_status import birth, birth_notice
from services.civil_status.rules import RULES, BirthRefusal
from services.portal.verification import Invalid
from tests.unit import births
from tests.unit.driver import Desk, World
from tests.unit.signed import Registry

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
        (unsigned(of_child(sex="unknown")), "child.sex"),
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
    ],
)
def test_a_notice_is_late_after_four_working_hours(born: str, received: str, late: bool) -> None:
    notice = of_child(born_at=f"{born}:00+07:00")
    assert recorded(submitted(notice, received)).late is late


def test_a_child_who_is_not_born_yet_is_refused() -> None:
    before = datetime(2026, 11, 10, 9, 29, 59, tzinfo=LOCAL)
    (said,) = desk().hear(submitted().with_(received_at=before)).events
    assert isinstance(said, BirthNoticeRefused)
    assert said.reason.code == "born-in-future"


def test_a_code_stands_for_one_notice() -> None:
    world = World()
    desk("case-1", world).hear(submitted())
    (said,) = desk("case-2", world).hear(submitted(of_child(sex="female"))).events
    assert isinstance(said, BirthNoticeRefused)
    assert (said.reason.code, said.reason.refers_to) == ("birth-notice-recorded-before", "case-1")


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
    details = {
        "full_name": "Somsri Chaiyaporn",
        "born_on": "1995-01-05",
        "nationality": "TH",
        "document_number": "AA1234567",
    }
    proposal = recorded(submitted({**NOTICE, "mother": {"details": details}})).proposal
    assert proposal.to is None
    assert proposal.form["mother"] == {"details": details}
    assert "household" not in proposal.form


DECLARED_OTHERWISE: list[tuple[dict[str, Any], BirthRefusal | None]] = [
    ({}, None),
    ({"child": births.CHILD | {"born_on": "2026-11-09"}}, "hospital-names-another-day"),
    ({"child": births.CHILD | {"sex": "female"}}, "hospital-names-another-sex"),
    ({"child": births.CHILD | {"birth_order": 2}}, "hospital-names-another-order"),
    (
        {"mother": None, "relation": "father", "declarant": births.FATHER},
        "hospital-names-another-mother",
    ),
    ({"surrogacy_confirmation": "Số 91", "mother": {"personal_id": births.GRANDMOTHER}}, None),
]


@pytest.mark.parametrize(("changes", "code"), DECLARED_OTHERWISE)
def test_a_birth_is_not_declared_otherwise_than_the_hospital_says(
    changes: dict[str, Any], code: str | None
) -> None:
    said = BirthNotice.model_validate(NOTICE)
    people = births.people() | {
        births.GRANDMOTHER: births.person(births.GRANDMOTHER, "Nguyễn Thị Hoa")
    }
    declarant = changes.get("declarant", births.MOTHER)
    if changes.get("surrogacy_confirmation"):
        declarant = births.GRANDMOTHER
    form = births.form(
        **{k: v for k, v in changes.items() if k not in ("declarant", "child")},
        child=changes.get("child"),
        **({"parents_married": False, "father_recognises": True} if "relation" in changes else {}),
    )
    event = births.submitted(
        form,
        declarant=declarant,
        people=people,
        proposal=birth_notice.proposal(said, people[births.MOTHER]),
    )
    (answer,) = Desk(birth.registration, RULES).hear(event).events
    if code is None:
        assert isinstance(answer, BirthRegistered)
    else:
        assert isinstance(answer, BirthRefused)
        assert answer.reason.code == code


# ── The hospital's signature ────────────────────────────────────────────────────────────────────

NOW = datetime(2026, 11, 10, 10, tzinfo=LOCAL)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def signed(registry: Registry, notice: dict[str, Any] = NOTICE) -> str:
    declared = declaration_of(registry.authority, notice, births.GRANDMOTHER)
    assert (declared["group"], declared["declarant"]) == (GROUP.name, births.GRANDMOTHER)
    return str(declared["form"]["notice"])


def test_what_a_hospital_signed_is_known_as_its_word(registry: Registry) -> None:
    form = BirthNoticeForm(notice=signed(registry))
    assert form.said == BirthNotice.model_validate(NOTICE)
    assert form.signed() == ("notice", form.notice, HOSPITAL)
    registry.portal.check(form.notice, HOSPITAL, NOW)


def test_signed_again_it_is_the_same(registry: Registry) -> None:
    assert signed(registry) == signed(registry)


def test_another_hospital_or_an_agency_has_no_say(registry: Registry) -> None:
    other = signed(registry, {**NOTICE, "code": "01002.GCS.00042.26"})
    with pytest.raises(Invalid, match="signed by hospital-01002, which has no say"):
        registry.portal.check(other, HOSPITAL, NOW)
    agency = registry.sign(json.dumps(NOTICE).encode(), "civil-status")
    with pytest.raises(Invalid, match="signed by civil-status, which has no say"):
        registry.portal.check(agency, HOSPITAL, NOW)


def test_a_changed_letter_or_another_time_fails(registry: Registry) -> None:
    jws = signed(registry)
    header, payload, signature = jws.split(".")
    for changed in (f"{header}.{payload[:-2]}AA.{signature}", f"{header}.{payload}.{'A' * 86}"):
        with pytest.raises(Invalid, match=r"does not fit|base64url"):
            registry.portal.check(changed, HOSPITAL, NOW)
    with pytest.raises(Invalid, match="was not valid when"):
        registry.portal.check(jws, HOSPITAL, NOW + timedelta(days=365 * 80))


def test_a_hospital_signs_no_result(registry: Registry) -> None:
    with pytest.raises(Invalid):
        registry.portal.verify(signed(registry))


def test_what_is_no_notice_is_not_signed(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(OnestopError, match=r"no birth notice: child\.sex"):
        signed(registry, of_child(sex="unknown"))
    with pytest.raises(OnestopError, match="no authority in"):
        declaration_of(Authority(tmp_path / "none"), NOTICE, births.GRANDMOTHER)
