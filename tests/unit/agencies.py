"""The procedures of each group, as their agencies run them."""

from typing import Any

from services.chassis.procedure import Procedure
from services.civil_status import birth as civil_status_birth
from services.civil_status import death as civil_status_death
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments import birth as payments_birth
from services.payments import death as payments_death
from services.payments import payout as payments_payout
from services.payments.rules import RULES as PAYMENTS
from services.population import birth as population_birth
from services.population import death as population_death
from services.population import people as population_people
from services.population.rules import RULES as POPULATION
from services.residence import birth as residence_birth
from services.residence import death as residence_death
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import birth as social_insurance_birth
from services.social_insurance import death as social_insurance_death
from services.social_insurance import lives as social_insurance_lives
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE

Offices = list[tuple[str, Procedure[Any], Any]]
OFFICES: dict[str, Offices] = {
    "birth": [
        ("civil-status", civil_status_birth.registration, CIVIL_STATUS),
        ("population", population_birth.identification, POPULATION),
        ("residence", residence_birth.registration, RESIDENCE),
        ("social-insurance", social_insurance_birth.health_card, SOCIAL_INSURANCE),
        ("payments", payments_birth.fee_settlement, PAYMENTS),
        ("payments", payments_birth.premium_funding, PAYMENTS),
    ],
    "death": [
        ("civil-status", civil_status_death.registration, CIVIL_STATUS),
        ("population", population_death.record, POPULATION),
        ("residence", residence_death.removal, RESIDENCE),
        ("social-insurance", social_insurance_death.benefit, SOCIAL_INSURANCE),
        ("payments", payments_death.fee_settlement, PAYMENTS),
        ("payments", payments_payout.payout, PAYMENTS),
    ],
    "people": [
        ("population", population_people.record, POPULATION),
        ("social-insurance", social_insurance_lives.end_of_benefits, SOCIAL_INSURANCE),
    ],
}
"""The procedures of each group, with their services and rules."""
