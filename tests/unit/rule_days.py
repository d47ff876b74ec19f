"""Each day on which a rule of an agency begins or ends, by the text that it is from."""

from typing import Any, NamedTuple

from contracts.birth.process import BIRTH, HEALTH_CARD, IDENTITY_CARD, RESIDENCE
from contracts.death.process import BENEFIT, DEATH, REMOVAL
from services.civil_status.rules import IssuerRule
from services.payments.rules import ByChannel
from services.social_insurance.rules import DayOfYear

CIVIL_STATUS, PAYMENTS, POPULATION = "civil-status", "payments", "population"
RESIDENCES, INSURANCE = "residence", "social-insurance"


class Change(NamedTuple):
    """What a rule says on the last day before a day, and from that day on; None: nothing."""

    service: str
    rule: str
    day: str
    before: Any
    since: Any
    place: str | None = None
    """The province that it is of; None: all."""


GROUNDS = ("disability", "poor-household")
ISSUERS = (
    IssuerRule(causes=("declared-by-court",), issuers=("court",), otherwise="notice-not-by-court"),
    IssuerRule(
        causes=("accident", "suspicious"),
        issuers=("police", "forensics"),
        otherwise="notice-not-by-police-or-forensics",
    ),
    IssuerRule(places=("hospital",), issuers=("hospital",), otherwise="notice-not-by-hospital"),
    IssuerRule(
        places=("home", "elsewhere"), issuers=("commune",), otherwise="notice-not-by-commune"
    ),
)

LAWS: dict[str, tuple[Change, ...]] = {
    # ── Births and deaths ─────────────────────────────────────────────────────────────────────
    "Law on Civil Status 2014, art. 15 (1)": (
        Change(CIVIL_STATUS, "late_after_days", "2016-01-01", None, 60),
    ),
    "Law on Civil Status 2014, art. 11 (1) and 15 (1)": (
        Change(PAYMENTS, "late_after_days", "2016-01-01", None, 60),
    ),
    "DOMAIN.md, on-time registration: free": (
        Change(PAYMENTS, "death_late_after_days", "2016-01-01", None, 15),
    ),
    "DOMAIN.md, which has no period for deaths": (
        Change(CIVIL_STATUS, "death_late_after_days", "2016-01-01", None, 15),
    ),
    "Decree 123/2015/ND-CP, art. 14": (
        Change(CIVIL_STATUS, "posting_days", "2016-01-01", None, 7),
    ),
    "DOMAIN.md, hospital birth notice: 4 working hours": (
        Change(CIVIL_STATUS, "birth_notice_hours", "2025-01-01", None, 4),
    ),
    "Law on Marriage and Family 2014, art. 88 (1)": (
        Change(CIVIL_STATUS, "born_after_fathers_death_days", "2015-01-01", None, 300),
    ),
    "DOMAIN.md, death notice": (
        Change(CIVIL_STATUS, "death_notice_issuers", "2016-01-01", None, ISSUERS),
    ),
    # ── Fees ──────────────────────────────────────────────────────────────────────────────────
    "Circular 85/2019/TT-BTC, art. 5": (
        Change(PAYMENTS, "late_registration", "2016-01-01", None, 8_000),
    ),
    "Circular 281/2016/TT-BTC, art. 4": (
        Change(PAYMENTS, "certificate_copy", "2016-01-01", None, 8_000),
    ),
    "Circular 75/2022/TT-BTC, art. 4": (
        Change(
            *(PAYMENTS, "residence_registration", "2023-02-05"),
            *(None, ByChannel(portal=10_000, office=20_000)),
        ),
    ),
    "Circular 75/2022/TT-BTC, art. 5; DOMAIN.md": (
        Change(PAYMENTS, "residence_exemptions", "2023-02-05", None, GROUNDS),
    ),
    "Law on Children 2016, art. 1": (Change(PAYMENTS, "child_under_age", "2017-06-01", None, 16),),
    "Law on the Elderly 2009, art. 2": (
        Change(PAYMENTS, "elderly_from_age", "2010-07-01", None, 60),
    ),
    "Law on Civil Status 2014, art. 11 (1) a": (
        Change(PAYMENTS, "registration_exemptions", "2016-01-01", None, GROUNDS),
    ),
    "No policy": (Change(PAYMENTS, "online_discount_percent", "2016-01-01", None, 0),),
    "Resolution 07/2023/NQ-HDND, zero fees online": (
        Change(PAYMENTS, "online_discount_percent", "2023-07-10", 0, 100, "01"),
        Change(PAYMENTS, "online_discount_percent", "2026-01-01", 100, 0, "01"),
    ),
    # ── Benefits and premiums ─────────────────────────────────────────────────────────────────
    "Decree 38/2019/ND-CP": (
        Change(PAYMENTS, "reference_level", "2019-07-01", None, 1_490_000),
        Change(INSURANCE, "reference_level", "2019-07-01", None, 1_490_000),
    ),
    "Decree 24/2023/ND-CP": (
        Change(PAYMENTS, "reference_level", "2023-07-01", 1_490_000, 1_800_000),
        Change(INSURANCE, "reference_level", "2023-07-01", 1_490_000, 1_800_000),
    ),
    "Decree 73/2024/ND-CP": (
        Change(PAYMENTS, "reference_level", "2024-07-01", 1_800_000, 2_340_000),
        Change(INSURANCE, "reference_level", "2024-07-01", 1_800_000, 2_340_000),
    ),
    "DOMAIN.md: reference level from July 2026": (
        Change(PAYMENTS, "reference_level", "2026-07-01", 2_340_000, 2_530_000),
        Change(INSURANCE, "reference_level", "2026-07-01", 2_340_000, 2_530_000),
    ),
    "Law on Social Insurance 2024, art. 85": (
        Change(INSURANCE, "allowance_multiple", "2016-01-01", None, 10),
        Change(INSURANCE, "contribution_months", "2016-01-01", None, 12),
    ),
    "DOMAIN.md, burial support": (
        Change(INSURANCE, "assistance_standard", "2021-07-01", None, 360_000),
        Change(INSURANCE, "assistance_standard", "2024-07-01", 360_000, 500_000),
        Change(INSURANCE, "support_multiple", "2021-07-01", None, 20),
        Change(INSURANCE, "disaster_multiple", "2021-07-01", None, 50),
    ),
    "Decree 146/2018/ND-CP, art. 7": (
        Change(PAYMENTS, "premium_percent", "2015-01-01", None, 4.5),
    ),
    "Law on Health Insurance 2008, amended 2014, art. 12 (3)": (
        Change(INSURANCE, "under_age", "2015-01-01", None, 6),
    ),
    "Law on Health Insurance 2008, amended 2014, art. 16 (3)": (
        Change(INSURANCE, "school_starts", "2015-01-01", None, DayOfYear(month=9, day=30)),
    ),
    "Law on Identity 2023, art. 21 (1)": (
        Change(POPULATION, "card_renewal_ages", "2024-07-01", None, (14, 25, 40, 60)),
    ),
    # ── Who decides, and what no law says ─────────────────────────────────────────────────────
    "Policy of the agency": (
        Change(CIVIL_STATUS, f"approval.{BIRTH}", "2016-01-01", None, "auto"),
        Change(CIVIL_STATUS, f"approval.{DEATH}", "2016-01-01", None, "auto"),
        Change(POPULATION, f"approval.{IDENTITY_CARD}", "2024-07-01", None, "auto"),
        Change(RESIDENCES, f"approval.{RESIDENCE}", "2021-07-01", None, "auto"),
        Change(RESIDENCES, f"approval.{REMOVAL}", "2021-07-01", None, "auto"),
        Change(INSURANCE, f"approval.{HEALTH_CARD}", "2015-01-01", None, "auto"),
        Change(INSURANCE, f"approval.{BENEFIT}", "2015-01-01", None, "auto"),
    ),
    "None: an assumption of ours": (
        Change(CIVIL_STATUS, "oldest_years", "2016-01-01", None, 120),
        Change(CIVIL_STATUS, "youngest_parent_years", "2016-01-01", None, 10),
        Change(CIVIL_STATUS, "claim_seconds", "2016-01-01", None, 3600),
        Change(POPULATION, "claim_seconds", "2024-07-01", None, 3600),
        Change(RESIDENCES, "claim_seconds", "2015-01-01", None, 3600),
        Change(INSURANCE, "claim_seconds", "2015-01-01", None, 3600),
        Change(CIVIL_STATUS, f"approval.{BIRTH}", "2026-01-01", "auto", "review", "12"),
        Change(CIVIL_STATUS, f"approval.{BIRTH}", "2026-01-01", "auto", "review-by-two", "42"),
        Change(CIVIL_STATUS, f"approval.{DEATH}", "2026-01-01", "auto", "review", "12"),
        Change(CIVIL_STATUS, f"approval.{DEATH}", "2026-01-01", "auto", "review-by-two", "42"),
        Change(POPULATION, f"approval.{IDENTITY_CARD}", "2026-01-01", "auto", "review", "12"),
        Change(RESIDENCES, f"approval.{RESIDENCE}", "2026-01-01", "auto", "review", "12"),
        Change(RESIDENCES, f"approval.{REMOVAL}", "2026-01-01", "auto", "review", "12"),
        Change(INSURANCE, f"approval.{HEALTH_CARD}", "2026-01-01", "auto", "review", "12"),
        Change(INSURANCE, f"approval.{BENEFIT}", "2026-01-01", "auto", "review", "12"),
    ),
}
