"""The written deaths end as they say, in whichever order the agencies hear of them."""

import pytest

from contracts.death.process import GROUP
from tests.unit.written import ends_as_it_says, ways_to_end, written

COME_IN_BETWEEN = ("population.death-record-refused.v1", "payments.payout-refused.v1")
"""Civil status refuses whom an import reports as deceased, and a benefit is granted before it is
cancelled, unless one overtakes the other on its way."""


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", sorted(written("death")))
def test_a_written_declaration_ends_as_it_says(name: str, seed: int) -> None:
    ends_as_it_says(GROUP, name, seed)


def test_there_is_a_written_declaration_for_each_way_to_end() -> None:
    asked_for = {name for bundle in GROUP.bundles for name in bundle.procedures}
    for spec in (spec for spec in GROUP.procedures if spec.name in asked_for):
        for event, end in spec.ends.items():
            if event.type not in COME_IN_BETWEEN:
                assert (spec.name, end) in ways_to_end("death")
