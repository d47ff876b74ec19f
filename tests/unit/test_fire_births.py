"""Births by number: distinct children, the same on every machine, valid on every day."""

from collections import Counter
from datetime import date, timedelta

import pytest

from contracts.birth.form import BirthForm, ForeignCertificate, HospitalNotice
from tests.fire.births import BLOCK, Births

TODAY = date(2026, 3, 1)
BIRTHS = Births(TODAY)


def form(declaration: dict[str, object]) -> BirthForm:
    return BirthForm.model_validate(declaration["form"], extra="forbid")


def child(of: BirthForm) -> tuple[str, date, int]:
    assert of.mother is not None
    assert of.mother.personal_id is not None
    return of.mother.personal_id, of.child.born_on, of.child.birth_order


def evidence(of: BirthForm) -> str:
    if isinstance(of.evidence, HospitalNotice):
        return of.evidence.code
    assert isinstance(of.evidence, ForeignCertificate)
    return f"{of.evidence.country}/{of.evidence.number}"


def test_twenty_thousand_births_are_twenty_thousand_children() -> None:
    births = list(BIRTHS.sequence(0, 20_000))
    forms = [form(birth.declaration) for birth in births]
    assert len({birth.key for birth in births}) == 20_000
    assert len({child(one) for one in forms}) == 20_000
    assert len({evidence(one) for one in forms}) == 20_000


def test_the_same_number_is_the_same_birth() -> None:
    assert list(BIRTHS.sequence(500, 40)) == list(Births(TODAY).sequence(500, 40))


def test_runs_with_different_seeds_have_no_child_in_common() -> None:
    small = Births(TODAY, families=40)
    starts = [BIRTHS.first(seed) for seed in range(1, 10)]
    assert len(set(starts)) == len(starts)
    assert all(abs(a - b) >= BLOCK for a in starts for b in starts if a != b)
    everything = [birth.key for birth in small.sequence(0, small.capacity)]
    assert len(set(everything)) == len(everything) == small.capacity


def test_numbers_past_the_last_begin_again() -> None:
    # Nothing new, and no error: the same keys, so the portal answers with the same cases.
    few = Births(TODAY, families=3)
    assert [b.key for b in few.sequence(few.capacity, 5)] == [b.key for b in few.sequence(0, 5)]


@pytest.mark.parametrize("days", [1, 30, 57, 400])
def test_a_birth_on_another_day_is_the_same_child_or_another_one(days: int) -> None:
    # A stack that lives for weeks must not be told of a second child under the first one's notice.
    today = {b.key: b for b in BIRTHS.sequence(0, 2_000)}
    later = {b.key: b for b in Births(TODAY + timedelta(days=days)).sequence(0, 2_000)}
    for key in today.keys() & later.keys():
        assert today[key].declaration == later[key].declaration
    fresh = [form(birth.declaration) for key, birth in later.items() if key not in today]
    assert not {evidence(one) for one in fresh} & {
        evidence(form(birth.declaration)) for birth in today.values()
    }


def test_births_are_on_time_or_clearly_late_and_cost_accordingly() -> None:
    for birth in BIRTHS.sequence(0, 3_000):
        one = form(birth.declaration)
        age = (TODAY - one.child.born_on).days
        assert 1 <= age <= 57 or 115 <= age < 3 * 366
        late = 8_000 if age > 60 else 0
        assert birth.fees_due == late + 8_000 * one.certificate_copies


def test_circumstances_are_few_and_their_outcome_is_known() -> None:
    births = list(BIRTHS.sequence(0, 5_000))
    outcomes = Counter(birth.outcome for birth in births)
    assert outcomes.keys() == {"completed", "partial"}
    assert 0.01 < outcomes["partial"] / len(births) < 0.06
    seen: Counter[str] = Counter()
    for birth in births:
        one = form(birth.declaration)
        parents = {ref.personal_id for ref in (one.mother, one.father) if ref}
        seen["abroad"] += one.household is None
        seen["twin"] += one.child.birth_order == 2
        seen["counter"] += one.payment_method == "counter"
        seen["alone"] += one.father is None
        refused = one.household and not (
            one.household.owner_consents or one.household.owner in parents
        )
        assert birth.outcome == ("partial" if refused else "completed")
        if one.relation in ("mother", "father"):
            assert birth.declaration["declarant"] in parents
    assert all(seen[name] > 20 for name in ("abroad", "twin", "counter", "alone"))
