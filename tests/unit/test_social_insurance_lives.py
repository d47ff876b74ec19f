"""Who has died receives nothing: deaths registered here, and those that an import reports."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from contracts.death.events import BenefitRefused, FuneralAllowanceGranted
from contracts.envelope import Event
from contracts.people.events import (
    BenefitsBarred,
    BenefitsResumed,
    DeathReported,
    DeathReportWithdrawn,
)
from services.chassis.procedure import TooEarly
from services.social_insurance import death, lives
from services.social_insurance.rules import RULES
from tests.unit.deaths import (
    ALLOWANCE,
    DECEASED,
    SON,
    SUPPORT,
    TODAY,
    WIDOW,
    deceased,
    desk,
    people,
    registered,
)
from tests.unit.driver import World
from tests.unit.requests import REVOKED
from tests.unit.test_social_insurance_death import after

Dies = Callable[[World, str], None]


def has_died(world: World, person: str, case: str = "death-of-the-payee") -> None:
    """Let social insurance hear of another death: of somebody for whom nothing is asked."""
    told = desk(death.benefit, RULES, case, world)
    told.hear(registered(benefit=None))
    told.hear(deceased(personal_id=person))


def is_reported(world: World, person: str, case: str = "report-of-an-import") -> None:
    """Let social insurance hear that an import has named somebody as deceased, twice."""
    told = desk(lives.end_of_benefits, RULES, case, world)
    for _ in range(2):
        told.hear(DeathReported(personal_id=person, deceased_on=TODAY))
    assert told.said(BenefitsBarred).personal_id == person


@pytest.mark.parametrize("dies", [has_died, is_reported])
def test_who_has_died_receives_nothing_and_a_relative_who_agreed_does(dies: Dies) -> None:
    """The payee lived at the door, and is dead when it is decided: registered, or imported."""
    world = World()
    dies(world, WIDOW)
    event = after(registered(), deceased(), world=world).said(FuneralAllowanceGranted)
    assert (event.payee, event.in_place_of) == (SON, WIDOW)


@pytest.mark.parametrize("benefit", [ALLOWANCE, SUPPORT])
def test_where_nobody_is_left_to_receive_it_the_benefit_is_refused(benefit: dict[str, Any]) -> None:
    world = World()
    has_died(world, WIDOW)
    has_died(world, SON, "death-of-the-son")
    case = after(registered(benefit=benefit), deceased(), world=world)
    assert case.said(BenefitRefused).reason.code == "payee-deceased"
    assert world.of("case-1") == {f"life/{DECEASED}"}


def test_a_payee_may_receive_several_benefits_and_then_die() -> None:
    world = World()
    for case, number in (("case-1", DECEASED), ("case-2", "034056000009")):
        person = people()[DECEASED].with_(personal_id=number)
        said = after(
            *(registered(deceased=person), deceased(personal_id=number)), case=case, world=world
        )
        assert said.said(FuneralAllowanceGranted).payee == WIDOW
    has_died(world, WIDOW)
    assert f"life/{WIDOW}" in world.of("death-of-the-payee")


DIED, LIVES = (
    DeathReported(personal_id=WIDOW, deceased_on=TODAY),
    DeathReportWithdrawn(personal_id=WIDOW),
)
REPORTS: list[tuple[Event, int]] = [(DIED, 1), (LIVES, 1), (DIED, 2), (LIVES, 3)]


@pytest.mark.parametrize("said", [1, 2, 3, 4])
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_whom_the_newest_import_holds_alive_may_receive_something_in_any_order(
    order: tuple[int, ...], said: int
) -> None:
    told = desk(lives.end_of_benefits, RULES, "import")
    for n in (n for n in (*order, *order) if n < said):
        told.hear(*REPORTS[n])
    barred = said % 2 == 1
    assert told.world.of("import") == ({f"life/{WIDOW}"} if barred else set())
    turns = [type(event) for event in told.events]
    assert turns == ([BenefitsBarred, BenefitsResumed] * 2)[: len(turns)]
    assert len(turns) % 2 == barred


@pytest.mark.parametrize("registered_first", [True, False])
def test_what_the_register_says_of_one_word_is_too_early_until_the_other_is_void(
    registered_first: bool,
) -> None:
    """It marks nobody twice: whichever of the two is heard first, the older one is void by now."""
    world = World()
    death_of = desk(death.benefit, RULES, "death", world)
    imported = desk(lives.end_of_benefits, RULES, "import", world)
    news = [(death_of, deceased(personal_id=WIDOW), 0), (imported, DIED, 1)]
    (first, said, entry), (second, told, other) = news[:: 1 if registered_first else -1]
    first.hear(said, entry)
    with pytest.raises(TooEarly):
        second.hear(told, other)
    assert second.state == second.procedure.initial
    first.hear(*((REVOKED, 0) if registered_first else (LIVES, 1)))
    second.hear(told, other)
    assert world.of(second.case) == {f"life/{WIDOW}"}
