"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import cases, clock, declarations, payouts, people, queue, tasks, tracker, web

service = Service(
    "portal",
    procedures=[tracker.case, tasks.tasks, people.register],
    door=True,
    taken_in=["submissions", "acts", "successions", "payout_instructions"],
)
ROUTERS = [declarations.router, cases.router, queue.router, payouts.router, clock.router]
app = web.application(service, routers=ROUTERS)
