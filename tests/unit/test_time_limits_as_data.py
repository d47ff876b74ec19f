"""Time limits as data: which limit a case has, what rungs there are, and what is in time."""

from datetime import date, datetime
from typing import Any

import pytest

from contracts.birth.form import BirthForm
from contracts.birth.process import BIRTH, GROUP, IDENTIFIER, IDENTITY_CARD
from contracts.catalogue import catalogue
from contracts.common.escalation import AT_RISK, OF_A_CASE, OF_A_PROCEDURE, OVERDUE
from contracts.death.form import DeathForm
from services.portal.standing import Plans
from services.portal.time_limits import Limit, Received, of_step
from tests.unit.births import RECEIVED, form
from tests.unit.deaths import ALLOWANCE, SUPPORT
from tests.unit.deaths import form as death_form
from tests.unit.test_time_limits import MS, at


def test_the_rungs_are_in_order_and_named_once() -> None:
    for rungs in (OF_A_PROCEDURE, OF_A_CASE):
        assert [rung.after for rung in rungs] == sorted({rung.after for rung in rungs})
        assert len({rung.name for rung in rungs}) == len(rungs)
        assert rungs[:2] == (AT_RISK, OVERDUE)


@pytest.mark.parametrize(
    ("moment", "ended", "timeliness"),
    [
        (at(25) - MS, None, "on-time"),
        (at(25), None, "at-risk"),
        (at(26), None, "at-risk"),
        (at(26) + MS, None, "overdue"),
        (at(30), at(26), "on-time"),
        (at(30), at(26) + MS, "overdue"),
        (at(30), RECEIVED, "on-time"),
    ],
)
def test_whether_something_is_in_time(
    moment: datetime, ended: datetime | None, timeliness: str
) -> None:
    assert Limit(RECEIVED, 3).timeliness(ended, moment) == timeliness


@pytest.mark.parametrize(
    ("evidence", "days"),
    [
        ({"kind": "hospital-notice", "code": "01001.GCS.00042.26"}, 3),
        ({"kind": "commitment", "signed_on": "2026-11-11"}, 5),
        ({"kind": "witness", "personal_id": "001160000009"}, 5),
    ],
)
def test_a_birth_has_three_days_and_five_where_it_has_to_be_verified(
    evidence: dict[str, str], days: int
) -> None:
    """Decree 63/2024/ND-CP."""
    filled = BirthForm.model_validate(form(evidence=evidence))
    assert GROUP.time_limit(filled.time_limit(), date(2026, 11, 20)) == days


@pytest.mark.parametrize(("day", "days"), [(date(2023, 7, 9), None), (date(2023, 7, 10), 3)])
def test_the_limit_of_a_case_holds_from_its_day(day: date, days: int | None) -> None:
    assert GROUP.time_limit("usual", day) == days


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"benefit": ALLOWANCE}, 18),
        ({"benefit": SUPPORT, "remove_residence": False}, 18),
        ({"benefit": None}, 6),
    ],
)
def test_a_death_has_six_days_and_eighteen_where_a_benefit_is_decided(
    asked: dict[str, Any], days: int
) -> None:
    """6 to 18 working days by the scheme of the benefit."""
    filled = DeathForm.model_validate(death_form(**asked))
    deaths = catalogue().groups["death"]
    assert deaths.time_limit(filled.time_limit(), date(2026, 11, 20)) == days


def test_a_limit_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="birth: there is no time limit 'slow'"):
        GROUP.time_limit("slow", date(2026, 11, 20))


def test_no_procedure_has_more_working_days_than_the_law_gives_the_whole_case() -> None:
    """An assumption of ours: of the identity card, which has 7 working days where it stands alone
    (Law on Identification 2023, art. 26), no text says how long it may take with a birth."""
    bundle = GROUP.bundle("usual", date(2026, 11, 20))
    steps = {step.name: step for step in Plans({"birth": GROUP}).of("birth", bundle).steps}
    granted = {"state": "granted", "at": RECEIVED, "entry": 0}
    ended: Any = {BIRTH: granted, IDENTIFIER: granted}
    for whole, days in ((3, 3), (5, 5), (None, 7)):
        limit = of_step(steps[IDENTITY_CARD], Received(RECEIVED, whole), ended)
        assert limit is not None
        assert limit.working_days == days
