"""The portal, the system's only door: a table of contents."""

from services.chassis.service import Service
from services.portal import cases, declarations, people, queue, tasks, tracker, web

service = Service("portal", procedures=[tracker.case, tasks.tasks, people.register], door=True)
app = web.application(service, routers=[declarations.router, cases.router, queue.router])
