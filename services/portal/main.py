"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import cases, clock, declarations, people, tracker, web

service = Service("portal", procedures=[tracker.case, people.register], door=True)
app = web.application(service, routers=[declarations.router, cases.router, clock.router])
