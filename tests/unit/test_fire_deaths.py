"""Deaths by number, and births and deaths mixed: distinct people, valid on every day."""

from collections import Counter
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pytest

from contracts.death.benefits import BurialSupportRequest, FuneralAllowanceRequest
from contracts.death.form import DeathForm
from contracts.death.process import GROUP
from tests.fire.deaths import Deaths
from tests.fire.declared import Declared
from tests.fire.mixture import DEATHS, Group, interleaved, mixture
from tests.fire.population import population
from tests.fire.portal import FireError
from tests.fire.runs import Runs

TODAY = date(2026, 3, 1)
FAMILIES = 300
ALL = Deaths(TODAY, FAMILIES)


def form(of: Declared) -> DeathForm:
    parsed = GROUP.parse(of.declaration["form"])
    assert isinstance(parsed, DeathForm)
    return parsed


def test_everybody_dies_once_and_has_a_notice_of_their_own() -> None:
    deaths = list(ALL.sequence(0, ALL.capacity))
    assert len({death.key for death in deaths}) == ALL.capacity == 2 * FAMILIES
    assert len({form(death).deceased for death in deaths}) == ALL.capacity
    notices = [death.declaration["form"]["evidence"] for death in deaths]
    assert len({(notice["issued_by"], notice["number"]) for notice in notices}) == ALL.capacity


def test_everybody_named_is_in_the_register_and_no_birth_speaks_of_who_dies() -> None:
    register = {person.personal_id: person for person in population(FAMILIES)}
    for death in ALL.sequence(0, ALL.capacity):
        one = form(death)
        assert {*one.people(), death.declaration["declarant"]} <= register.keys()
        deceased = register[one.deceased]
        assert deceased.household_owner != deceased.personal_id
        assert deceased.born_on < one.died_on


def test_the_same_number_is_the_same_death_and_numbers_past_the_last_begin_again() -> None:
    assert list(ALL.sequence(40, 5)) == list(Deaths(TODAY, FAMILIES).sequence(40, 5))
    again = ALL.sequence(ALL.capacity, 5)
    assert [death.key for death in again] == [death.key for death in ALL.sequence(0, 5)]


@pytest.mark.parametrize("days", [0, 1, 12, 13, 400])
def test_deaths_are_declared_on_time_on_any_day(days: int) -> None:
    day = TODAY + timedelta(days=days)
    for death in Deaths(day, FAMILIES).sequence(0, 100):
        assert 1 <= (day - form(death).died_on).days <= 13
        assert death.fees_due == 8_000 * form(death).certificate_copies


def test_circumstances_are_few_and_their_outcome_is_known() -> None:
    seen: Counter[str] = Counter()
    for death in ALL.sequence(0, ALL.capacity):
        one = form(death)
        seen[one.circumstance()] += 1
        seen[death.outcome] += 1
        refused = False
        if isinstance(one.benefit, BurialSupportRequest):
            seen["support"] += 1
        elif isinstance(one.benefit, FuneralAllowanceRequest):
            seen["allowance"] += 1
            refused = one.benefit.contribution_months < 12
            refused |= not all(relative.consents for relative in one.benefit.relatives)
        assert death.outcome == ("partial" if refused else "completed")
    kinds = ("usual", "without-benefit", "without-residence", "support", "allowance", "partial")
    assert all(seen[kind] > 10 for kind in kinds), seen


def declared(key: str) -> Declared:
    return Declared(key, {}, "completed", 0)


@pytest.mark.parametrize(("births", "deaths"), [(68, 32), (10, 0), (0, 10), (3, 90)])
def test_both_groups_are_mixed_evenly_and_nothing_is_left_out(births: int, deaths: int) -> None:
    share = deaths / (births + deaths)
    mixed = list(
        interleaved(
            (declared(f"b{n}") for n in range(births)),
            (declared(f"d{n}") for n in range(deaths)),
            share=share,
        )
    )
    assert len({each.key for each in mixed}) == len(mixed) == births + deaths
    for length in range(1, len(mixed)):
        dying = sum(each.key[0] == "d" for each in islice(mixed, length))
        assert abs(dying - share * length) <= 1


@pytest.mark.parametrize(
    ("group", "kinds"),
    [
        ("birth", {"birth": 100}),
        ("death", {"death": 100}),
        ("both", {"birth": 68, "death": 32}),
    ],
)
def test_a_run_has_the_group_that_was_asked_for_and_the_next_goes_on(
    group: Group, kinds: dict[str, int], tmp_path: Path
) -> None:
    assert DEATHS == 0.32
    runs = Runs(tmp_path / "fire.json")
    first = list(mixture(group, 100, TODAY, families=FAMILIES, runs=runs).declarations)
    assert Counter(each.declaration["group"] for each in first) == kinds
    second = list(mixture(group, 100, TODAY, families=FAMILIES, runs=runs).declarations)
    assert not {each.key for each in first} & {each.key for each in second}
    seeded = [mixture(group, 9, TODAY, families=FAMILIES, seed=3) for _ in range(2)]
    assert list(seeded[0].declarations) == list(seeded[1].declarations)


def test_more_deaths_than_elders_are_one_sentence() -> None:
    with pytest.raises(FireError, match="700 deaths, and these 300 families have 600 elders"):
        mixture("death", 700, TODAY, families=FAMILIES, seed=1)
