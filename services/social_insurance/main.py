"""Viet Nam Social Security: a table of contents."""

from services.chassis.service import Service
from services.social_insurance import birth, death, lives
from services.social_insurance.rules import RULES

service = Service(
    "social-insurance",
    procedures=[birth.health_card, death.benefit, lives.end_of_benefits],
    rules=RULES,
)
