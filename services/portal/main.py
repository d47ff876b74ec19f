"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    cases,
    clock,
    declarations,
    family,
    people,
    queue,
    tasks,
    tracker,
    web,
)

service = Service("portal", procedures=[tracker.case, tasks.tasks, people.register], door=True)
ROUTERS = [declarations.router, cases.router, family.router, queue.router, clock.router]
app = web.application(service, routers=ROUTERS)
