"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    cases,
    clock,
    declarations,
    family,
    inbox,
    notices,
    people,
    queue,
    satisfaction,
    tasks,
    tracker,
    web,
    webhook,
)

service = Service(
    "portal",
    procedures=[
        tracker.case,
        tasks.tasks,
        people.register,
        notices.notices,
        satisfaction.rating,
        *webhook.procedures(),
    ],
    door=True,
)
FAMILIES = [declarations.router, cases.router, family.router, inbox.router]
app = web.application(service, routers=[*FAMILIES, queue.router, clock.router])
