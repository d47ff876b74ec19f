"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import (
    adoptions,
    aftermath,
    cases,
    clock,
    declarations,
    documents,
    family,
    inbox,
    notices,
    payouts,
    people,
    proposals,
    proposing,
    queue,
    results,
    satisfaction,
    second_thoughts,
    tasks,
    tracker,
    web,
    webhook,
)

service = Service(
    "portal",
    procedures=[
        tracker.case,
        aftermath.aftermath,
        tasks.tasks,
        people.register,
        proposals.proposals,
        adoptions.adoption,
        notices.notices,
        results.results,
        satisfaction.rating,
        *webhook.procedures(),
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
    *(family.router, inbox.router, payouts.router, proposing.router, second_thoughts.router),
]
app = web.application(service, routers=[*FAMILIES, queue.router, clock.router])
