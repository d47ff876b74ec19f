"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    aftermath,
    cases,
    clock,
    declarations,
    people,
    queue,
    second_thoughts,
    tasks,
    tracker,
    web,
)

service = Service(
    "portal",
    procedures=[tracker.case, aftermath.aftermath, tasks.tasks, people.register],
    door=True,
)
ROUTERS = [
    *(declarations.router, cases.router, second_thoughts.router),
    *(queue.router, clock.router),
]
app = web.application(service, routers=ROUTERS)
