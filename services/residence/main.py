"""The residence database, by the police: a table of contents."""

from services.chassis.service import Service
from services.residence import birth, death
from services.residence.rules import RULES

service = Service(
    "residence",
    procedures=[birth.registration, death.removal],
    rules=RULES,
)
