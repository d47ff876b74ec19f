"""The written births end as they say, in whichever order the agencies hear of them."""

from datetime import datetime
from random import Random

import pytest

from contracts.birth.process import GROUP, ORPHANED_BIRTH
from contracts.common.calendar import LOCAL
from contracts.common.supplements import SupplementLapsed, SupplementReceived
from contracts.common.tasks import ActDeclined
from tests.fire.officials import FAMILY
from tests.unit.driver import NOW
from tests.unit.written import Agencies, ends_as_it_says, ways_to_end, written


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", sorted(written("birth")))
def test_a_written_declaration_ends_as_it_says(name: str, seed: int) -> None:
    ends_as_it_says(GROUP, name, seed)


@pytest.mark.parametrize(
    "name", [name for name, file in written("birth").items() if "officials" in file]
)
def test_what_its_officials_do_counts_or_does_not_as_it_says(name: str) -> None:
    _, said = Agencies("birth", Random(1)).complete(name)
    file = written("birth")[name]
    # Who dies is news of other cases, and not in this bag.
    steps = [
        step
        for step in file["officials"]
        if "status" not in step and step["procedure"] != ORPHANED_BIRTH
    ]
    declined = [event.reason.code for event in said if isinstance(event, ActDeclined)]
    assert declined == [step["declined"] for step in steps if "declined" in step]
    supplied = [event for event in said if isinstance(event, SupplementReceived)]
    assert len(supplied) == len([step for step in steps if step["by"] == FAMILY])
    lapsed = [event for event in said if isinstance(event, SupplementLapsed)]
    assert len(lapsed) == (file["expected"].get("reason") == "supplement-not-received")


def test_there_is_a_written_declaration_for_each_way_to_end() -> None:
    asked_for = {name for bundle in GROUP.bundles for name in bundle.procedures}
    for spec in GROUP.procedures:
        for end in spec.ends.values():
            if spec.name in asked_for - {"child-identity-card"}:
                assert (spec.name, end) in ways_to_end("birth")


def test_now_is_a_day_with_the_newest_bundle() -> None:
    assert datetime(2026, 9, 1, tzinfo=LOCAL) < NOW
