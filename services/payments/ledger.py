"""The ledger: every movement of money is one posting whose debits equal its credits.

| Account | Debit | Credit |
|---|---|---|
| `cash-online` | paid on the portal | given back |
| `receivable-counter` | to be paid at a counter | no longer to be paid |
| `fee-revenue` | given back | fees |
| `state-budget` | premiums and burial support that the budget bears | of these, what it has back |
| `premiums-payable` | no longer owed | premiums owed to the health insurance fund |
| `social-insurance-fund` | funeral allowances | of these, what it has back |
| `benefits-payable` | benefits paid by the bank, or no longer owed | benefits owed to families |
| `benefits-recoverable` | benefits that families have to give back | |
| `cash-at-bank` | | what the bank has paid |
| `receivable-from-bank` | what it has paid and nobody was owed | |

Fees that are waived move no money: they are in the receipt, not here.
"""

from contracts.common.events import PaymentMethod
from contracts.compensation.events import Benefit
from services.chassis.procedure import Context, Measure, Record

LEDGER = "ledger"
"""The register of postings."""

FEE_ACCOUNTS: dict[PaymentMethod, str] = {
    "online": "cash-online",
    "counter": "receivable-counter",
}
FUNDS: dict[Benefit, str] = {"allowance": "social-insurance-fund", "support": "state-budget"}
"""The account that bears a funeral benefit."""


def fees_charged(context: Context, amount: int, method: PaymentMethod, receipt: str) -> Record:
    """Return the posting of fees that were settled, in dong."""
    return posting(context, "fees", receipt, amount, (FEE_ACCOUNTS[method], "fee-revenue"))


def fees_refunded(context: Context, amount: int, method: PaymentMethod, receipt: str) -> Record:
    """Return the posting that takes the fees of a case back, in dong."""
    return posting(context, "refund", receipt, amount, ("fee-revenue", FEE_ACCOUNTS[method]))


def premium_owed(context: Context, amount: int, card_number: str) -> Record:
    """Return the posting of a premium that the state budget pays, in dong."""
    return posting(context, "premium", card_number, amount, ("state-budget", "premiums-payable"))


def premium_changed(context: Context, change: int, card_number: str) -> Record:
    """Return the posting by which the state budget bears so much more or less, in dong.

    What leads to it can happen more than once, so that its key has the cause too.
    """
    what, accounts = "premium-change", ("state-budget", "premiums-payable")
    if change < 0:
        what, accounts = "premium-recovery", ("premiums-payable", "state-budget")
    cause = str(context.cause.id)
    return posting(context, what, card_number, abs(change), accounts, of_several=cause)


def allowance_owed(context: Context, amount: int, decision: str) -> Record:
    """Return the posting of a funeral allowance, which the insurance fund pays, in dong."""
    accounts = (FUNDS["allowance"], "benefits-payable")
    return posting(context, "benefit", decision, amount, accounts)


def support_owed(context: Context, amount: int, decision: str) -> Record:
    """Return the posting of burial support, which the state budget pays, in dong."""
    return posting(context, "benefit", decision, amount, (FUNDS["support"], "benefits-payable"))


def benefit_paid(context: Context, amount: int, payment: str) -> Record:
    """Return the posting of a benefit that the bank has paid, in dong: it is owed no more."""
    return posting(context, "payout", payment, amount, ("benefits-payable", "cash-at-bank"))


def overpaid(context: Context, amount: int, payment: str) -> Record:
    """Return the posting of a payment that nobody was owed, in dong: the bank has to return it."""
    accounts = ("receivable-from-bank", "cash-at-bank")
    return posting(context, "overpayment", payment, amount, accounts, of_several=payment)


def owed_no_more(context: Context, kind: Benefit, amount: int, decision: str) -> Record:
    """Return the posting of a benefit that was cancelled before it was paid, in dong."""
    accounts = ("benefits-payable", FUNDS[kind])
    return posting(context, "benefit-cancellation", decision, amount, accounts)


def recoverable(context: Context, kind: Benefit, amount: int, decision: str) -> Record:
    """Return the posting of a benefit that was cancelled when it was paid, in dong.

    The family owes it to the fund that bore it.
    """
    accounts = ("benefits-recoverable", FUNDS[kind])
    return posting(context, "benefit-recovery", decision, amount, accounts)


def moved(posting: Record) -> Measure:
    """Return the measure of the money that a posting moves, by the account that it debits."""
    row = posting.row()
    (debited,) = [line for line in row["lines"] if line["debit"]]
    return Measure("amount", debited["debit"], {"what": row["what"], "account": debited["account"]})


def waived(amount: int) -> Measure:
    """Return the measure of fees that nobody has to pay, in dong."""
    return Measure("amount", amount, {"what": "waived", "account": "none"})


def posting(
    context: Context,
    what: str,
    about: str,
    amount: int,
    accounts: tuple[str, str],
    *,
    of_several: str = "",
) -> Record:
    """Return one posting from the first account's debit to the second one's credit, in dong.

    Its key has the case, so that a repeated effect is the same row; a posting never changes. What a
    case can have several of, the key tells apart by `of_several`.
    """
    debited, credited = accounts
    return Record(
        LEDGER,
        "/".join(filter(None, (context.case_id, what, of_several))),
        {
            "what": what,
            "about": about,
            "posted_at": context.now.isoformat(),
            "lines": [
                {"account": debited, "debit": amount, "credit": 0},
                {"account": credited, "debit": 0, "credit": amount},
            ],
        },
        insert_only=True,
    )
