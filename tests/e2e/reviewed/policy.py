"""Where officials decide: about births, in two provinces in their own way, and about benefits."""

from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.city import FAMILIES
from tests.fire.births import Births
from tests.fire.declared import Declared

BIRTHS = """
[[approval.birth-registration]]
from = 2020-01-01
value = "review"
source = "a test"
confidence = "low"

[[approval.birth-registration]]
from = 2020-01-01
place = "{by_two}"
value = "review-by-two"
source = "a test"
confidence = "low"

[[claim_seconds]]
from = 2020-01-01
place = "{hasty}"
value = 1
source = "a test"
confidence = "low"
"""
BENEFITS = """
[[approval.funeral-benefit]]
from = 2020-01-01
value = "review"
source = "a test"
confidence = "low"
"""


def write_policy(folder: Path) -> None:
    """Write the rules of the agencies concerned into a folder."""
    hasty, by_two = particular_provinces()
    births = BIRTHS.format(hasty=hasty, by_two=by_two)
    (folder / "civil-status.toml").write_text(births, encoding="utf-8")
    (folder / "social-insurance.toml").write_text(BENEFITS, encoding="utf-8")


def of_provinces() -> dict[str, list[Declared]]:
    """Return births whose declarations pass the rules, by province."""
    some = Births(datetime.now(UTC).date(), FAMILIES).sequence(0, 60)
    found: dict[str, list[Declared]] = {}
    for birth in some:
        if birth.outcome == "completed":
            found.setdefault(_province(birth), []).append(birth)
    found.pop("01", None)
    return found


def particular_provinces() -> tuple[str, str]:
    """Return where a claim lasts for a second, and where two have to approve."""
    hasty, by_two, *_ = of_provinces()
    return hasty, by_two


def _province(birth: Declared) -> str:
    household = birth.declaration["form"].get("household")
    return str(household["province"]) if household else "01"
