"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    cases,
    clock,
    declarations,
    documents,
    payouts,
    people,
    queue,
    results,
    tasks,
    tracker,
    web,
)

service = Service(
    "portal",
    procedures=[tracker.case, tasks.tasks, people.register, results.results],
    door=True,
    taken_in=["submissions", "acts", "successions", "payout_instructions"],
)
ROUTERS = [
    *(declarations.router, cases.router, documents.router, payouts.router),
    *(queue.router, clock.router),
]
app = web.application(service, routers=ROUTERS)
