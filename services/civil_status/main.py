"""Civil status, by the Ministry of Justice: a table of contents."""

from services.chassis.service import Service
from services.civil_status import birth, birth_notice, death, orphans
from services.civil_status.rules import RULES

service = Service(
    "civil-status",
    procedures=[
        birth.registration,
        birth_notice.recording,
        death.registration,
        orphans.birth,
        orphans.death,
    ],
    rules=RULES,
)
