"""The national population database, by the police: a table of contents."""

from services.chassis.service import Service
from services.population import birth, death, people
from services.population.rules import RULES

service = Service(
    "population",
    procedures=[people.record, birth.identification, death.record],
    rules=RULES,
)
