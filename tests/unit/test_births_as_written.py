"""The written births end as they say, in whichever order the agencies hear of them."""

from datetime import datetime

import pytest

from contracts.birth.process import GROUP
from contracts.common.calendar import LOCAL
from tests.unit.driver import NOW
from tests.unit.written import ends_as_it_says, ways_to_end, written


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", sorted(written("birth")))
def test_a_written_declaration_ends_as_it_says(name: str, seed: int) -> None:
    ends_as_it_says(GROUP, name, seed)


def test_there_is_a_written_declaration_for_each_way_to_end() -> None:
    for spec in GROUP.procedures:
        for end in spec.ends.values():
            if spec.name != "child-identity-card":
                assert (spec.name, end) in ways_to_end("birth")


def test_now_is_a_day_with_the_newest_bundle() -> None:
    assert datetime(2026, 9, 1, tzinfo=LOCAL) < NOW
