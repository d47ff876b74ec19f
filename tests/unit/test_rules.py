"""Rules as data: what holds when and where, and a clear word about a file that cannot be used."""

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

from services.chassis.rules import Dated, NotInForce, Review, Rules, RulesError, load
from services.chassis.service import Service
from services.chassis.settings import Settings


class Toll(Rules[Literal["too-late", "too-heavy"]]):
    """Rules to test with."""

    price: Dated[int]


GOOD = """
[[price]]
from = 2020-01-01
value = 10
source = "a law"
confidence = "high"

[[price]]
from = 2021-01-01
value = 20
source = "a law"
confidence = "high"

[[price]]
place = "79"
from = 2020-06-01
until = 2020-06-30
value = 5
source = "a resolution"
confidence = "low"

[[approval.crossing]]
from = 2020-01-01
value = "auto"
source = "policy"
confidence = "med"

[reasons.too-late]
vi = "Muộn: {day}."
en = "Late: {day}."

[reasons.too-heavy]
vi = "Nặng."
en = "Heavy."
"""

Write = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes a package with these files and returns its name."""

    def write(**files: str) -> str:
        folder = tmp_path / "toll_booth"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for name, text in files.items():
            (folder / f"{name}.toml").write_text(text, "utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "toll_booth", raising=False)
        return "toll_booth"

    return write


@pytest.mark.parametrize(
    ("on", "place", "value"),
    [
        (date(2020, 1, 1), None, 10),
        (date(2020, 12, 31), None, 10),
        (date(2021, 1, 1), None, 20),
        (date(2020, 5, 31), "79", 10),
        (date(2020, 6, 1), "79", 5),
        (date(2020, 6, 30), "79", 5),
        (date(2020, 7, 1), "79", 10),
        (date(2020, 6, 15), "01", 10),
    ],
)
def test_a_figure_holds_from_its_day_at_its_place(
    package: Write, on: date, place: str | None, value: int
) -> None:
    rules = load(Toll, package(rules=GOOD))
    assert rules.price.in_force(on, place) == value


def test_before_the_first_figure_nothing_holds(package: Write) -> None:
    rules = load(Toll, package(rules=GOOD))
    with pytest.raises(NotInForce, match=r"2019-12-31.*2020-01-01"):
        rules.price.in_force(date(2019, 12, 31))


def test_who_approves_is_a_figure_by_procedure(package: Write) -> None:
    rules = load(Toll, package(rules=GOOD))
    assert rules.approval_of("crossing", date(2026, 1, 1)) == "auto"
    with pytest.raises(KeyError):
        rules.approval_of("swimming", date(2026, 1, 1))


def test_a_reason_has_its_code_and_its_values_in_both_languages(package: Write) -> None:
    rules = load(Toll, package(rules=GOOD))
    reason = rules.reason("too-late", day=date(2026, 11, 9), refers_to="case-1")
    assert (reason.code, reason.refers_to) == ("too-late", "case-1")
    assert (reason.vi, reason.en) == ("Muộn: 09/11/2026.", "Late: 09/11/2026.")
    assert rules.reason("too-heavy") is rules.reason("too-heavy")
    with pytest.raises(KeyError):
        rules.reason("too-late")


def test_the_version_of_rules_changes_with_their_text(package: Write) -> None:
    name = package(rules=GOOD, other=GOOD + "\n# a comment")
    assert load(Toll, name).version == load(Toll, name, "rules.toml").version
    assert load(Toll, name).version != load(Toll, name, "other.toml").version


def test_rules_may_be_in_several_files(package: Write) -> None:
    price, rest = GOOD.split("[[approval", 1)
    name = package(price=price, rest=f"[[approval{rest}")
    assert load(Toll, name, "price.toml", "rest.toml").price.in_force(date(2022, 1, 1)) == 20


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no such file": ({}, r"toll_booth/rules\.toml: there is no such file"),
    "no TOML": ({"rules": "price = ["}, r"toll_booth/rules\.toml: not TOML"),
    "a value of another kind": (
        {"rules": GOOD.replace("value = 20", 'value = "dear"')},
        r"toll_booth/rules\.toml: price\.1\.value: ",
    ),
    "a key that nobody reads": (
        {"rules": "prize = 1\n" + GOOD},
        r"toll_booth/rules\.toml: prize: ",
    ),
    "a misspelt field of a figure": (
        {"rules": GOOD.replace("until", "untill")},
        r"toll_booth/rules\.toml: price\.2\.untill: ",
    ),
    "a figure without a source": (
        {"rules": GOOD.replace('source = "policy"', 'source = ""')},
        r"toll_booth/rules\.toml: approval\.crossing\.0\.source: ",
    ),
    "a missing key": (
        {"rules": GOOD[GOOD.index("[[approval") :]},
        r"toll_booth/rules\.toml: price: ",
    ),
    "a missing sentence": (
        {"rules": GOOD[: GOOD.index("[reasons.too-heavy")]},
        r"toll_booth/rules\.toml: .*no sentence for too-heavy",
    ),
    "a code that nobody uses": (
        {"rules": GOOD.replace("too-heavy", "too-light")},
        r"toll_booth/rules\.toml: reasons\.too-light",
    ),
    "two figures for one day and place": (
        {"rules": GOOD.replace("from = 2021-01-01", "from = 2020-01-01")},
        r"toll_booth/rules\.toml: price: .*two figures from 2020-01-01",
    ),
}


@pytest.mark.parametrize(("files", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_file_that_cannot_be_used_is_named_with_its_key(
    package: Write, files: dict[str, str], message: str
) -> None:
    with pytest.raises(RulesError, match=message):
        load(Toll, package(**files))


def test_a_key_in_two_files_is_refused(package: Write) -> None:
    name = package(rules=GOOD, more=GOOD)
    with pytest.raises(RulesError, match=r"more\.toml: price: is in toll_booth/rules\.toml too"):
        load(Toll, name, "rules.toml", "more.toml")


AREA = """
[[approval.crossing]]
place = "79"
from = 2026-02-01
value = "{}"
source = "a resolution"
confidence = "low"
"""
PATIENCE = """
[[claim_seconds]]
from = 2026-01-01
value = 60
source = "a resolution"
confidence = "low"
"""


@pytest.mark.parametrize(
    ("approval", "on", "place", "policy"),
    [
        ("review", date(2026, 2, 1), "79", Review(False, 60)),
        ("review-by-two", date(2026, 2, 1), "79", Review(True, 60)),
        ("auto", date(2026, 2, 1), "79", None),
        ("review", date(2026, 1, 31), "79", None),
        ("review", date(2026, 2, 1), "01", None),
        ("review", date(2026, 2, 1), None, None),
    ],
)
def test_added_rules_say_who_decides_in_an_area_from_a_day(
    package: Write, approval: str, on: date, place: str | None, policy: Review | None
) -> None:
    rules = load(Toll, package(rules=GOOD))
    added = rules.amended(AREA.format(approval) + PATIENCE, "area.toml")
    assert added.review_of("crossing", on, place) == policy
    assert rules.review_of("crossing", on, place) is None, "the service's own rules stay"
    assert added.version != rules.version
    assert added.price == rules.price


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price = [", r"area\.toml: not TOML"),
        ("prize = 1", r"area\.toml: prize: "),
        (AREA.format("maybe") + PATIENCE, r"area\.toml: approval\.crossing\.1\.value: "),
        (AREA.format("review"), r"area\.toml: .*claim_seconds: say how long"),
        (PATIENCE.replace("60", "0"), r"area\.toml: claim_seconds\.0\.value: "),
    ],
)
def test_added_rules_that_cannot_be_used_are_named(package: Write, text: str, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        load(Toll, package(rules=GOOD)).amended(text, "area.toml")


def test_a_service_adds_the_rules_of_its_operator(package: Write, tmp_path: Path) -> None:
    rules = load(Toll, package(rules=GOOD))
    service = Service("toll-booth", procedures=[], rules=rules)
    assert service.rules_in(Settings()) is rules
    assert service.rules_in(Settings(rules=tmp_path)) is rules
    (tmp_path / "toll-booth.toml").write_text(AREA.format("review") + PATIENCE, "utf-8")
    added = service.rules_in(Settings(rules=tmp_path))
    assert added is not None
    assert added.approval_of("crossing", date(2026, 2, 1), "79") == "review"


def test_the_rules_of_each_service_can_be_read() -> None:
    for module in _rules_modules():
        rules: Rules[Any] = vars(module)["RULES"]
        assert rules.version


def _rules_modules() -> list[ModuleType]:
    from services.civil_status import rules as civil_status  # noqa: PLC0415
    from services.payments import rules as payments  # noqa: PLC0415
    from services.population import rules as population  # noqa: PLC0415
    from services.residence import rules as residence  # noqa: PLC0415
    from services.social_insurance import rules as social_insurance  # noqa: PLC0415

    return [civil_status, payments, population, residence, social_insurance]
