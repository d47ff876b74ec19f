"""Every order of what an agency hears of one case, each event twice: what stands is the same."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from contracts.birth.events import HealthCardIssued, PremiumFunded
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    HealthCardCancelled,
    HealthCardCorrected,
    PayoutRefused,
    RecoveryClaimed,
    RegistrationRevoked,
)
from contracts.death.events import (
    BurialSupportGranted,
    FuneralAllowanceGranted,
    PayoutConfirmed,
    PayoutOrdered,
)
from contracts.envelope import Event
from contracts.model import Reason
from services.payments import birth as payments
from services.payments import payout as payouts
from services.payments.rules import RULES as PAYMENTS
from services.population import birth as population
from services.population import death as deceased_record
from services.population.rules import RULES as POPULATION
from services.residence import birth as residence
from services.residence import death as removal
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import birth as health_card
from services.social_insurance import death as benefit
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import deaths
from tests.unit.births import child, identified, registered, settled
from tests.unit.driver import Desk
from tests.unit.fees import balances
from tests.unit.officials import official
from tests.unit.requests import JUDGEMENT
from tests.unit.tracking import CARD, CHILD
from tests.unit.written import reports

WHY = Reason(code="revoked-by-court", vi="Đã bị hủy.", en="It is void.")
Heard = tuple[Event, int]
"""An event, and the entry by which its publisher said it."""


def revoked() -> Heard:
    said = RegistrationRevoked(
        request=uuid4(),
        by=official().signatory,
        registration_number="KS-1",
        revoked_on=date(2026, 11, 20),
        judgement=JUDGEMENT,
        reason=WHY,
    )
    return said, 4


def corrected(day: int, entry: int) -> Heard:
    said = BirthCorrected(
        request=uuid4(),
        by=official().signatory,
        registration_number="KS-1",
        decision_number=f"{entry}/QĐ",
        corrected=("full_name",),
        child=child(full_name=f"Trần Gia {entry}", born_on=date(2026, 11, day)),
    )
    return said, entry


def death_corrected(day: int, entry: int) -> Heard:
    said = DeathCorrected(
        request=uuid4(),
        by=official().signatory,
        registration_number="KT-1",
        decision_number=f"{entry}/QĐ",
        personal_id=deaths.DECEASED,
        died_on=date(2026, 11, day),
    )
    return said, entry


class Office(NamedTuple):
    """A desk, what it hears in order, and the registers whose rows may stand."""

    procedure: Any
    rules: Any
    forward: tuple[Heard, ...]
    corrections: tuple[Heard, ...]
    registers: tuple[str, ...]
    group: str = "birth"


FIXED = (corrected(9, 2), corrected(8, 3))
DEATH_FIXED = (death_corrected(15, 2), death_corrected(14, 3))
OF_DEATH: tuple[Heard, ...] = ((deaths.registered(), 1), (deaths.deceased(), 1))
NOT_ASKED: tuple[Heard, ...] = ((deaths.registered(benefit=None), 1), (deaths.deceased(), 1))
OFFICES = {
    "identifier": Office(
        population.identification,
        POPULATION,
        ((registered(), 1),),
        FIXED,
        ("persons", "identity-cards"),
    ),
    "residence": Office(
        residence.registration,
        RESIDENCE,
        ((identified(), 1), (settled(), 1)),
        FIXED,
        ("residents",),
    ),
    "card": Office(
        health_card.health_card, SOCIAL_INSURANCE, ((identified(), 1),), FIXED, ("cards",)
    ),
    "deceased": Office(
        deceased_record.record,
        POPULATION,
        ((deaths.registered(), 1),),
        DEATH_FIXED,
        ("deceased",),
        "death",
    ),
    "removal": Office(removal.removal, RESIDENCE, OF_DEATH, (), ("removals",), "death"),
    "benefit": Office(benefit.benefit, SOCIAL_INSURANCE, OF_DEATH, (), ("benefits",), "death"),
    "no benefit": Office(benefit.benefit, SOCIAL_INSURANCE, NOT_ASKED, (), (), "death"),
}
each_office = pytest.mark.parametrize("office", OFFICES.values(), ids=OFFICES)


def heard(office: Office, order: Sequence[Heard]) -> Desk:
    """Return a desk that has heard all of these, and then all of them again in vain."""
    desk = Desk(office.procedure, office.rules, group=office.group)
    for event, entry in order:
        desk.hear(event, entry)
    before = len(desk.events), len(desk.records)
    for event, entry in order:
        desk.hear(event, entry)
    assert (len(desk.events), len(desk.records)) == before, "heard again, nothing is said"
    return desk


def rows(desk: Desk, office: Office) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows as they are in the end, of what is not void."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for record in desk.records:
        key = (record.register, record.key)
        if record.register in office.registers and not (record.insert_only and key in found):
            found[key] = dict(record.row())
    return {key: row for key, row in found.items() if not row["cancelled"]}


@each_office
def test_corrections_end_the_same_in_every_order(office: Office) -> None:
    events = (*office.forward, *office.corrections)
    expected = rows(heard(office, events), office)
    assert {register for register, _ in expected} == set(office.registers)
    for order in permutations(events):
        assert rows(heard(office, order), office) == expected


@each_office
def test_nothing_stands_of_what_is_revoked_in_every_order(office: Office) -> None:
    events = (*office.forward, *office.corrections, revoked())
    for order in permutations(events):
        desk = heard(office, order)
        assert rows(desk, office) == {}
        lost = [
            id
            for id in desk.world.held
            if id.startswith(("deceased/", "funeral-benefit/", "life/"))
        ]
        assert lost == []


ISSUED = HealthCardIssued(
    personal_id=CHILD,
    card_number=CARD,
    valid_from=date(2026, 6, 30),
    valid_until=date(2032, 9, 30),
    premium_months=75,
)
OTHER_DAY = HealthCardCorrected(
    personal_id=CHILD,
    card_number=CARD,
    full_name="Trần Gia Khôi",
    valid_from=date(2026, 6, 1),
    valid_until=date(2032, 9, 30),
    premium_months=76,
)
BETWEEN = OTHER_DAY.with_(valid_from=date(2026, 5, 2), premium_months=77)
VOID = HealthCardCancelled(
    personal_id=CHILD, card_number=CARD, cancelled_on=date(2026, 11, 20), reason=WHY
)
CARDS = ((ISSUED, 1), (BETWEEN, 2), (OTHER_DAY, 3), (VOID, 4))
MONTH = 105_300, 113_850
"""4.5 % of the reference levels before 1 July 2026 and since."""


@pytest.mark.parametrize("order", list(permutations(CARDS)))
def test_the_budget_bears_the_months_begun_of_the_card_as_last_corrected(
    order: tuple[Heard, ...],
) -> None:
    office = Office(payments.premium_funding, PAYMENTS, (), (), ())
    desk = heard(office, order)
    found = balances(desk.records)
    # June by the old level, then July to November by the new one: six months have begun.
    assert found["state-budget"] == MONTH[0] + 5 * MONTH[1]
    assert found["state-budget"] == -found["premiums-payable"]
    desk.said(PremiumFunded)
    assert len({record.key for record in desk.records}) == len(desk.records)


@pytest.mark.parametrize("asked", [deaths.ALLOWANCE, deaths.SUPPORT], ids=lambda of: of["kind"])
def test_a_benefit_is_claimed_back_or_never_ordered(asked: dict[str, Any]) -> None:
    decided = deaths.desk(benefit.benefit, SOCIAL_INSURANCE)
    for event in (deaths.registered(benefit=asked), deaths.deceased(), revoked()[0]):
        decided.hear(event)
    granted, cancelled = decided.events
    assert isinstance(granted, FuneralAllowanceGranted | BurialSupportGranted)
    office = Office(payouts.payout, PAYMENTS, (), (), (), "death")
    (ordered,) = heard(office, [(granted, 1)]).events
    (report,) = reports(ordered)
    fund = "social-insurance-fund" if asked is deaths.ALLOWANCE else "state-budget"
    # The bank speaks of what was ordered: no word of it comes before the grant.
    for last in permutations([(cancelled, 2), (report, 0)]):
        paid = heard(office, [(granted, 1), *last])
        assert paid.said(PayoutOrdered).amount == paid.said(PayoutConfirmed).amount
        assert paid.said(RecoveryClaimed).amount == granted.amount
        assert balances(r for r in paid.records if r.register == "ledger") == {
            fund: 0,
            "benefits-payable": 0,
            "cash-at-bank": -granted.amount,
            "benefits-recoverable": granted.amount,
        }
    never = heard(office, [(cancelled, 2), (granted, 1)])
    assert never.said(PayoutRefused).reason == WHY
    assert len(never.events) == 1
    assert balances(never.records) == {fund: 0, "benefits-payable": 0}
