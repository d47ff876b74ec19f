"""The payment platform of the public service portal: a table of contents."""

from services.chassis.service import Service
from services.payments import birth
from services.payments.rules import RULES

service = Service(
    "payments",
    procedures=[birth.fee_settlement, birth.premium_funding],
    rules=RULES,
)
