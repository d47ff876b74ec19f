"""A hospital's signature under a notice: whose word it is, and that nobody else can speak so."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.birth_notice.form import BirthNotice, BirthNoticeForm
from contracts.birth_notice.process import GROUP
from contracts.common.calendar import LOCAL
from infra.authority import Authority
from infra.errors import OnestopError
from infra.hospitals import declaration_of
from services.portal.verification import Invalid
from tests.unit import births
from tests.unit.signed import Registry
from tests.unit.test_birth_notice import NOTICE, of_child

HOSPITAL = "hospital-01001"
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


def test_a_key_that_was_taken_out_counts_no_more(registry: Registry) -> None:
    jws = signed(registry)
    registry.portal.check(jws, HOSPITAL, NOW)
    registry.authority.jwks.write_text('{"keys": []}', encoding="utf-8")
    with pytest.raises(Invalid, match="counts no longer"):
        registry.portal.check(jws, HOSPITAL, NOW)


def test_what_is_no_notice_is_not_signed(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(OnestopError, match=r"no birth notice: child\.sex"):
        signed(registry, of_child(sex="unknown"))
    with pytest.raises(OnestopError, match="no authority in"):
        declaration_of(Authority(tmp_path / "none"), NOTICE, births.GRANDMOTHER)
