"""What a birth costs, by day, place and channel, and what is waived."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.common.events import FeeSettled
from services.chassis.rules import Dated
from services.payments import death
from services.payments.rules import RULES, LateFee, Percent
from tests.unit.deaths import form as death_form
from tests.unit.deaths import submitted as death_submitted
from tests.unit.driver import Desk
from tests.unit.fees import ABROAD, LATE, ON_TIME, SURE, line, settled

REGISTRATION = {
    "the sixtieth day is free": (ON_TIME, "79", "portal", (0, 0, 0, "declared-on-time")),
    "the sixty-first day costs": (LATE, "79", "portal", (8_000, 0, 8_000, None)),
    "late, at an office": (LATE, "79", "office", (8_000, 0, 8_000, None)),
}


@pytest.mark.parametrize(
    ("child", "province", "channel", "expected"), REGISTRATION.values(), ids=REGISTRATION.keys()
)
def test_registration_is_free_on_time_and_costs_when_late(
    child: dict[str, Any], province: str, channel: str, expected: tuple[Any, ...]
) -> None:
    event = settled(form={"child": child}, province=province, channel=channel)
    assert line(event, "birth-registration") == expected


@pytest.mark.parametrize(("channel", "tariff"), [("portal", 10_000), ("office", 20_000)])
def test_children_pay_nothing_for_residence(channel: str, tariff: int) -> None:
    event = settled(channel=channel)
    assert line(event, "permanent-residence-registration") == (tariff, tariff, 0, "child")
    assert (event.due, event.waived) == (0, tariff)


@pytest.mark.parametrize(
    ("born_on", "channel", "due"),
    [
        ("2010-11-21", "portal", 0),
        ("2010-11-20", "portal", 10_000),
        ("2010-11-20", "office", 20_000),
    ],
)
def test_from_the_sixteenth_birthday_residence_is_paid_for(
    born_on: str, channel: str, due: int
) -> None:
    event = settled(form={"child": {"born_on": born_on}}, channel=channel)
    assert line(event, "permanent-residence-registration")[2] == due


@pytest.mark.parametrize(
    ("born_on", "channel", "expected"),
    [
        ("1966-11-21", "portal", (10_000, 0, 10_000, None)),
        ("1966-11-20", "portal", (10_000, 10_000, 0, "elderly")),
        ("1966-11-20", "office", (20_000, 20_000, 0, "elderly")),
        ("1930-01-01", "portal", (10_000, 10_000, 0, "elderly")),
    ],
)
def test_from_the_sixtieth_birthday_residence_is_free(
    born_on: str, channel: str, expected: tuple[Any, ...]
) -> None:
    """Circular 75/2022/TT-BTC, art. 5; Law on the Elderly 2009, art. 2."""
    event = settled(form={"child": {"born_on": born_on}}, channel=channel)
    assert line(event, "permanent-residence-registration") == expected


DISABLED = {"ground": "disability", "certificate": "0105/GXN-KT"}
POOR = {"ground": "poor-household", "certificate": "217/2026/HN"}
ADULT, ELDER, INFANT = "1990-01-01", "1930-01-01", "2026-11-10"
PROVEN = {
    "an adult": (ADULT, [], None, None),
    "a disabled adult": (ADULT, [DISABLED], "disability", "disability"),
    "a poor adult": (ADULT, [POOR], "poor-household", "poor-household"),
    "of two facts the first": (ADULT, [POOR, DISABLED], "poor-household", "poor-household"),
    "age needs no paper": (ELDER, [POOR], "elderly", "poor-household"),
    "a child on time": (INFANT, [DISABLED], "child", "declared-on-time"),
}


@pytest.mark.parametrize(
    ("born_on", "exemptions", "residence", "registration"), PROVEN.values(), ids=PROVEN.keys()
)
@pytest.mark.parametrize("channel", ["portal", "office"])
def test_the_disabled_and_the_poor_pay_nothing(
    born_on: str,
    exemptions: list[Any],
    residence: str | None,
    registration: str | None,
    channel: str,
) -> None:
    """Circular 75/2022/TT-BTC, art. 5; Law on Civil Status 2014, art. 11 (1) a."""
    of = {"child": {"born_on": born_on}, "exemptions": exemptions, "certificate_copies": 1}
    event = settled(form=of, channel=channel)
    for code, why in {
        "permanent-residence-registration": residence,
        "birth-registration": registration,
    }.items():
        tariff, waived, due, reason = line(event, code)
        assert reason == why
        assert (waived, due) == ((tariff, 0) if why else (0, tariff))
    assert line(event, "certificate-copies") == (8_000, 0, 8_000, None), "copies are never waived"


@pytest.mark.parametrize(
    ("exemptions", "expected"),
    [
        ([], (8_000, 0, 8_000, None)),
        ([DISABLED], (8_000, 8_000, 0, "disability")),
        ([POOR], (8_000, 8_000, 0, "poor-household")),
    ],
)
def test_the_late_registration_of_their_death_is_free_too(
    exemptions: list[Any], expected: tuple[Any, ...]
) -> None:
    late = death_form(died_on="2026-10-01", exemptions=exemptions)
    desk = Desk(death.fee_settlement, RULES)
    desk.hear(death_submitted(late))
    assert line(desk.said(FeeSettled), "death-registration") == expected


def test_a_bundle_without_residence_has_no_residence_fee() -> None:
    assert [line.code for line in settled(bundle=ABROAD).lines] == ["birth-registration"]


@pytest.mark.parametrize("copies", [0, 1, 20])
def test_each_certificate_copy_costs_eight_thousand(copies: int) -> None:
    event = settled(form={"certificate_copies": copies})
    assert event.due == 8_000 * copies
    assert [line.due for line in event.lines if line.code == "certificate-copies"] == (
        [8_000 * copies] if copies else []
    )


HA_NOI = {
    "before the policy": (datetime(2023, 7, 9, 16, 59, tzinfo=UTC), "01", "portal", 8_000),
    "its first day": (datetime(2023, 7, 9, 17, 0, tzinfo=UTC), "01", "portal", 0),
    "its last day": (datetime(2025, 12, 31, 16, 59, tzinfo=UTC), "01", "portal", 0),
    "after it": (datetime(2025, 12, 31, 17, 0, tzinfo=UTC), "01", "portal", 8_000),
    "at an office": (datetime(2024, 1, 1, tzinfo=UTC), "01", "office", 8_000),
    "in another province": (datetime(2024, 1, 1, tzinfo=UTC), "79", "portal", 8_000),
}


@pytest.mark.parametrize(
    ("received_at", "province", "channel", "due"), HA_NOI.values(), ids=HA_NOI.keys()
)
def test_a_zero_fee_policy_holds_for_its_province_its_days_and_online(
    received_at: datetime, province: str, channel: str, due: int
) -> None:
    late = {"born_on": (received_at - timedelta(days=90)).date().isoformat()}
    event = settled(
        form={"child": late, "certificate_copies": 1},
        received_at=received_at,
        province=province,
        channel=channel,
    )
    assert line(event, "birth-registration")[2] == due
    assert line(event, "certificate-copies")[2] == 8_000, "the Ministry's fee is not discounted"


@pytest.mark.parametrize(
    ("percent", "waived"), [("50", 4_000), ("80", 6_400), ("0.004", 0), ("33.333", 2_667)]
)
def test_a_discount_is_rounded_to_whole_dong(percent: str, waived: int) -> None:
    figures = [{"from": date(2020, 1, 1), "place": "79", "value": percent, **SURE}]
    figures.append({"from": date(2020, 1, 1), "value": "0", **SURE})
    discount = Dated[Percent].model_validate(figures)
    rules = RULES.model_copy(update={"online_discount_percent": discount})
    event = settled(rules, form={"child": LATE}, province="79")
    due = 8_000 - waived
    assert line(event, "birth-registration") == (8_000, waived, due, "online-discount")


def test_a_province_sets_a_late_fee_up_to_the_ceiling() -> None:
    dated = Dated[LateFee]
    entry = {"from": date(2020, 1, 1), "place": "79", **SURE}
    fee = dated.model_validate([entry | {"value": 5_000}])
    rules = RULES.model_copy(update={"late_registration": fee})
    assert settled(rules, form={"child": LATE}, province="79").due == 5_000
    with pytest.raises(ValueError, match="8000"):
        dated.model_validate([entry | {"value": 8_001}])
