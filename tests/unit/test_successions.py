"""Who goes on with a case when its declarant dies, as its form says."""

from typing import Any

import pytest

from contracts.common.events import DeclarationSubmitted
from services.portal.successions import candidates
from tests.unit.births import FATHER, MOTHER
from tests.unit.births import submitted as birth
from tests.unit.deaths import ALLOWANCE, SON, SUPPORT, WIDOW, form
from tests.unit.deaths import submitted as death

DAUGHTER = "034183000004"
RELATIVES: list[dict[str, Any]] = [
    {"personal_id": DAUGHTER, "consents": True},
    {"personal_id": SON, "consents": False},
]


@pytest.mark.parametrize(
    ("declared", "candidate"),
    [
        (birth(), (MOTHER, FATHER)),
        (death(), (WIDOW, SON)),
        (death(declarant=SON), (WIDOW, SON)),
        (death(form(benefit=ALLOWANCE | {"relatives": RELATIVES})), (WIDOW, DAUGHTER)),
        (death(form(benefit=SUPPORT)), (WIDOW,)),
        (death(form(benefit=None)), ()),
    ],
)
def test_a_form_says_who_may_go_on(
    declared: DeclarationSubmitted, candidate: tuple[str, ...]
) -> None:
    assert candidates(declared) == candidate
