"""The payment platform of the public service portal: a table of contents."""

from services.chassis.service import Service
from services.payments import birth, death
from services.payments.books import Books
from services.payments.rules import RULES

service = Service(
    "payments",
    procedures=[
        *(birth.fee_settlement, birth.premium_funding),
        *(death.fee_settlement, death.payout),
    ],
    rules=RULES,
    observe=Books().observe,
)
