"""Payout of a benefit as a model: whatever bank, family and court say, and in any order."""

from datetime import date

from hypothesis import strategies as st

from contracts.common.events import PayoutInstructed
from contracts.compensation.events import BenefitCancelled, PayoutRefused, RecoveryClaimed
from contracts.death.events import (
    DestinationRequested,
    FuneralAllowanceGranted,
    OverpaymentFound,
    PaymentReported,
    PayoutConfirmed,
    PayoutOrdered,
)
from contracts.envelope import Event
from services.payments import payout as payouts
from services.payments.rules import RULES as PAYMENTS
from services.social_insurance import death as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit.deaths import ALLOWANCE, SUPPORT, WIDOW, deceased, desk, registered
from tests.unit.driver import NOW, Desk
from tests.unit.fees import balances
from tests.unit.models import GRANTS, Model, check, said

CANCELLED = ("decision_number", "deceased", "payee", "amount")
DAYS = st.dates(min_value=date(2021, 7, 1), max_value=date(2026, 11, 20))


@st.composite
def grants(draw: st.DrawFn) -> list[Event]:
    """Draw a benefit that was granted."""
    office = desk(social_insurance.benefit, SOCIAL_INSURANCE)
    benefit = draw(st.sampled_from([ALLOWANCE, SUPPORT]))
    for event in (registered(benefit=benefit, died_on=draw(DAYS)), deceased()):
        office.hear(event)
    return list(office.events)


@st.composite
def payments_made(draw: st.DrawFn) -> list[Event]:
    """Draw a benefit that was granted, what the bank says of its payments, and other accounts."""
    said: list[Event] = []
    for number in range(1, draw(st.integers(min_value=1, max_value=3)) + 1):
        for outcome in draw(st.permutations(["rejected", "paid"]))[: draw(st.integers(0, 2))]:
            said.append(
                PaymentReported.model_validate(
                    {
                        "payment_id": f"{{case}}.{number}",
                        "outcome": outcome,
                        "reported_at": NOW,
                        "reference": f"FT{number}",
                        "cause": "account-closed" if outcome == "rejected" else None,
                    }
                )
            )
    accounts = st.sampled_from(["0101000248613", "1500205012345"])
    for account in draw(st.lists(accounts, max_size=2, unique=True)):
        to = {"method": "bank-account", "bank": "Agribank", "account_number": account}
        said.append(PayoutInstructed.model_validate({"by": WIDOW, "declared": False, "payout": to}))
    (grant,) = draw(grants())
    if draw(st.booleans()):
        said.append(void(grant))
    return [grant, *said]


def void(grant: Event) -> BenefitCancelled:
    """Return what is said when a benefit that was granted is cancelled."""
    kind = "allowance" if isinstance(grant, FuneralAllowanceGranted) else "support"
    fields = {name: vars(grant)[name] for name in CANCELLED}
    reason = {"code": "court", "vi": "Theo bản án.", "en": "By judgement."}
    return BenefitCancelled.model_validate({**fields, "kind": kind, "reason": reason})


class Payout(Model):
    """Payments: money out is the money granted, once, and what was paid besides has to come back.

    The bank may reject, confirm, or do both, the family may name other accounts and a court find
    that nobody has died, at any time.
    """

    group = "death"
    procedure, figures, histories = payouts.payout, PAYMENTS, payments_made()
    again = (PayoutOrdered, DestinationRequested, OverpaymentFound)

    def holds(self, case: Desk) -> None:
        (grant,) = (e for e in self.events[case.case] if isinstance(e, GRANTS))
        confirmed = said({"": case}, PayoutConfirmed)
        assert len(confirmed) <= 1
        if confirmed:
            assert vars(confirmed[0])["amount"] == grant.amount
        refused, claimed = said({"": case}, PayoutRefused), said({"": case}, RecoveryClaimed)
        assert not (refused and confirmed), "a payout ends once"
        if self.knows(case.case, type(grant), BenefitCancelled):
            assert bool(claimed) == bool(confirmed), "what is paid is claimed back"
        else:
            assert not refused
            assert not claimed
        if not self.knows(case.case, type(grant)):
            return
        books = balances(record for record in case.records if record.register == "ledger")
        besides = len(said({"": case}, OverpaymentFound)) * grant.amount
        ended = len(confirmed) + len(refused)
        assert -books["benefits-payable"] == grant.amount - ended * grant.amount
        borne = books.get("social-insurance-fund", 0) + books.get("state-budget", 0)
        assert borne == grant.amount * (1 - len(refused) - len(claimed))
        assert books.get("benefits-recoverable", 0) == len(claimed) * grant.amount
        assert books.get("receivable-from-bank", 0) == besides
        assert -books.get("cash-at-bank", 0) == len(confirmed) * grant.amount + besides

    def same_as_in_order(self, case: str, office: Desk) -> None:
        """Assert that it was paid if it had been in order; where to depends on who was first.

        Whether a payment is under way when the benefit is cancelled depends on that too.
        """
        if self.knows(case, BenefitCancelled):
            return
        again = desk(self.procedure, self.figures, case)
        for event in self.events[case]:
            again.hear(event)
        assert bool(again.state.counted) == bool(office.state.counted)

    def of_case(self, events: list[Event], case: str) -> list[Event]:
        """Return the events with the payments named after their case, as payments are."""
        return [
            event.with_(payment_id=event.payment_id.format(case=case))
            if isinstance(event, PaymentReported)
            else event
            for event in events
        ]


def test_any_order_repetition_and_interleaving_pays_once() -> None:
    check(Payout)
