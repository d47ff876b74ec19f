"""The payment platform of the public service portal: a table of contents."""

from services.chassis.service import Service
from services.payments import birth, death, payout
from services.payments.books import books
from services.payments.paying import paying
from services.payments.rules import RULES
from services.payments.waiting import waiting

service = Service(
    "payments",
    procedures=[
        *(birth.fee_settlement, birth.premium_funding),
        *(death.fee_settlement, payout.payout),
    ],
    rules=RULES,
    beside=[books, paying, waiting],
)
