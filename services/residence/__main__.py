"""`python -m services.residence`: the service and its operator commands."""

from services.chassis.operate import command
from services.residence.main import service

command(service)()
