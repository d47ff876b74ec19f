"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    aftermath,
    cases,
    clock,
    declarations,
    documents,
    family,
    inbox,
    notices,
    outbox,
    payouts,
    people,
    queue,
    ratings,
    results,
    second_thoughts,
    tasks,
    tracker,
    web,
)

service = Service(
    "portal",
    procedures=[
        tracker.case,
        aftermath.aftermath,
        tasks.tasks,
        people.register,
        notices.notices,
        ratings.rating,
        results.results,
        *outbox.procedures(),
    ],
    door=True,
    taken_in=[
        "submissions",
        "acts",
        "requests",
        "successions",
        "supplements",
        "ratings",
        "payout_instructions",
    ],
)
FAMILIES = [
    *(declarations.router, cases.router, documents.router),
    *(family.router, inbox.router, payouts.router, second_thoughts.router),
]
app = web.application(service, routers=[*FAMILIES, queue.router, clock.router])
