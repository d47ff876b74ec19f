"""`python -m services.portal`: the service, its pages, and its operator commands."""

from services.chassis.operate import command
from services.portal.main import app, service

command(service, app)()
