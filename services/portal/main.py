"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    cases,
    clock,
    declarations,
    documents,
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
)
ROUTERS = [declarations.router, cases.router, documents.router, queue.router, clock.router]
app = web.application(service, routers=ROUTERS)
