"""`python -m services.civil_status`: the service and its operator commands."""

from services.chassis.operate import command
from services.civil_status.main import service

command(service)()
